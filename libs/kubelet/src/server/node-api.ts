/**
 * The node API: logs, commands in containers, port forwarding, the pods of the node. The apiserver is its
 * usual caller and passes streams through as they are.
 *
 * Upstream: pkg/kubelet/server/server.go @1.36
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pod, PodStatus } from "@kubets/api/core/v1";
import { isRuntimeError } from "@kubets/cri";
import type { Clock, Logger } from "@kubets/service";
import { errorText, KubeletError } from "../kubelet-error.ts";
import { flag, parseLogOptions } from "../logs/log-options.ts";
import { readLog } from "../logs/log-reader.ts";
import { containerNamed, nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";
import { serveLocalExec, serveLocalPortForward } from "../streams/local-streams.ts";
import type { PodContext } from "../worker/pod-context.ts";
import { logTarget } from "./log-target.ts";
import type { RefusalCheck } from "./node-access.ts";
import { proxyUpgrade } from "./raw-proxy.ts";
import { statsSummary } from "./stats-summary.ts";

export interface NodeApiOptions {
  readonly nodeName: string;
  readonly context: PodContext;
  readonly pods: () => readonly Pod[];
  readonly refusal: RefusalCheck;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An answer other than success. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string | undefined;
  readonly container: string;
}

export class NodeApi {
  readonly #options: NodeApiOptions;

  constructor(options: NodeApiOptions) {
    this.#options = options;
  }

  /** False: not one of these paths. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    const [, head = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
    try {
      switch (head) {
        case "containerLogs":
          await this.#logs(containerPath(rest), url.searchParams, response);
          return true;
        case "pods":
          sendJson(response, podList(this.#options.pods().map((pod) => this.#withStatus(pod))));
          return true;
        case "runningpods":
          sendJson(response, podList(this.#runningPods()));
          return true;
        case "stats":
          if (rest[0] !== "summary") return false;
          sendJson(response, await this.#stats());
          return true;
        case "exec":
        case "attach":
        case "portForward":
          throw new Refusal(400, "Upgrade request required");
        case "run":
          await this.#run(containerPath(rest), url.searchParams, response);
          return true;
        default:
          return false;
      }
    } catch (error) {
      if (request.destroyed || response.headersSent) {
        response.destroy();
        return true;
      }
      const { status, message } = answerOf(error);
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(message);
      return true;
    }
  }

  /** Never throws: what goes wrong is answered on the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      const { status, message } = answerOf(error);
      if (status >= 500) this.#options.logger.warn("a stream could not be opened", { error });
      if (!socket.writable) return;
      const bytes = Buffer.byteLength(message);
      socket.end(
        `HTTP/1.1 ${status} Error\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${bytes}\r\n\r\n${message}`,
      );
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? "/", "http://kubelet");
    if (url === null) throw new Refusal(400, "Bad Request");
    const refused = await this.#options.refusal(request, url.pathname);
    if (refused !== undefined) throw new Refusal(refused.status, refused.message);
    const [, kind = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
    const query = url.searchParams;
    const { runtime } = this.#options.context;
    const streams = {
      tty: flag(query, "tty"),
      stdin: flag(query, "input") || flag(query, "stdin"),
      stdout: flag(query, "output") || flag(query, "stdout"),
      // A terminal has one output.
      stderr: (flag(query, "error") || flag(query, "stderr")) && !flag(query, "tty"),
    };
    const stream = { request, socket, head, logger: this.#options.logger };
    switch (kind) {
      case "exec": {
        const containerId = this.#runningContainer(containerPath(rest));
        const command = query.getAll("command");
        const endpoint = await runtime.exec({ containerId, command, ...streams });
        if (endpoint.kind === "url") proxyUpgrade({ ...stream, url: endpoint.url });
        else serveLocalExec({ ...stream, ...streams, run: endpoint.run });
        return;
      }
      case "attach": {
        const containerId = this.#runningContainer(containerPath(rest));
        const endpoint = await runtime.attach({ containerId, ...streams });
        if (endpoint.kind === "url") proxyUpgrade({ ...stream, url: endpoint.url });
        else serveLocalExec({ ...stream, ...streams, run: endpoint.run });
        return;
      }
      case "portForward": {
        const [namespace = "", name = "", uid] = rest;
        const pod = this.#pod(namespace, name, uid);
        const ports = query
          .getAll("port")
          .flatMap((text) => text.split(","))
          .map(Number);
        const sandboxes = (await this.#read(pod)).sandboxes;
        const ready = sandboxes.find((sandbox) => sandbox.ready);
        if (ready === undefined) {
          throw new Refusal(400, `pod ${JSON.stringify(name)} is not running`);
        }
        const endpoint = await runtime.portForward(ready.id, ports);
        if (endpoint.kind === "url") proxyUpgrade({ ...stream, url: endpoint.url });
        else serveLocalPortForward({ ...stream, connect: endpoint.connect, ports });
        return;
      }
      default:
        throw new Refusal(404, "404 page not found");
    }
  }

  async #logs(
    path: ContainerPath,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const { context, clock } = this.#options;
    const options = parseLogOptions(query, clock.now());
    const pod = this.#pod(path.namespace, path.pod, path.uid);
    if (containerNamed(pod, path.container) === undefined) {
      throw new Refusal(
        404,
        `container ${JSON.stringify(path.container)} not found in pod ${JSON.stringify(path.pod)}\n`,
      );
    }
    const status = this.#statusOf(pod);
    const id = logTarget(path.pod, status, path.container, options.previous);
    const { logPath } = await context.runtime.containerStatus(id);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const chunks = readLog({
      path: logPath,
      options,
      clock,
      signal: gone.signal,
      isRunning: async () => {
        const now = await context.runtime.containerStatus(id).catch(() => undefined);
        return now?.state === "running" || now?.state === "created";
      },
    });
    response.writeHead(200, {
      "content-type": "text/plain",
      "transfer-encoding": "chunked",
      "x-content-type-options": "nosniff",
    });
    // The reader sees at once that there is an answer, even while there are no lines.
    response.flushHeaders();
    await pipeline(Readable.from(chunks, { highWaterMark: 1 }), response).catch(
      (error: unknown) => {
        if (!gone.signal.aborted) throw error;
      },
    );
  }

  async #run(path: ContainerPath, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const containerId = this.#runningContainer(path);
    const command = (query.get("cmd") ?? "").split(" ").filter(Boolean);
    const result = await this.#options.context.runtime.execSync(containerId, command, 0);
    response
      .writeHead(200, { "content-type": "text/plain" })
      .end(Buffer.concat([result.stdout, result.stderr]));
  }

  async #stats(): Promise<unknown> {
    const { context, nodeName, clock } = this.#options;
    return statsSummary({
      nodeName,
      stats: await context.runtime.containerStats(),
      nodeMemoryBytes: context.node().memoryCapacityBytes,
      nowMs: clock.now(),
    });
  }

  #pod(namespace: string, name: string, uid: string | undefined): Pod {
    const found = this.#options
      .pods()
      .find(
        (pod) =>
          nameOf(pod) === name &&
          namespaceOf(pod) === namespace &&
          (uid === undefined || uidOf(pod) === uid),
      );
    if (found === undefined) throw new Refusal(404, `pod ${JSON.stringify(name)} does not exist\n`);
    return found;
  }

  #statusOf(pod: Pod): PodStatus {
    return this.#options.context.statuses.get(uidOf(pod)) ?? pod.status ?? {};
  }

  #withStatus(pod: Pod): Pod {
    return { ...pod, status: this.#statusOf(pod) };
  }

  #runningPods(): Pod[] {
    return this.#options.context.runtimeWatch.pods.map(({ uid, name, namespace }) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { uid, name, namespace },
    }));
  }

  /** The runtime's id of a container that runs now. */
  #runningContainer(path: ContainerPath): string {
    const pod = this.#pod(path.namespace, path.pod, path.uid);
    const status = this.#statusOf(pod);
    const found = [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
      ...(status.ephemeralContainerStatuses ?? []),
    ].find(({ name }) => name === path.container);
    const id = found?.state?.running === undefined ? undefined : found.containerID?.split("://")[1];
    if (id !== undefined) return id;
    throw new Refusal(404, `container not found (${JSON.stringify(path.container)})`);
  }

  #read(pod: Pod) {
    return this.#options.context.reader.read(uidOf(pod), new AbortController().signal);
  }
}

function containerPath(parts: readonly string[]): ContainerPath {
  const [namespace = "", pod = "", third = "", fourth] = parts;
  return fourth === undefined
    ? { namespace, pod, uid: undefined, container: third }
    : { namespace, pod, uid: third, container: fourth };
}

function answerOf(error: unknown): { status: number; message: string } {
  if (error instanceof Refusal) return { status: error.status, message: error.message };
  if (error instanceof KubeletError) return { status: 400, message: error.message };
  if (error instanceof URIError) return { status: 400, message: "Bad Request" };
  if (isRuntimeError(error, "notFound")) return { status: 404, message: error.rpcText };
  return { status: 500, message: errorText(error) };
}

function podList(items: readonly Pod[]) {
  return { kind: "PodList", apiVersion: "v1", metadata: {}, items };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}
