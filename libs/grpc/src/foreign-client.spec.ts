/** A client that knows nothing but the files in proto/: grpc-js with proto-loader. */
import { join } from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import {
  type Client,
  credentials,
  loadPackageDefinition,
  type Metadata,
  type ServiceError,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import {
  loadFileDescriptorSetFromBuffer,
  loadSync,
  type PackageDefinition,
} from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGrpcServer, type TestGrpcServer } from "./testing/test-grpc-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: a foreign client has no types of ours
type Loose = any;

const protos = join(import.meta.dirname, "../../../proto");
const loaded = loadSync(
  [
    "kubets/api/v1/objects.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
    "k8s/io/apimachinery/pkg/apis/meta/v1/types.proto",
  ],
  { includeDirs: [protos], keepCase: true, enums: String, longs: Number, oneofs: true },
);

const statusType = loaded["k8s.io.apimachinery.pkg.apis.meta.v1.Status"] as Loose;

let server: TestGrpcServer;
const clients: Client[] = [];

function connect(name: string, definition: PackageDefinition = loaded): Loose {
  const path = name.split(".");
  const Service = path.reduce(
    (scope: Loose, part) => scope[part],
    loadPackageDefinition(definition),
  );
  const { ca, client, address } = server;
  const [root, key, certificate] = [ca.certificate, client.key, client.certificate].map((pem) =>
    Buffer.from(pem),
  );
  const made = new Service(address, credentials.createSsl(root, key, certificate));
  clients.push(made);
  return made;
}

interface Answer {
  readonly error: ServiceError | null;
  readonly value: Loose;
  readonly trailers: Metadata;
}

function call(
  client: Loose,
  method: string,
  request: object,
  options: object = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    let answer: Omit<Answer, "trailers"> | undefined;
    let last: StatusObject | undefined;
    const done = () => {
      if (answer && last) resolve({ ...answer, trailers: last.metadata });
    };
    client[method](request, options, (error: ServiceError | null, value: Loose) => {
      answer = { error, value };
      done();
    }).on("status", (ended: StatusObject) => {
      last = ended;
      done();
    });
  });
}

const ref = (name = "", resource = "configmaps") => ({
  version: "v1",
  resource,
  namespace: resource === "namespaces" ? "" : "default",
  name,
});
const configMap = (name: string, more: object = {}) => ({
  ref: ref(),
  object: {
    json: Buffer.from(
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...more }),
    ),
  },
});
const ownStatus = ({ trailers }: Answer) =>
  JSON.parse(String(trailers.get("kubets-status-bin")[0]));
const sizeOf = ({ trailers }: Answer) =>
  Object.entries(trailers.getMap()).reduce((sum, [name]) => {
    const values = trailers
      .get(name)
      .map((value) => String(value).length * (name.endsWith("-bin") ? 4 / 3 : 1));
    return sum + values.reduce((total, length) => total + length + name.length + 32, 0);
  }, 0);

let objects: Loose;

beforeAll(async () => {
  server = await startTestGrpcServer();
  objects = connect("kubets.api.v1.Objects");
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
  const object = { json: Buffer.from(JSON.stringify(namespace)) };
  const { error } = await call(objects, "Create", { ref: ref("", "namespaces"), object });
  expect(error).toBeNull();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await server.stop();
});

describe("what a call says beside its answer", () => {
  test("each refusal has its nearest code and the whole Status, in both forms", async () => {
    await call(objects, "Create", configMap("taken"));
    const wrongVersion = { metadata: { name: "taken", resourceVersion: "1" } };
    const refusals: [string, Promise<Answer>, number, number, string][] = [
      ["a missing object", call(objects, "Get", { ref: ref("no") }), 5, 404, "NotFound"],
      ["a taken name", call(objects, "Create", configMap("taken")), 6, 409, "AlreadyExists"],
      [
        "a stale update",
        call(objects, "Update", { ...configMap("taken", wrongVersion), ref: ref("taken") }),
        10,
        409,
        "Conflict",
      ],
      ["a bad name", call(objects, "Create", configMap("Not_A_Name")), 3, 422, "Invalid"],
      [
        "a body that is no JSON",
        call(objects, "Create", { ref: ref(), object: { json: Buffer.from("{") } }),
        3,
        400,
        "BadRequest",
      ],
      [
        "an unknown resource",
        call(objects, "Get", { ref: ref("x", "nothings") }),
        5,
        404,
        "NotFound",
      ],
      [
        "an unknown kind of patch",
        call(objects, "Patch", {
          ref: ref("taken"),
          patch_type: "text/plain",
          patch: Buffer.from("x"),
        }),
        3,
        415,
        "UnsupportedMediaType",
      ],
    ];
    for (const [what, refused, code, http, reason] of refusals) {
      const answer = await refused;
      expect([what, answer.error?.code]).toEqual([what, code]);
      expect(ownStatus(answer)).toMatchObject({
        kind: "Status",
        status: "Failure",
        code: http,
        reason,
      });
      expect(answer.error?.details).toBe(ownStatus(answer).message);
      const rich = readGoogleStatus(answer.trailers.get("grpc-status-details-bin")[0]);
      expect(rich).toMatchObject({ code, message: ownStatus(answer).message });
      expect(rich.type).toBe("type.googleapis.com/k8s.io.apimachinery.pkg.apis.meta.v1.Status");
      expect(statusType.deserialize(rich.detail)).toMatchObject({ reason, code: http });
    }
  });

  test("a Status too long for a client's limit on metadata loses causes, never the call", async () => {
    const data = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`Schlüssel ${i}`, "x"]));
    const answer = await call(objects, "Create", configMap("long", { data }));
    expect(answer.error?.code).toBe(status.INVALID_ARGUMENT);
    expect(ownStatus(answer)).toMatchObject({
      code: 422,
      reason: "Invalid",
      details: { name: "long" },
    });
    expect(sizeOf(answer)).toBeLessThan(8192);
  });

  test("warnings come in the trailing metadata, in UTF-8", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "ö", uid: "u" };
    const metadata = { name: "warned", ownerReferences: [owner, owner] };
    const { error, trailers } = await call(objects, "Create", configMap("warned", { metadata }));
    expect(error).toBeNull();
    expect(trailers.get("kubets-warning-bin").map(String)).toEqual([
      expect.stringContaining("metadata.ownerReferences contains duplicate entries"),
    ]);
    const quiet = await call(objects, "Get", { ref: ref("warned") });
    expect(quiet.trailers.get("kubets-warning-bin")).toEqual([]);
  });

  test("a call ends at its deadline", async () => {
    const { resource_version } = await firstChunk();
    const watch = objects.Watch({ ref: ref(), resource_version }, { deadline: Date.now() + 150 });
    watch.on("data", () => undefined);
    const error = await new Promise<ServiceError>((resolve) => watch.once("error", resolve));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
  });

  test("a message over the limit is refused, and the connection lives on", async () => {
    const data = { text: "x".repeat(4 * 1024 * 1024) };
    const { error } = await call(objects, "Create", configMap("large", { data }));
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await call(objects, "Get", { ref: ref("taken") })).error).toBeNull();
  });

  test("the deletion of a large collection answers within what clients take by default", async () => {
    const labels = { big: "yes" };
    for (const name of ["b1", "b2", "b3", "b4", "b5"]) {
      const big = { metadata: { name, labels }, data: { text: "x".repeat(900_000) } };
      expect((await call(objects, "Create", configMap(name, big))).error).toBeNull();
    }
    const { error, value } = await call(objects, "DeleteCollection", {
      ref: ref(),
      label_selector: "big=yes",
    });
    expect(error).toBeNull();
    expect(JSON.parse(String(value.object.json))).toMatchObject({
      kind: "Status",
      status: "Success",
    });
    expect((await firstChunk({ label_selector: "big=yes" })).items ?? []).toEqual([]);
  });
});

describe("health", () => {
  test("tells the server's state, and that it has no such service", async () => {
    const health = connect("grpc.health.v1.Health");
    for (const service of ["", "kubets.api.v1.Objects"]) {
      expect((await call(health, "Check", { service })).value).toEqual({ status: "SERVING" });
    }
    expect((await call(health, "Check", { service: "x" })).error?.code).toBe(status.NOT_FOUND);
    expect((await call(health, "List", {})).value.statuses).toEqual({
      "": { status: "SERVING" },
      "kubets.api.v1.Objects": { status: "SERVING" },
    });
  });

  test("tells each change to whoever watches", async () => {
    const watch = connect("grpc.health.v1.Health").Watch({ service: "kubets.api.v1.Objects" });
    watch.on("error", () => undefined);
    const states = watch[Symbol.asyncIterator]();
    const next = async () => (await states.next()).value.status;
    expect(await next()).toBe("SERVING");
    server.isServing = false;
    expect(await next()).toBe("NOT_SERVING");
    server.isServing = true;
    expect(await next()).toBe("SERVING");
    watch.cancel();
  });
});

describe.each(["v1", "v1alpha"])("reflection %s", (version) => {
  async function ask(requests: object[]): Promise<Loose[]> {
    const stream = connect(`grpc.reflection.${version}.ServerReflection`).ServerReflectionInfo();
    for (const request of requests) stream.write(request);
    stream.end();
    const answers: Loose[] = [];
    for await (const answer of stream) answers.push(answer);
    return answers;
  }

  test("names every service, and each is described down to what it imports", async () => {
    const [listed] = await ask([{ list_services: "*" }]);
    const names = listed.list_services_response.service.map(({ name }: Loose) => name);
    expect(names).toEqual([
      "kubets.api.v1.Objects",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    const answers = await ask(names.map((name: string) => ({ file_containing_symbol: name })));
    for (const [index, name] of names.entries()) {
      const files = answers[index].file_descriptor_response.file_descriptor_proto;
      expect(loadFileDescriptorSetFromBuffer(descriptorSet(files))).toHaveProperty([name]);
    }
  });

  test("is enough to make calls with", async () => {
    const [answer] = await ask([{ file_containing_symbol: "kubets.api.v1.Objects.Get" }]);
    const files = answer.file_descriptor_response.file_descriptor_proto;
    const learnt = loadFileDescriptorSetFromBuffer(descriptorSet(files), { keepCase: true });
    const client = connect("kubets.api.v1.Objects", learnt);
    const { value } = await call(client, "Get", { ref: ref("default", "namespaces") });
    expect(JSON.parse(String(value.object.json)).metadata.name).toBe("default");
  });

  test("finds messages, enums and files by name, and says what it does not know", async () => {
    const answers = await ask([
      { file_containing_symbol: "k8s.io.apimachinery.pkg.apis.meta.v1.Status" },
      { file_containing_symbol: "grpc.health.v1.HealthCheckResponse.ServingStatus" },
      { file_by_filename: "kubets/api/v1/objects.proto" },
      { file_containing_symbol: "kubets.api.v1.Nothing" },
      { file_by_filename: "nothing.proto" },
      { all_extension_numbers_of_type: "kubets.api.v1.Payload" },
    ]);
    const counts = answers.map(
      (answer) => answer.file_descriptor_response?.file_descriptor_proto.length,
    );
    expect(counts).toEqual([2, 1, 1, undefined, undefined, undefined]);
    for (const answer of answers.slice(3))
      expect(answer.error_response.error_code).toBe(status.NOT_FOUND);
  });
});

async function firstChunk(more: object = {}): Promise<Loose> {
  for await (const chunk of objects.List({ ref: ref(), ...more })) return chunk;
}

/** A FileDescriptorSet: field 1, repeated. */
function descriptorSet(files: readonly Buffer[]): Buffer {
  return Buffer.concat(
    files.flatMap((file) => {
      const head = [0x0a];
      for (let rest = file.length; ; rest >>= 7) {
        head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
        if (rest <= 0x7f) return [Buffer.from(head), file];
      }
    }),
  );
}

/** google.rpc.Status: code, message, and the one detail with its type. */
function readGoogleStatus(bytes: string | Buffer | undefined) {
  const read: Loose = {};
  if (!Buffer.isBuffer(bytes)) return read;
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) read.code = reader.int32();
    else if (field === 2) read.message = reader.string();
    else {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        const [inner] = reader.tag();
        if (inner === 1) read.type = reader.string();
        else read.detail = Buffer.from(reader.bytes());
      }
    }
  }
  return read;
}
