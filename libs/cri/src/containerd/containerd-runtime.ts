/**
 * The runtime port over CRI v1 on a unix socket. Written for containerd (1.6 to 2.x); another CRI runtime
 * works too, with its own container events where it has them.
 *
 * Upstream: staging/src/k8s.io/cri-client/pkg/remote_runtime.go @1.36
 */
import { Client, credentials } from "@grpc/grpc-js";
import { type Clock, systemClock } from "@kubets/service";
import { CgroupDriver, ImageServiceClient, RuntimeServiceClient } from "../gen/api.ts";
import {
  type CallOptions,
  type ContainerRuntime,
  type ImageService,
  isRuntimeError,
  RuntimeError,
  type RuntimeService,
} from "../runtime.ts";
import { type UnaryOptions, unary } from "./call.ts";
import { containerEvents } from "./container-events.ts";
import * as receive from "./messages-in.ts";
import * as send from "./messages-out.ts";

export interface ContainerdRuntimeOptions {
  /** Path of the socket, with or without "unix://". */
  readonly address: string;
  /** Default 120,000: for calls that wait for neither an image nor a stopping container. Upstream: --runtime-request-timeout. */
  readonly requestTimeoutMs?: number;
  readonly clock?: Clock;
}

/** A pull that gets nowhere ends after this; slow links need their time. */
const PULL_TIMEOUT_MS = 30 * 60_000;
/** Room for the image lists and statuses of large nodes. Upstream: maxMsgSize. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** Limits of a call: the usual time and what this call may take beyond it. */
type Within = (call: CallOptions | undefined, extraMs?: number) => UnaryOptions;

export function createContainerdRuntime(options: ContainerdRuntimeOptions): ContainerRuntime {
  const address = `unix://${options.address.replace(/^unix:\/\//, "")}`;
  const timeoutMs = options.requestTimeoutMs ?? 120_000;
  const clock = options.clock ?? systemClock;
  const channel = {
    "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
    // A containerd that restarts is there again within a second; waiting longer would only delay pods.
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
  };
  const runtime = new RuntimeServiceClient(address, credentials.createInsecure(), channel);
  const images = new ImageServiceClient(address, credentials.createInsecure(), channel);
  const raw = new Client(address, credentials.createInsecure(), channel);
  const within: Within = (call, extraMs = 0) => ({
    signal: call?.signal,
    deadlineMs: clock.now() + timeoutMs + extraMs,
  });
  return {
    name: "containerd",
    ...runtimeService(runtime, raw, within),
    ...imageService(images, within),
    close: async () => {
      for (const client of [runtime, images, raw]) client.close();
    },
  };
}

function runtimeService(client: RuntimeServiceClient, raw: Client, within: Within): RuntimeService {
  return {
    version: (call) => unary(client, client.version, { version: "v1" }, within(call)),

    async status(call) {
      const answer = await unary(client, client.status, { verbose: false }, within(call));
      return {
        conditions: (answer.status?.conditions ?? []).map((condition) => ({
          type: condition.type,
          isTrue: condition.status,
          reason: condition.reason,
          message: condition.message,
        })),
        handlers: answer.runtimeHandlers.map((handler) => ({
          name: handler.name,
          recursiveReadOnlyMounts: handler.features?.recursiveReadOnlyMounts ?? false,
          userNamespaces: handler.features?.userNamespaces ?? false,
        })),
      };
    },

    async capabilities(call) {
      const driver = await orUndefinedWhen("unimplemented", async () => {
        const answer = await unary(client, client.runtimeConfig, {}, within(call));
        return answer.linux?.cgroupDriver;
      });
      return {
        events: true,
        realProcesses: true,
        ...(driver === undefined
          ? {}
          : { cgroupDriver: driver === CgroupDriver.SYSTEMD ? "systemd" : "cgroupfs" }),
      };
    },

    async updatePodCidr(podCidr, call) {
      const request = { runtimeConfig: { networkConfig: { podCidr } } };
      await unary(client, client.updateRuntimeConfig, request, within(call));
    },

    async runSandbox(config, runtimeHandler, call) {
      const request = { config: send.sandboxConfigMessage(config), runtimeHandler };
      // Setting up a network may take as long again as the runtime itself.
      const answer = await unary(client, client.runPodSandbox, request, within(call, 120_000));
      return answer.podSandboxId;
    },

    stopSandbox: (podSandboxId, call) =>
      tolerateMissing(unary(client, client.stopPodSandbox, { podSandboxId }, within(call))),

    removeSandbox: (podSandboxId, call) =>
      tolerateMissing(unary(client, client.removePodSandbox, { podSandboxId }, within(call))),

    async sandboxStatus(podSandboxId, call) {
      const request = { podSandboxId, verbose: false };
      const answer = await unary(client, client.podSandboxStatus, request, within(call));
      if (answer.status === undefined) {
        throw new RuntimeError("unknown", "the runtime gave no sandbox status");
      }
      return receive.sandboxStatus(answer.status);
    },

    async listSandboxes(filter, call) {
      const request = {
        filter: { id: "", state: undefined, labelSelector: { ...filter?.labels } },
      };
      const answer = await unary(client, client.listPodSandbox, request, within(call));
      return answer.items.map(receive.sandboxSummary);
    },

    async createContainer(podSandboxId, config, sandbox, call) {
      const request = {
        podSandboxId,
        config: send.containerConfigMessage(config),
        sandboxConfig: send.sandboxConfigMessage(sandbox),
      };
      return (await unary(client, client.createContainer, request, within(call))).containerId;
    },

    async startContainer(containerId, call) {
      await unary(client, client.startContainer, { containerId }, within(call));
    },

    stopContainer(containerId, timeoutSeconds, call) {
      const request = { containerId, timeout: BigInt(timeoutSeconds) };
      const limits = within(call, timeoutSeconds * 1000);
      return tolerateMissing(unary(client, client.stopContainer, request, limits));
    },

    removeContainer: (containerId, call) =>
      tolerateMissing(unary(client, client.removeContainer, { containerId }, within(call))),

    async listContainers(filter, call) {
      const labelSelector = { ...filter?.labels };
      const request = { filter: { id: "", state: undefined, podSandboxId: "", labelSelector } };
      const answer = await unary(client, client.listContainers, request, within(call));
      return answer.containers.map(receive.containerSummary);
    },

    async containerStatus(containerId, call) {
      const request = { containerId, verbose: false };
      const answer = await unary(client, client.containerStatus, request, within(call));
      if (answer.status === undefined) {
        throw new RuntimeError("unknown", "the runtime gave no container status");
      }
      return receive.containerStatus(answer.status);
    },

    async updateContainerResources(containerId, resources, call) {
      const request = {
        containerId,
        linux: send.resourcesMessage(resources),
        windows: undefined,
        annotations: {},
      };
      await unary(client, client.updateContainerResources, request, within(call));
    },

    async reopenContainerLog(containerId, call) {
      await unary(client, client.reopenContainerLog, { containerId }, within(call));
    },

    async execSync(containerId, command, timeoutSeconds, call) {
      const request = { containerId, cmd: [...command], timeout: BigInt(timeoutSeconds) };
      const limits = timeoutSeconds > 0 ? within(call, timeoutSeconds * 1000) : unlimited(call);
      const answer = await unary(client, client.execSync, request, limits);
      return {
        stdout: Buffer.from(answer.stdout),
        stderr: Buffer.from(answer.stderr),
        exitCode: answer.exitCode,
      };
    },

    async containerStats(filter, call) {
      const labelSelector = { ...filter?.labels };
      const request = { filter: { id: "", podSandboxId: "", labelSelector } };
      const answer = await unary(client, client.listContainerStats, request, within(call));
      return answer.stats.map(receive.containerStats);
    },

    async exec({ command, ...rest }, call) {
      const request = { ...rest, cmd: [...command] };
      return { kind: "url", url: (await unary(client, client.exec, request, within(call))).url };
    },

    async attach(request, call) {
      const answer = await unary(client, client.attach, { ...request }, within(call));
      return { kind: "url", url: answer.url };
    },

    async portForward(podSandboxId, ports, call) {
      const request = { podSandboxId, port: [...ports] };
      const answer = await unary(client, client.portForward, request, within(call));
      return { kind: "url", url: answer.url };
    },

    events: (signal) => containerEvents(client, raw, signal),
  };
}

function imageService(client: ImageServiceClient, within: Within): ImageService {
  return {
    async listImages(call) {
      const answer = await unary(client, client.listImages, { filter: undefined }, within(call));
      return answer.images.map(receive.imageValue);
    },

    async imageStatus(image, call) {
      const request = { image: imageSpec(image), verbose: false };
      const answer = await unary(client, client.imageStatus, request, within(call));
      return answer.image === undefined ? undefined : receive.imageValue(answer.image);
    },

    async pullImage(image, auth, sandbox, call) {
      const request = {
        image: imageSpec(image),
        auth: auth === undefined ? undefined : send.authMessage(auth),
        sandboxConfig: sandbox === undefined ? undefined : send.sandboxConfigMessage(sandbox),
      };
      const limits = within(call, PULL_TIMEOUT_MS);
      return (await unary(client, client.pullImage, request, limits)).imageRef;
    },

    removeImage: (image, call) =>
      tolerateMissing(unary(client, client.removeImage, { image: imageSpec(image) }, within(call))),

    async imageFilesystems(call) {
      const answer = await unary(client, client.imageFsInfo, {}, within(call));
      return answer.imageFilesystems.map(receive.filesystemUsage);
    },
  };
}

function imageSpec(image: string) {
  return {
    image,
    annotations: {},
    userSpecifiedImage: "",
    runtimeHandler: "",
    imageRef: "",
  };
}

function unlimited(call: CallOptions | undefined): UnaryOptions {
  return { signal: call?.signal };
}

/** Stopping or removing what is not there has reached its goal. */
async function tolerateMissing(answer: Promise<unknown>): Promise<void> {
  await orUndefinedWhen("notFound", () => answer);
}

async function orUndefinedWhen<T>(
  code: RuntimeError["code"],
  task: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (isRuntimeError(error, code)) return undefined;
    throw error;
  }
}
