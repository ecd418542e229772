/**
 * The client port over gRPC `kubets.api.v1.Objects`, with JSON payloads.
 */
import type { KubeObject } from "@kubets/api";
import {
  CreateRequest,
  DeleteCollectionRequest,
  DeleteRequest,
  Encoding,
  GetRequest,
  ListRequest,
  PatchRequest,
  UpdateRequest,
  WatchRequest,
} from "@kubets/rpc";
import { type Clock, systemClock } from "@kubets/service";
import {
  type Client,
  ClientError,
  type GetOptions,
  type ListOptions,
  type ListResult,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from "../client.ts";
import { deleteOptionsBody } from "../delete-options-body.ts";
import { Http2Connection } from "../http2/connection.ts";
import type { TlsOptions } from "../http2/tls-options.ts";
import { type CallOptions, GrpcChannel } from "./grpc-channel.ts";
import { objectFrom, payloadOf, refOf, watchEventFrom, writeOptionsOf } from "./messages.ts";
import { retryElsewhere } from "./retry-elsewhere.ts";
import { readListChunk, readObject, readWatchBatch } from "./wire-reader.ts";

export interface GrpcClientOptions {
  /** `host:port`; several are tried in turn. */
  readonly address: string | readonly string[];
  /** Absent: no TLS, for servers on loopback in tests. */
  readonly tls?: TlsOptions;
  /** Sent as a bearer token; a function is asked for each call, so that a token can be renewed. */
  readonly token?: string | (() => string);
  /** From it the server derives the field manager. Default "kubets". */
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** For calls other than lists and watches. Default 60,000. */
  readonly deadlineMs?: number;
  /** Largest message taken, a chunk of a list or a batch of events. Default 64 MiB. */
  readonly messageBytesMax?: number;
}

const SERVICE = "/kubets.api.v1.Objects";

export function createGrpcClient(options: GrpcClientOptions): Client {
  const { address, tls, token, userAgent = "kubets", deadlineMs = 60_000 } = options;
  const clock = options.clock ?? systemClock;
  const addresses = typeof address === "string" ? [address] : address;
  const scheme = tls === undefined ? "http" : "https";
  const connection = new Http2Connection({
    servers: addresses.map((each) => `${scheme}://${each}`),
    ...(tls === undefined ? {} : { tls }),
    clock,
    random: options.random ?? Math.random,
  });
  const channel = new GrpcChannel({
    connection,
    clock,
    headers: () => ({
      "user-agent": userAgent,
      ...(token === undefined
        ? {}
        : { authorization: `Bearer ${typeof token === "string" ? token : token()}` }),
    }),
    messageBytesMax: options.messageBytesMax ?? 64 * 1024 * 1024,
  });
  const limits = (signal: AbortSignal | undefined): CallOptions => ({ deadlineMs, signal });
  const write = async <T extends KubeObject>(
    method: string,
    request: Uint8Array,
    write: WriteOptions,
  ): Promise<T> => {
    const bytes = await channel.unary(`${SERVICE}/${method}`, request, limits(write.signal));
    return objectFrom<T>(readObject(bytes));
  };
  const update = <T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    subresource: string,
    write_: WriteOptions,
  ): Promise<T> => {
    const { namespace = "", name = "" } = object.metadata;
    const request = UpdateRequest.encode({
      ref: refOf(type, { namespace, name, subresource }),
      object: payloadOf(object),
      options: writeOptionsOf(write_),
    });
    return write<T>("Update", request.finish(), write_);
  };

  return {
    async get<T extends KubeObject>(
      type: ResourceType<T>,
      namespace: string,
      name: string,
      { signal, subresource = "" }: GetOptions = {},
    ): Promise<T> {
      const request = GetRequest.encode({
        ref: refOf(type, { namespace, name, subresource }),
        resourceVersion: "",
        encoding: Encoding.ENCODING_JSON,
      });
      const call = { ...limits(signal), isRead: true };
      const bytes = await channel.unary(`${SERVICE}/Get`, request.finish(), call);
      return objectFrom<T>(readObject(bytes));
    },
    async list<T extends KubeObject>(
      type: ResourceType<T>,
      list: ListOptions = {},
    ): Promise<ListResult<T>> {
      const request = ListRequest.encode({
        ref: refOf(type, { namespace: list.namespace ?? "" }),
        labelSelector: list.labelSelector ?? "",
        fieldSelector: list.fieldSelector ?? "",
        resourceVersion: list.resourceVersion ?? "",
        resourceVersionMatch: "",
        limit: list.limit ?? 0,
        continue: list.continueToken ?? "",
        encoding: Encoding.ENCODING_JSON,
      }).finish();
      const { signal } = list;
      return retryElsewhere({ clock, signal, isRead: true }, async () => {
        const items: T[] = [];
        let resourceVersion = "";
        let continueToken = "";
        const answers = channel.serverStream(`${SERVICE}/List`, request, { signal });
        for await (const messages of answers) {
          for (const message of messages) {
            const chunk = readListChunk(message);
            if (chunk.resourceVersion !== "") resourceVersion = chunk.resourceVersion;
            if (chunk.continueToken !== "") continueToken = chunk.continueToken;
            for (const item of chunk.items) items.push(objectFrom<T>(item));
          }
        }
        if (resourceVersion === "")
          throw new ClientError("badResponse", "a list without a revision");
        return { items, resourceVersion, continueToken };
      });
    },
    async *watch<T extends KubeObject>(
      type: ResourceType<T>,
      watch: WatchOptions,
    ): AsyncGenerator<readonly WatchEvent<T>[], void, undefined> {
      const request = WatchRequest.encode({
        ref: refOf(type, { namespace: watch.namespace ?? "" }),
        labelSelector: watch.labelSelector ?? "",
        fieldSelector: watch.fieldSelector ?? "",
        resourceVersion: watch.resourceVersion,
        resourceVersionMatch: "",
        allowWatchBookmarks: watch.allowWatchBookmarks ?? false,
        timeoutSeconds: watch.timeoutSeconds ?? 0,
        encoding: Encoding.ENCODING_JSON,
      });
      const call = { signal: watch.signal };
      for await (const messages of channel.serverStream(
        `${SERVICE}/Watch`,
        request.finish(),
        call,
      )) {
        const events: WatchEvent<T>[] = [];
        for (const message of messages) {
          readWatchBatch(message, (type, object) => events.push(watchEventFrom<T>(type, object)));
        }
        if (events.length > 0) yield events;
      }
    },
    create<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}) {
      const { namespace = "", name = "" } = object.metadata;
      const request = CreateRequest.encode({
        ref: refOf(type, { namespace, name }),
        object: payloadOf(object),
        options: writeOptionsOf(options),
      });
      return write<T>("Create", request.finish(), options);
    },
    update: (type, object, options = {}) => update(type, object, "", options),
    updateStatus: (type, object, options = {}) => update(type, object, "status", options),
    updateSubresource: (type, subresource, object, options = {}) =>
      update(type, object, subresource, options),
    patch(type, target, patch, options = {}) {
      const request = PatchRequest.encode({
        ref: refOf(type, target),
        patchType: patch.type,
        patch: Buffer.from(JSON.stringify(patch.body)),
        options: writeOptionsOf(options),
        force: patch.force ?? false,
      });
      return write("Patch", request.finish(), options);
    },
    async delete(type, namespace, name, options = {}) {
      const request = DeleteRequest.encode({
        ref: refOf(type, { namespace, name }),
        deleteOptions: Buffer.from(JSON.stringify(deleteOptionsBody(options))),
        fence: options.fence,
      });
      await channel.unary(`${SERVICE}/Delete`, request.finish(), limits(options.signal));
    },
    async deleteCollection(type, selection, options = {}) {
      const request = DeleteCollectionRequest.encode({
        ref: refOf(type, { namespace: selection.namespace ?? "" }),
        labelSelector: selection.labelSelector ?? "",
        fieldSelector: selection.fieldSelector ?? "",
        deleteOptions: Buffer.from(JSON.stringify(deleteOptionsBody(options))),
        fence: options.fence,
      });
      const path = `${SERVICE}/DeleteCollection`;
      await channel.unary(path, request.finish(), limits(options.signal));
    },
    createSubresource(type, target, object, options = {}) {
      const request = CreateRequest.encode({
        ref: refOf(type, target),
        object: payloadOf(object),
        options: writeOptionsOf(options),
      });
      return write("Create", request.finish(), options);
    },
    close: () => connection.close(),
  };
}
