/**
 * The client port over the Kubernetes REST API, ours or upstream's: HTTP/2, JSON, watches as lines.
 */
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { apiVersionOf, type KubeObject } from "@kubets/api";
import { type Clock, systemClock } from "@kubets/service";
import {
  type Client,
  ClientError,
  type ListOptions,
  type ListResult,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from "../client.ts";
import { Http2Connection } from "../http2/connection.ts";
import { openStream } from "../http2/open-stream.ts";
import { streamChunks } from "../http2/stream-chunks.ts";
import type { TlsOptions } from "../http2/tls-options.ts";
import { retryRefused } from "../retry-refused.ts";
import { statusErrorFrom } from "../status-error-from.ts";
import { statusFrom } from "../status-from.ts";
import { LineSplitter } from "./line-splitter.ts";
import {
  planCreate,
  planDelete,
  planDeleteCollection,
  planGet,
  planList,
  planPatch,
  planUpdate,
  planWatch,
  type RequestPlan,
} from "./request-plan.ts";

export interface RestClientOptions {
  /** `https://host:port`; several are tried in turn. */
  readonly server: string | readonly string[];
  readonly tls?: TlsOptions;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Read before each request, since service account tokens are renewed on disk. */
  readonly tokenFile?: string;
  /** From it the server derives the field manager. Default "kubets". */
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** For calls other than lists and watches. Default 60,000. */
  readonly deadlineMs?: number;
  /** Largest answer and longest line of a watch. Default 512 MiB. */
  readonly answerBytesMax?: number;
}

export function createRestClient(options: RestClientOptions): Client {
  const { server, tls, deadlineMs = 60_000, answerBytesMax = 512 * 1024 * 1024 } = options;
  const clock = options.clock ?? systemClock;
  const connection = new Http2Connection({
    servers: typeof server === "string" ? [server] : server,
    ...(tls === undefined ? {} : { tls }),
    clock,
    random: options.random ?? Math.random,
  });

  /** Sends the request; the answer's status decides whether the rest is an error. */
  async function* send(
    plan: RequestPlan,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly Buffer[], void, undefined> {
    if (signal?.aborted) throw new ClientError("cancelled", "cancelled before it began");
    const headers = await headersOf(plan, options);
    const stream = await openStream(connection, headers, plan.body === undefined);
    if (plan.body !== undefined) stream.end(plan.body);
    let status = 0;
    stream.on("response", (response: IncomingHttpHeaders) => {
      status = Number(response[":status"] ?? 0);
    });
    const refusal: Buffer[] = [];
    for await (const chunks of streamChunks(stream, signal)) {
      if (status >= 400) refusal.push(...chunks);
      else yield chunks;
    }
    if (status >= 400) throw statusErrorFrom(Buffer.concat(refusal));
    if (status === 0) throw new ClientError("broken", "the answer has no status");
  }

  async function receive(plan: RequestPlan, signal: AbortSignal | undefined): Promise<unknown> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const bunch of send(plan, signal)) {
      chunks.push(...bunch);
      for (const chunk of bunch) bytes += chunk.length;
      if (bytes > answerBytesMax)
        throw new ClientError("badResponse", "the answer is over the limit");
    }
    return parse(Buffer.concat(chunks).toString("utf8"));
  }

  /** The same within the deadline. */
  async function call<T extends KubeObject>(plan: RequestPlan, signal?: AbortSignal): Promise<T> {
    const limit = new AbortController();
    const cancel = clock.setTimer(deadlineMs, () => limit.abort());
    try {
      const both = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
      // The type is what the resource was bound to: the server is trusted to answer with it.
      return (await retryRefused(clock, both, () => receive(plan, both))) as T;
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      throw new ClientError("timeout", `no answer within ${deadlineMs} ms`, { cause: error });
    } finally {
      cancel();
    }
  }

  return {
    get: (type, namespace, name, { signal, subresource = "" } = {}) =>
      call(planGet(type, { namespace, name, subresource }), signal),
    async list<T extends KubeObject>(type: ResourceType<T>, list: ListOptions = {}) {
      return listResult<T>(type, await receive(planList(type, list), list.signal));
    },
    async *watch<T extends KubeObject>(
      type: ResourceType<T>,
      watch: WatchOptions,
    ): AsyncGenerator<readonly WatchEvent<T>[], void, undefined> {
      const splitter = new LineSplitter(answerBytesMax);
      for await (const chunks of send(planWatch(type, watch), watch.signal)) {
        const lines: string[] = [];
        for (const chunk of chunks) splitter.push(chunk, lines);
        if (lines.length > 0) yield lines.map((line) => watchEvent<T>(parse(line)));
      }
    },
    create: (type, object, write: WriteOptions = {}) => {
      const target = { namespace: object.metadata.namespace ?? "" };
      return call(planCreate(type, target, object, write), write.signal);
    },
    update: (type, object, write = {}) => call(planUpdate(type, object, "", write), write.signal),
    updateStatus: (type, object, write = {}) =>
      call(planUpdate(type, object, "status", write), write.signal),
    updateSubresource: (type, subresource, object, write = {}) =>
      call(planUpdate(type, object, subresource, write), write.signal),
    patch: (type, target, patch, write = {}) =>
      call(planPatch(type, target, patch, write), write.signal),
    async delete(type, namespace, name, write = {}) {
      await call(planDelete(type, { namespace, name }, write), write.signal);
    },
    async deleteCollection(type, selection, write = {}) {
      await call(planDeleteCollection(type, selection, write), write.signal);
    },
    createSubresource: (type, target, object, write = {}) =>
      call(planCreate(type, target, object, write), write.signal),
    close: () => connection.close(),
  };
}

async function headersOf(
  plan: RequestPlan,
  options: RestClientOptions,
): Promise<OutgoingHttpHeaders> {
  const { token, tokenFile, userAgent = "kubets" } = options;
  const bearer = tokenFile === undefined ? token : (await readFile(tokenFile, "utf8")).trim();
  return {
    ":method": plan.method,
    ":path": plan.path,
    accept: "application/json",
    "user-agent": userAgent,
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(plan.contentType === undefined ? {} : { "content-type": plan.contentType }),
    ...plan.headers,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClientError("badResponse", "the answer is not JSON", { cause });
  }
}

/** Items of a list carry no apiVersion and kind of their own; the list's kind tells theirs. */
function listResult<T extends KubeObject>(type: ResourceType<T>, value: unknown): ListResult<T> {
  const list = value as {
    readonly kind?: string;
    readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
    readonly items?: readonly (Omit<T, "apiVersion" | "kind"> & Partial<T>)[] | null;
  };
  const kind = (list.kind ?? "").replace(/List$/, "");
  const apiVersion = apiVersionOf(type);
  return {
    items: (list.items ?? []).map((item) => ({ apiVersion, kind, ...item }) as T),
    resourceVersion: list.metadata?.resourceVersion ?? "",
    continueToken: list.metadata?.continue ?? "",
  };
}

function watchEvent<T extends KubeObject>(value: unknown): WatchEvent<T> {
  const event = value as { readonly type?: string; readonly object?: T };
  const { type, object } = event;
  if (object !== undefined) {
    switch (type) {
      case "ADDED":
      case "MODIFIED":
      case "DELETED":
        return { type, object };
      case "BOOKMARK":
        return { type, resourceVersion: object.metadata.resourceVersion ?? "" };
      case "ERROR":
        return { type, status: statusFrom(object) };
    }
  }
  throw new ClientError("badResponse", `an unknown type of event: ${String(type)}`);
}
