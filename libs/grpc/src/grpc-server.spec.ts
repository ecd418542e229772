/** Through grpc-js, so that our framing is judged by another implementation. */
import {
  credentials,
  type Metadata,
  makeGenericClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import {
  type CreateRequest,
  type DeleteRequest,
  Encoding,
  EventType,
  type ListChunk,
  type ListRequest,
  ObjectsClient,
  type PatchRequest,
  type ResourceRef,
  type WatchBatch,
  type WatchRequest,
} from "@kubets/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGrpcServer, type TestGrpcServer } from "./testing/test-grpc-server.ts";

let server: TestGrpcServer;
let client: ObjectsClient;

function channel(withCertificate = true) {
  return credentials.createSsl(
    Buffer.from(server.ca.certificate),
    withCertificate ? Buffer.from(server.client.key) : null,
    withCertificate ? Buffer.from(server.client.certificate) : null,
  );
}

beforeAll(async () => {
  server = await startTestGrpcServer();
  client = new ObjectsClient(server.address, channel());
  await create(
    "",
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
    "namespaces",
  );
});
afterAll(async () => {
  client.close();
  await server.stop();
});

function ref(more: Partial<ResourceRef> = {}): ResourceRef {
  return {
    group: "",
    version: "v1",
    resource: "configmaps",
    namespace: "default",
    name: "",
    subresource: "",
    ...more,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of any kind
type Json = any;

function json(value: Json) {
  return { form: { $case: "json" as const, value: Buffer.from(JSON.stringify(value)) } };
}

function call<Q, R extends { object?: { form?: { value: Buffer } | undefined } | undefined }>(
  method: (request: Q, done: (error: ServiceError | null, answer: R) => void) => unknown,
  request: Q,
): Promise<Json> {
  return new Promise((resolve, reject) => {
    method.call(client, request, (error, answer) => {
      if (error) reject(error);
      else resolve(JSON.parse(String(answer.object?.form?.value)));
    });
  });
}

function create(namespace: string, object: Json, resource = "configmaps"): Promise<Json> {
  const request: CreateRequest = {
    ref: ref({ namespace, resource }),
    object: json(object),
    options: undefined,
  };
  return call<CreateRequest, never>(client.create as never, request);
}

function configMap(name: string, data: Json = {}): Json {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

function statusOf(error: { metadata: Metadata }): Json {
  return JSON.parse(String(error.metadata.get("kubets-status-bin")[0]));
}

function listRequest(more: Partial<ListRequest> = {}): ListRequest {
  return {
    ref: ref(),
    labelSelector: "",
    fieldSelector: "",
    resourceVersion: "",
    resourceVersionMatch: "",
    limit: 0,
    continue: "",
    encoding: Encoding.ENCODING_JSON,
    ...more,
  };
}

function watchRequest(more: Partial<WatchRequest> = {}): WatchRequest {
  return {
    ref: ref(),
    labelSelector: "",
    fieldSelector: "",
    resourceVersion: "",
    resourceVersionMatch: "",
    allowWatchBookmarks: false,
    timeoutSeconds: 0,
    encoding: Encoding.ENCODING_JSON,
    ...more,
  };
}

describe("Objects", () => {
  test("creates, reads, patches and deletes in the encodings of the REST API", async () => {
    const created = await create("default", configMap("life", { a: "1" }));
    expect(created).toMatchObject({ kind: "ConfigMap", metadata: { namespace: "default" } });
    const patch: PatchRequest = {
      ref: ref({ name: "life" }),
      patchType: "application/merge-patch+json",
      patch: Buffer.from('{"data":{"b":"2"}}'),
      options: undefined,
      force: false,
    };
    const patched = await call<PatchRequest, never>(client.patch as never, patch);
    expect(patched.data).toEqual({ a: "1", b: "2" });
    const removal: DeleteRequest = {
      ref: ref({ name: "life" }),
      deleteOptions: Buffer.from('{"preconditions":{"uid":"another"}}'),
      fence: undefined,
    };
    await expect(call<DeleteRequest, never>(client.delete as never, removal)).rejects.toMatchObject(
      {
        code: status.ABORTED,
      },
    );
    const removed = await call<DeleteRequest, never>(client.delete as never, {
      ...removal,
      deleteOptions: Buffer.alloc(0),
    });
    expect(removed).toMatchObject({ kind: "Status", status: "Success" });
  });

  test("says with the Status why it refuses", async () => {
    await create("default", configMap("twice"));
    const error = await create("default", configMap("twice")).catch((refusal) => refusal);
    expect(error.code).toBe(status.ALREADY_EXISTS);
    expect(statusOf(error)).toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      message: 'configmaps "twice" already exists',
    });
  });

  test("lists in chunks with the metadata in the first and the token in the last", async () => {
    const names = ["c1", "c2", "c3"];
    for (const name of names) {
      await create("default", {
        ...configMap(name, { text: "x".repeat(700_000) }),
        metadata: { name, labels: { big: "yes" } },
      });
    }
    const chunks: ListChunk[] = [];
    for await (const chunk of client.list(listRequest({ labelSelector: "big=yes" }))) {
      chunks.push(chunk);
    }
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks[0]?.resourceVersion).toMatch(/^\d+$/);
    const listed = chunks.flatMap((chunk) =>
      chunk.items.map((item) => JSON.parse(String(item.form?.value)).metadata.name),
    );
    expect(listed).toEqual(names);
    const pages: ListChunk[] = [];
    for await (const chunk of client.list(listRequest({ limit: 2 }))) pages.push(chunk);
    expect(pages.at(-1)?.continue).not.toBe("");
  });

  test("watches in batches", async () => {
    const from = (await create("default", configMap("before"))).metadata.resourceVersion;
    const watch = client.watch(watchRequest({ resourceVersion: from }));
    const events: Json[] = [];
    const done = new Promise<void>((resolve) => {
      watch.on("data", (batch: WatchBatch) => {
        for (const { type, object } of batch.events) {
          events.push([type, JSON.parse(String(object?.form?.value)).metadata.name]);
        }
        if (events.length === 2) resolve();
      });
    });
    watch.on("error", () => undefined);
    await create("default", configMap("w1"));
    await create("default", configMap("w2"));
    await done;
    watch.cancel();
    expect(events).toEqual([
      [EventType.EVENT_TYPE_ADDED, "w1"],
      [EventType.EVENT_TYPE_ADDED, "w2"],
    ]);
  });

  test("refuses callers without a certificate", async () => {
    const stranger = new ObjectsClient(server.address, channel(false));
    const error = await new Promise<ServiceError | null>((resolve) => {
      stranger.get(
        { ref: ref({ name: "x" }), resourceVersion: "", encoding: Encoding.ENCODING_JSON },
        (failure) => resolve(failure),
      );
    });
    stranger.close();
    expect(error?.code).toBe(status.UNAUTHENTICATED);
  });
});

describe("beside Objects", () => {
  const identity = {
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (value: Buffer) => value,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (value: Buffer) => value,
  };

  function generic(path: string, isStream: boolean) {
    const Client = makeGenericClientConstructor(
      { call: { path, requestStream: isStream, responseStream: isStream, ...identity } },
      "generic",
    );
    return new Client(server.address, channel()) as Json;
  }

  test("health says whether the server is ready", async () => {
    const health = generic("/grpc.health.v1.Health/Check", false);
    const check = () =>
      new Promise<Buffer>((resolve, reject) =>
        health.call(Buffer.alloc(0), (error: Error | null, answer: Buffer) =>
          error ? reject(error) : resolve(answer),
        ),
      );
    expect(await check()).toEqual(Buffer.from([0x08, 1]));
    server.isServing = false;
    expect(await check()).toEqual(Buffer.from([0x08, 2]));
    server.isServing = true;
    health.close();
  });

  test("reflection names the services and hands out their file", async () => {
    const reflection = generic("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", true);
    const stream = reflection.call();
    const answers: Buffer[] = [];
    const ended = new Promise((resolve) => stream.on("end", resolve));
    stream.on("data", (answer: Buffer) => answers.push(answer));
    stream.write(Buffer.concat([Buffer.from([0x3a, 1]), Buffer.from("*")]));
    const symbol = Buffer.from("kubets.api.v1.Objects");
    stream.write(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
    stream.end();
    await ended;
    reflection.close();
    expect(String(answers[0])).toContain("kubets.api.v1.Objects");
    expect(String(answers[1])).toContain("kubets/api/v1/objects.proto");
  });

  test("an unknown method is said to be unknown", async () => {
    const unknown = generic("/kubets.api.v1.Objects/Nothing", false);
    const error = await new Promise<ServiceError>((resolve) =>
      unknown.call(Buffer.alloc(0), (failure: ServiceError) => resolve(failure)),
    );
    unknown.close();
    expect(error.code).toBe(status.UNIMPLEMENTED);
  });
});
