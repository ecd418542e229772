/**
 * The node API: logs, commands in containers, port forwarding, the pods of the node. The apiserver is its
 * usual caller and passes streams through as they are.
 *
 * Upstream: pkg/kubelet/server/server.go @1.36
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pod, PodStatus } from "@kubets/api/core/v1";
import type { Clock, Logger } from "@kubets/service";
import { parseLogOptions } from "../logs/log-options.ts";
import { readLog } from "../logs/log-reader.ts";
import { containerNamed, nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";
import { refuseStream } from "../streams/stream-request.ts";
import type { PodContext } from "../worker/pod-context.ts";
import { type ContainerPath, containerPath } from "./container-path.ts";
import { logTarget } from "./log-target.ts";
import type { RefusalCheck } from "./node-access.ts";
import { answerOf, Refusal } from "./refusal.ts";
import { statsSummary } from "./stats-summary.ts";
import { StreamApi } from "./stream-api.ts";

const KEEP_ALIVE_MS = 15_000;

export interface NodeApiOptions {
  readonly nodeName: string;
  readonly context: PodContext;
  readonly pods: () => readonly Pod[];
  readonly refusal: RefusalCheck;
  /** --streaming-connection-idle-timeout */
  readonly idleTimeoutMs: number;
  /** Each WebSocket that ends here, by subresource. */
  readonly onWebSocket?: (subresource: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class NodeApi {
  readonly #options: NodeApiOptions;
  readonly #streams: StreamApi;

  constructor(options: NodeApiOptions) {
    this.#options = options;
    this.#streams = new StreamApi({
      context: options.context,
      findPod: (namespace, name) => this.#find(namespace, name),
      onWebSocket: options.onWebSocket ?? (() => {}),
    });
  }

  /** False: not one of these paths. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    try {
      const [, head = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
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
    // A client that went away without a word is found out.
    if (socket instanceof Socket) socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      const { status, message } = answerOf(error);
      if (status >= 500) this.#options.logger.warn("a stream could not be opened", { error });
      const { clock } = this.#options;
      if (socket.writable) refuseStream({ socket, clock }, status, message);
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? "/", "http://kubelet");
    if (url === null) throw new Refusal(400, "Bad Request");
    const refused = await this.#options.refusal(request, url.pathname);
    if (refused !== undefined) throw new Refusal(refused.status, refused.message);
    const { idleTimeoutMs, clock, logger } = this.#options;
    const [, kind = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
    const input = { request, socket, head, idleTimeoutMs, clock, logger };
    await this.#streams.serve(input, kind, rest, url.searchParams);
  }

  async #logs(
    path: ContainerPath,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const { context, clock } = this.#options;
    const options = parseLogOptions(query, clock.now());
    const pod = this.#find(path.namespace, path.pod);
    if (pod === undefined) {
      throw new Refusal(404, `pod ${JSON.stringify(path.pod)} does not exist`);
    }
    if (containerNamed(pod, path.container) === undefined) {
      throw new Refusal(
        404,
        `container ${JSON.stringify(path.container)} not found in pod ${JSON.stringify(path.pod)}`,
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
    const containerId = await this.#streams.containerToRunIn(path);
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

  #find(namespace: string, name: string): Pod | undefined {
    return this.#options
      .pods()
      .find((pod) => nameOf(pod) === name && namespaceOf(pod) === namespace);
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
}

function podList(items: readonly Pod[]) {
  return { kind: "PodList", apiVersion: "v1", metadata: {}, items };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}
