/** `kubets.api.v1.Objects` over the in-memory model, on grpc-js: the other side for the adapter's tests. */
import { Metadata, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { isStatusError, type KubeObject } from "@kubets/api";
import {
  EventType,
  type Fence,
  ObjectsService,
  type Payload,
  type ResourceRef,
  type WatchEvent as WireEvent,
} from "@kubets/rpc";
import type { DeleteOptions, PatchType, WatchEvent } from "../client.ts";
import { resourceType } from "../resource-type.ts";
import type { MemoryClient } from "./memory-client.ts";

export interface TestServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  close(): Promise<void>;
}

/** `credentials`: default none. */
export async function serveGrpc(
  model: MemoryClient,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<TestServer> {
  const server = new Server();
  server.addService(ObjectsService, {
    get: unary(async ({ ref }: WithRef) => {
      const { type, namespace, name, subresource } = targetOf(ref);
      return { object: payload(await model.get(type, namespace, name, { subresource })) };
    }),
    create: unary(async ({ ref, object, options }: WithWrite & { object?: Payload }) => {
      const { type, subresource, ...target } = targetOf(ref);
      const created =
        subresource === ""
          ? model.create(type, objectOf(object), fenceOf(options))
          : model.createSubresource(
              type,
              { ...target, subresource },
              objectOf(object),
              fenceOf(options),
            );
      return { object: payload(await created) };
    }),
    update: unary(async ({ ref, object, options }: WithWrite & { object?: Payload }) => {
      const { type, subresource } = targetOf(ref);
      const updated =
        subresource === ""
          ? model.update(type, objectOf(object), fenceOf(options))
          : model.updateSubresource(type, subresource, objectOf(object), fenceOf(options));
      return { object: payload(await updated) };
    }),
    patch: unary(async (request: WithWrite & { patchType: string; patch: Buffer }) => {
      const { type, ...target } = targetOf(request.ref);
      const patch = {
        type: request.patchType as PatchType,
        body: JSON.parse(request.patch.toString()) as unknown,
      };
      return { object: payload(await model.patch(type, target, patch, fenceOf(request.options))) };
    }),
    delete: unary(async (request: WithRef & { deleteOptions: Buffer; fence?: Fence }) => {
      const { type, namespace, name } = targetOf(request.ref);
      const options = JSON.parse(request.deleteOptions.toString()) as DeleteOptions;
      await model.delete(type, namespace, name, { ...options, ...fenceOf(request) });
      return {};
    }),
    deleteCollection: unary(async (request: WithRef & { fence?: Fence }) => {
      const { type, namespace } = targetOf(request.ref);
      await model.deleteCollection(type, { namespace }, fenceOf(request));
      return {};
    }),
    list: streaming(async function* ({ ref, labelSelector, fieldSelector }: WithSelectors) {
      const { type, namespace } = targetOf(ref);
      const list = await model.list(type, { namespace, labelSelector, fieldSelector });
      yield { resourceVersion: list.resourceVersion, continue: "", items: [] };
      for (const item of list.items) yield { items: [payload(item)] };
    }),
    watch: streaming(async function* (request: WithSelectors, signal: AbortSignal) {
      const { type, namespace } = targetOf(request.ref);
      const { labelSelector, fieldSelector, resourceVersion, allowWatchBookmarks } = request;
      const options = { namespace, labelSelector, fieldSelector, resourceVersion, signal };
      for await (const batch of model.watch(type, { ...options, allowWatchBookmarks })) {
        yield { events: batch.map(wireEvent) };
      }
    }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

interface WithRef {
  readonly ref?: ResourceRef;
}
interface WithWrite extends WithRef {
  readonly options?: { readonly fence?: Fence | undefined };
}
interface WithSelectors extends WithRef {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly allowWatchBookmarks: boolean;
}

function targetOf(ref: ResourceRef | undefined) {
  if (ref === undefined) throw new Error("no ref");
  const { group, version, resource, namespace, name, subresource } = ref;
  // Whether it is namespaced does not matter to the model beyond its keys.
  const isNamespaced = !["nodes", "namespaces"].includes(resource);
  return {
    type: resourceType(group, version, resource, isNamespaced),
    namespace,
    name,
    subresource,
  };
}

function fenceOf(options: WithWrite["options"]): { readonly fence?: Fence } {
  return options?.fence === undefined ? {} : { fence: options.fence };
}

function objectOf(object: Payload | undefined): KubeObject {
  if (object?.form?.$case !== "json") throw new Error("no JSON");
  return JSON.parse(object.form.value.toString()) as KubeObject;
}

function payload(value: unknown): Payload {
  return { form: { $case: "json", value: Buffer.from(JSON.stringify(value)) } };
}

function wireEvent(event: WatchEvent<KubeObject>): WireEvent {
  switch (event.type) {
    case "ADDED":
      return { type: EventType.EVENT_TYPE_ADDED, object: payload(event.object) };
    case "MODIFIED":
      return { type: EventType.EVENT_TYPE_MODIFIED, object: payload(event.object) };
    case "DELETED":
      return { type: EventType.EVENT_TYPE_DELETED, object: payload(event.object) };
    case "BOOKMARK": {
      const { resourceVersion } = event;
      return {
        type: EventType.EVENT_TYPE_BOOKMARK,
        object: payload({ metadata: { resourceVersion } }),
      };
    }
    case "ERROR":
      return { type: EventType.EVENT_TYPE_ERROR, object: payload(event.status) };
  }
}

function refusal(error: unknown): Partial<ServiceError> {
  if (!isStatusError(error)) return { code: status.UNAVAILABLE, details: "the model ended" };
  const metadata = new Metadata();
  metadata.set("kubets-status-bin", Buffer.from(JSON.stringify(error.status)));
  return { code: status.FAILED_PRECONDITION, details: error.message, metadata };
}

function unary<Q, R>(handle: (request: Q) => Promise<R>) {
  return (
    call: { readonly request: Q },
    done: (error: Partial<ServiceError> | null, answer?: R) => void,
  ) => {
    handle(call.request).then(
      (answer) => done(null, answer),
      (error: unknown) => done(refusal(error)),
    );
  };
}

interface StreamingCall<Q> {
  readonly request: Q;
  write(message: unknown): void;
  end(): void;
  on(event: "cancelled", listener: () => void): void;
  emit(event: "error", error: unknown): void;
}

function streaming<Q>(produce: (request: Q, signal: AbortSignal) => AsyncIterable<unknown>) {
  return (call: StreamingCall<Q>) => {
    const cancelled = new AbortController();
    call.on("cancelled", () => cancelled.abort());
    const run = async () => {
      for await (const message of produce(call.request, cancelled.signal)) call.write(message);
      call.end();
    };
    run().catch((error: unknown) => call.emit("error", refusal(error)));
  };
}
