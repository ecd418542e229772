/**
 * A container runtime in memory: sandboxes with addresses, containers that run until their command ends, a
 * script says so or they are stopped, and images that are always there, except those of hosts below
 * ".invalid", which never resolve. One process can hold the runtimes of hundreds of nodes: a container that
 * just runs costs no timer.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Clock } from "@kubets/service";
import {
  type ContainerFilter,
  type ContainerRuntime,
  type ContainerStatus,
  type Image,
  RuntimeError,
  type SandboxConfig,
  type SandboxStatus,
} from "../runtime.ts";
import { AddressPool } from "./address-pool.ts";
import { simulatedPorts } from "./annotations.ts";
import { EventFeed } from "./event-feed.ts";
import { SimulatedContainer } from "./simulated-container.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Pods get no address until it is known: here or by `updatePodCidr`. */
  readonly podCidr?: string;
  /** Default true. Without it nothing is written to disk, and logs are empty. */
  readonly writesLogs?: boolean;
  /** Ids of sandboxes and containers; 64 random hex digits by default. */
  readonly makeId?: () => string;
}

interface Sandbox {
  readonly status: SandboxStatus;
  readonly config: SandboxConfig;
}

const IMAGE_BYTES = 10_000_000;

export function createSimulatedRuntime(options: SimulatedRuntimeOptions): ContainerRuntime {
  const { clock } = options;
  const makeId = options.makeId ?? (() => randomBytes(32).toString("hex"));
  const sandboxes = new Map<string, Sandbox>();
  const containers = new Map<string, SimulatedContainer>();
  const images = new Map<string, Image>();
  const feed = new EventFeed();
  let pool = options.podCidr === undefined ? undefined : new AddressPool(options.podCidr);

  const sandboxOf = (id: string): Sandbox => {
    const sandbox = sandboxes.get(id);
    if (sandbox === undefined) throw missing("sandbox", id);
    return sandbox;
  };
  const containerOf = (id: string): SimulatedContainer => {
    const container = containers.get(id);
    if (container === undefined) throw missing("container", id);
    return container;
  };
  const stopSandbox = async (id: string): Promise<void> => {
    const sandbox = sandboxes.get(id);
    if (sandbox === undefined || !sandbox.status.ready) return;
    for (const container of containers.values()) {
      if (container.sandboxId === id) container.end(137);
    }
    for (const ip of sandbox.status.ips) pool?.release(ip);
    sandboxes.set(id, { ...sandbox, status: { ...sandbox.status, ready: false, ips: [] } });
    feed.publish({ type: "exited", id });
  };
  const removeContainer = async (id: string): Promise<void> => {
    const container = containers.get(id);
    if (container === undefined) return;
    container.end(137);
    containers.delete(id);
    feed.publish({ type: "deleted", id });
  };

  return {
    name: "simulated",
    close: async () => {
      for (const container of containers.values()) container.end(137);
    },
    version: async () => ({
      runtimeName: "simulated",
      runtimeVersion: "1.0.0",
      runtimeApiVersion: "v1",
    }),
    status: async () => ({
      conditions: [
        { type: "RuntimeReady", isTrue: true, reason: "", message: "" },
        pool === undefined
          ? {
              type: "NetworkReady",
              isTrue: false,
              reason: "NetworkPluginNotReady",
              message: "the node has no pod range yet",
            }
          : { type: "NetworkReady", isTrue: true, reason: "", message: "" },
      ],
      handlers: [{ name: "", recursiveReadOnlyMounts: true, userNamespaces: true }],
    }),
    capabilities: async () => ({ events: true, realProcesses: false }),
    updatePodCidr: async (podCidr) => {
      pool ??= new AddressPool(podCidr);
    },

    runSandbox: async (config) => {
      const isHostNetwork = config.security.namespaces.network === "node";
      if (!isHostNetwork && pool === undefined) {
        throw new RuntimeError("unavailable", "the node has no pod range yet");
      }
      const id = makeId();
      const status: SandboxStatus = {
        id,
        metadata: config.metadata,
        ready: true,
        createdAtMs: clock.now(),
        labels: config.labels,
        annotations: config.annotations,
        network: config.security.namespaces.network,
        ips: isHostNetwork || pool === undefined ? [] : [pool.take()],
      };
      sandboxes.set(id, { status, config });
      feed.publish({ type: "started", id });
      return id;
    },
    stopSandbox,
    removeSandbox: async (id) => {
      await stopSandbox(id);
      for (const container of [...containers.values()]) {
        if (container.sandboxId === id) await removeContainer(container.id);
      }
      if (sandboxes.delete(id)) feed.publish({ type: "deleted", id });
    },
    sandboxStatus: async (id) => sandboxOf(id).status,
    listSandboxes: async (filter) =>
      [...sandboxes.values()]
        .map(({ status }) => status)
        .filter(({ labels }) => matches(labels, filter)),

    createContainer: async (sandboxId, config) => {
      const sandbox = sandboxOf(sandboxId);
      if (!sandbox.status.ready) {
        throw new RuntimeError("failedPrecondition", `sandbox "${sandboxId}" is not ready`);
      }
      if (!images.has(config.image)) throw missing("image", config.image);
      const id = makeId();
      const container = new SimulatedContainer({
        id,
        sandboxId,
        sandbox: sandbox.config,
        config,
        clock,
        ...(options.writesLogs === false
          ? {}
          : { logPath: join(sandbox.config.logDirectory, config.logPath) }),
        onExit: () => feed.publish({ type: "exited", id }),
      });
      containers.set(id, container);
      feed.publish({ type: "created", id });
      return id;
    },
    startContainer: async (id) => {
      containerOf(id).start();
      feed.publish({ type: "started", id });
    },
    stopContainer: async (id) => {
      await containers.get(id)?.stop();
    },
    removeContainer,
    listContainers: async (filter) => select(containers, filter).map((one) => one.summary()),
    containerStatus: async (id): Promise<ContainerStatus> => containerOf(id).status(),
    updateContainerResources: async (id, resources) => containerOf(id).setResources(resources),
    reopenContainerLog: async (id) => {
      // Each line is appended by path, so a file that was moved away is made anew.
      containerOf(id);
    },
    execSync: (id, command, timeoutSeconds) => containerOf(id).execSync(command, timeoutSeconds),
    containerStats: async (filter) =>
      select(containers, filter)
        .filter((one) => one.summary().state === "running")
        .map((one) => one.stats()),
    exec: async (request) => {
      const container = containerOf(request.containerId);
      return { kind: "session", run: (streams) => container.exec(request.command, streams) };
    },
    attach: async (request) => {
      const container = containerOf(request.containerId);
      return { kind: "session", run: (streams) => container.attach(streams) };
    },
    portForward: async (sandboxId) => {
      const ports = simulatedPorts(sandboxOf(sandboxId).config.annotations);
      return {
        kind: "session",
        connect: async (port) => {
          if (ports.includes(port)) return new PassThrough();
          throw new RuntimeError(
            "unavailable",
            `failed to connect to localhost:${port}: the simulated pod does not listen there`,
          );
        },
      };
    },
    events: (signal) => feed.read(signal),

    listImages: async () => [...new Set(images.values())],
    imageStatus: async (image) => images.get(image),
    pullImage: async (name) => {
      const known = images.get(name);
      if (known !== undefined) return known.id;
      if (hostOf(name).endsWith(".invalid")) {
        throw new RuntimeError(
          "notFound",
          `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`,
        );
      }
      const digest = `sha256:${createHash("sha256").update(name).digest("hex")}`;
      const repository = name.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
      const image: Image = {
        id: digest,
        repoTags: name.includes("@") ? [] : [name],
        repoDigests: [`${repository}@${digest}`],
        sizeBytes: IMAGE_BYTES,
        username: "",
        pinned: false,
      };
      images.set(name, image);
      images.set(image.id, image);
      return image.id;
    },
    removeImage: async (name) => {
      const image = images.get(name);
      for (const [key, other] of images) if (other === image) images.delete(key);
    },
    imageFilesystems: async () => [
      { mountpoint: "/", usedBytes: (images.size / 2) * IMAGE_BYTES, inodesUsed: images.size },
    ],
  };
}

function matches(
  labels: Readonly<Record<string, string>>,
  filter: ContainerFilter | undefined,
): boolean {
  return Object.entries(filter?.labels ?? {}).every(([key, value]) => labels[key] === value);
}

function select(
  containers: ReadonlyMap<string, SimulatedContainer>,
  filter: ContainerFilter | undefined,
): SimulatedContainer[] {
  return [...containers.values()].filter((one) => matches(one.summary().labels, filter));
}

function missing(what: string, id: string): RuntimeError {
  return new RuntimeError("notFound", `${what} "${id}": not found`);
}

/** "registry.invalid" of "registry.invalid/app:1"; Docker Hub where the name has no host. */
function hostOf(image: string): string {
  const [first = ""] = image.split("/");
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first.replace(/:\d+$/, "") : "docker.io";
}
