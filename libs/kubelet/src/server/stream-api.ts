/**
 * exec, attach and port-forward of the node API. SPDY goes byte for byte to a runtime that has a streaming server;
 * WebSockets of commands end here on every runtime, since runtimes know none with a close of standard input.
 *
 * Upstream: pkg/kubelet/server/server.go getExec, getAttach, getPortForward; pkg/kubelet/kubelet_pods.go GetExec,
 * GetAttach, GetPortForward @1.36
 */
import type { Pod } from "@kubets/api/core/v1";
import type { StreamEndpoint } from "@kubets/cri";
import { flag } from "../logs/log-options.ts";
import { containerNamed, nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";
import { serveSpdyPortForward } from "../streams/port-forward/serve-spdy-port-forward.ts";
import { asksForTunnel, proxyTunnel, serveTunnel } from "../streams/port-forward/serve-tunnel.ts";
import { serveWebSocketPortForward } from "../streams/port-forward/serve-websocket-port-forward.ts";
import { commandOf } from "../streams/remote-command/remote-command.ts";
import { serveSpdyCommand } from "../streams/remote-command/serve-spdy-command.ts";
import { serveWebSocketCommand } from "../streams/remote-command/serve-websocket-command.ts";
import { isWebSocket, type StreamRequest, type WantedStreams } from "../streams/stream-request.ts";
import type { PodContext } from "../worker/pod-context.ts";
import { type ContainerPath, containerPath } from "./container-path.ts";
import { proxyUpgrade } from "./raw-proxy.ts";
import { Refusal } from "./refusal.ts";

export interface StreamApiOptions {
  readonly context: PodContext;
  /** The pod, whether or not it runs. */
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  /** Each WebSocket that ends here, by subresource. */
  readonly onWebSocket: (subresource: string) => void;
}

interface CommandTarget {
  readonly subresource: "exec" | "attach";
  readonly endpoint: StreamEndpoint;
  /** By the client. */
  readonly asked: WantedStreams;
  /** Of the runtime. */
  readonly wanted: WantedStreams;
}

export class StreamApi {
  readonly #options: StreamApiOptions;

  constructor(options: StreamApiOptions) {
    this.#options = options;
  }

  /** Rejects with what the client is told, as long as it has not been answered. */
  async serve(input: StreamRequest, kind: string, rest: readonly string[], query: URLSearchParams) {
    switch (kind) {
      case "exec":
        return this.#exec(input, containerPath(rest), query);
      case "attach":
        return this.#attach(input, containerPath(rest), query);
      case "portForward":
        return this.#portForward(input, rest, query);
      default:
        throw new Refusal(404, "404 page not found");
    }
  }

  /** The runtime's id. */
  async containerToRunIn(path: ContainerPath): Promise<string> {
    const id = await this.#runningContainer(this.#pod(path), path);
    if (id !== undefined) return id;
    throw new Refusal(500, `container not found (${JSON.stringify(path.container)})`);
  }

  async #exec(input: StreamRequest, path: ContainerPath, query: URLSearchParams): Promise<void> {
    const wanted = wantedStreams(query);
    const containerId = await this.containerToRunIn(path);
    const request = { containerId, command: query.getAll("command"), ...wanted };
    const endpoint = await this.#options.context.runtime.exec(request);
    this.#serveCommand(input, { subresource: "exec", endpoint, asked: wanted, wanted });
  }

  async #attach(input: StreamRequest, path: ContainerPath, query: URLSearchParams): Promise<void> {
    const asked = wantedStreams(query);
    const pod = this.#pod(path);
    const containerId = await this.#runningContainer(pod, path);
    const spec = containerNamed(pod, path.container)?.container;
    if (containerId === undefined || spec === undefined) {
      const fullName = `${nameOf(pod)}_${namespaceOf(pod)}`;
      throw new Refusal(500, `container ${path.container} not found in pod ${fullName}`);
    }
    // Whether there is a terminal was settled when the container was made, and a terminal has one output.
    const tty = spec.tty === true;
    const wanted = { ...asked, tty, stderr: asked.stderr && !tty };
    const endpoint = await this.#options.context.runtime.attach({ containerId, ...wanted });
    this.#serveCommand(input, { subresource: "attach", endpoint, asked, wanted });
  }

  #serveCommand(
    input: StreamRequest,
    { subresource, endpoint, asked, wanted }: CommandTarget,
  ): void {
    const { clock } = input;
    if (isWebSocket(input.request)) {
      this.#options.onWebSocket(subresource);
      const command = commandOf(endpoint, wanted, subresource, clock);
      serveWebSocketCommand({ ...input, wanted: asked, command });
    } else if (endpoint.kind === "url") proxyUpgrade(input, endpoint.url);
    else {
      const command = commandOf(endpoint, wanted, subresource, clock);
      serveSpdyCommand({ ...input, wanted: asked, command });
    }
  }

  async #portForward(
    input: StreamRequest,
    [namespace = "", name = "", uid]: readonly string[],
    query: URLSearchParams,
  ): Promise<void> {
    const { context, onWebSocket } = this.#options;
    const isTunnel = isWebSocket(input.request) && asksForTunnel(input);
    // Only the channels of a plain WebSocket stand for ports of the request.
    const ports = isWebSocket(input.request) && !isTunnel ? portsOf(query) : [];
    const pod = this.#pod({ namespace, pod: name });
    if (uid !== undefined && uidOf(pod) !== uid) throw new Refusal(404, "pod not found");
    const { sandboxes } = await context.reader.read(uidOf(pod), new AbortController().signal);
    const ready = sandboxes.find((sandbox) => sandbox.ready);
    if (ready === undefined) {
      throw new Refusal(500, `pod not found (${JSON.stringify(`${name}_${namespace}`)})`);
    }
    const endpoint = await context.runtime.portForward(ready.id, ports);
    if (isTunnel) onWebSocket("portforward");
    if (endpoint.kind === "url") {
      if (isTunnel) await proxyTunnel(input, endpoint.url);
      else proxyUpgrade(input, endpoint.url);
      return;
    }
    const connector = { podName: name, podUid: uidOf(pod), connect: endpoint.connect };
    if (isTunnel) serveTunnel(input, connector);
    else if (isWebSocket(input.request)) serveWebSocketPortForward(input, connector, ports);
    else serveSpdyPortForward(input, connector);
  }

  #pod({ namespace, pod: name }: Pick<ContainerPath, "namespace" | "pod">): Pod {
    const pod = this.#options.findPod(namespace, name);
    if (pod === undefined) throw new Refusal(404, "pod does not exist");
    return pod;
  }

  /** The runtime's id of a container that runs now. The status may be behind the runtime, but is at hand. */
  async #runningContainer(pod: Pod, path: ContainerPath): Promise<string | undefined> {
    if (path.uid !== undefined && uidOf(pod) !== path.uid) return undefined;
    const { statuses, reader } = this.#options.context;
    const status = statuses.get(uidOf(pod));
    const known = [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ].find(({ name, state }) => name === path.container && state?.running !== undefined);
    const id = known?.containerID?.split("://")[1];
    if (id !== undefined) return id;
    const { containers } = await reader.read(uidOf(pod), new AbortController().signal);
    return containers.find(({ name, state }) => name === path.container && state === "running")?.id;
  }
}

function wantedStreams(query: URLSearchParams): WantedStreams {
  const tty = flag(query, "tty");
  const stdin = flag(query, "input");
  const stdout = flag(query, "output");
  // A terminal has one output.
  const stderr = flag(query, "error") && !tty;
  if (!stdin && !stdout && !stderr) {
    throw new Refusal(400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  return { tty, stdin, stdout, stderr };
}

const PORTS_MAX = 100;

function portsOf(query: URLSearchParams): number[] {
  const texts = query.getAll("port");
  if (texts.length === 0) throw new Refusal(400, 'query parameter "port" is required');
  const ports = texts.flatMap((text) => {
    if (text === "") throw new Refusal(400, 'query parameter "port" cannot be empty');
    return text.split(",").map((part) => {
      const port = /^\d{1,5}$/.test(part) ? Number(part) : Number.NaN;
      if (!(port <= 0xffff)) {
        throw new Refusal(400, `unable to parse ${JSON.stringify(text)} as a port`);
      }
      if (port < 1) throw new Refusal(400, `port ${JSON.stringify(text)} must be > 0`);
      return port;
    });
  });
  // Two channels each, and a channel's number is a byte.
  if (ports.length > PORTS_MAX) throw new Refusal(400, `more than ${PORTS_MAX} ports`);
  return ports;
}
