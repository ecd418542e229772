import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Http2TestClient, type TestRequest } from "./testing/http2-client.ts";
import { configMap, namespace, pod } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let client: Http2TestClient;
const pods = "/api/v1/namespaces/default/pods";
const configMaps = "/api/v1/namespaces/default/configmaps";

beforeAll(async () => {
  server = await startTestServer({ authorize: ({ name }) => name !== "secret-thing" });
  client = new Http2TestClient(server);
  await client.request("/api/v1/namespaces", { body: namespace("default") });
});
afterAll(async () => {
  client.close();
  await server.stop();
});

interface Case {
  readonly what: string;
  readonly path: string;
  readonly request: TestRequest;
  readonly status: number;
  readonly reason: string;
  readonly message?: string | RegExp;
}

const cases: readonly Case[] = [
  {
    what: "an unknown field where the client is strict",
    path: `${pods}?fieldValidation=Strict`,
    request: { body: pod("x", { foo: 1 }) },
    status: 400,
    reason: "BadRequest",
    message:
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo"',
  },
  {
    what: "a duplicate field where the client is strict",
    path: `${configMaps}?fieldValidation=Strict`,
    request: {
      body: '{"kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1"},"data":{"a":"2"}}',
    },
    status: 400,
    reason: "BadRequest",
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data"',
  },
  {
    what: "a value of the wrong type",
    path: pods,
    request: { body: pod("x", { containers: "all" }) },
    status: 400,
    reason: "BadRequest",
    message:
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
  },
  {
    what: "a missing name",
    path: configMaps,
    request: { body: { kind: "ConfigMap", apiVersion: "v1" } },
    status: 422,
    reason: "Invalid",
    message:
      /^ConfigMap "" is invalid: metadata\.name: Required value: name or generateName is required/,
  },
  {
    what: "another kind of object",
    path: pods,
    request: { body: configMap("x") },
    status: 400,
    reason: "BadRequest",
    message:
      'ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): unknown conversion',
  },
  {
    what: "an unknown kind",
    path: pods,
    request: { body: { kind: "Foo", apiVersion: "v1", metadata: { name: "x" } } },
    status: 400,
    reason: "BadRequest",
    message:
      'Foo in version "v1" cannot be handled as a Pod: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  },
  {
    what: "another version of the kind",
    path: "/apis/apps/v1/namespaces/default/deployments",
    request: { body: { kind: "Deployment", apiVersion: "apps/v1beta1", metadata: { name: "x" } } },
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "another namespace than the path's",
    path: configMaps,
    request: { body: { ...configMap("x"), metadata: { name: "x", namespace: "other" } } },
    status: 400,
    reason: "BadRequest",
    message:
      "the namespace of the provided object does not match the namespace sent on the request",
  },
  {
    what: "another name than the path's",
    path: `${configMaps}/y`,
    request: { method: "PUT", body: configMap("x") },
    status: 400,
    reason: "BadRequest",
    message: "the name of the object (x) does not match the name on the URL (y)",
  },
  {
    what: "no JSON",
    path: configMaps,
    request: { body: "{nope" },
    status: 400,
    reason: "BadRequest",
    message:
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'n' looking for beginning of object key string ({nope)",
  },
  {
    what: "an empty body",
    path: configMaps,
    request: { method: "POST" },
    status: 400,
    reason: "BadRequest",
    message:
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  },
  {
    what: "a body over 3 MiB",
    path: configMaps,
    request: { body: configMap("big", { text: "x".repeat(3 * 1024 * 1024) }) },
    status: 413,
    reason: "RequestEntityTooLarge",
    message: "Request entity is too large: limit is 3145728",
  },
  {
    what: "more than 10,000 levels",
    path: configMaps,
    request: { body: `{"kind":"ConfigMap","data":${"[".repeat(10_001)}${"]".repeat(10_001)}}` },
    status: 400,
    reason: "BadRequest",
    message: /exceeded max depth/,
  },
  {
    what: "a wrong content type",
    path: configMaps,
    request: { body: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } },
    status: 415,
    reason: "UnsupportedMediaType",
    message:
      "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  },
  {
    what: "a wrong patch type",
    path: `${configMaps}/x`,
    request: { method: "PATCH", body: {} },
    status: 415,
    reason: "UnsupportedMediaType",
    message: "415: Unsupported Media Type",
  },
  {
    what: "broken protobuf",
    path: configMaps,
    request: {
      method: "POST",
      body: Buffer.from("k8s\0\xff\xff\xff", "latin1"),
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
    },
    status: 400,
    reason: "BadRequest",
  },
  {
    what: "an unknown resource",
    path: "/api/v1/namespaces/default/foos",
    request: {},
    status: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
  },
  {
    what: "an unknown path",
    path: "/apis/apps/nowhere",
    request: {},
    status: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
  },
  {
    what: "a path that is not the API's",
    path: "/nowhere",
    request: {},
    status: 404,
    reason: "",
    message: "",
  },
  {
    what: "a namespaced object outside of a namespace",
    path: "/api/v1/configmaps",
    request: { body: configMap("x") },
    status: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
  },
  {
    what: "an option that is no number",
    path: `${configMaps}?limit=many`,
    request: {},
    status: 400,
    reason: "BadRequest",
    message: 'strconv.ParseInt: parsing "many": invalid syntax',
  },
  {
    what: "an unknown dry run",
    path: `${configMaps}?dryRun=Some`,
    request: { body: configMap("x") },
    status: 422,
    reason: "Invalid",
    message:
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  {
    what: "a path that is no UTF-8",
    path: "/api/v1/namespaces/%ff/pods",
    request: {},
    status: 400,
    reason: "",
  },
  {
    what: "what the caller may not do",
    path: `${configMaps}/secret-thing`,
    request: {},
    status: 403,
    reason: "Forbidden",
    message:
      'configmaps "secret-thing" is forbidden: User "tester" cannot get resource "configmaps" in API group "" in the namespace "default"',
  },
  {
    what: "exec in a pod that is not there",
    path: `${pods}/p/exec?command=ls`,
    request: { method: "POST" },
    status: 404,
    reason: "NotFound",
    message: 'pods "p" not found',
  },
];

describe("bad input gets upstream's Status:", () => {
  test.each(cases)("$what", async ({ path, request, status, reason, message }) => {
    const answer = await client.request(path, request);
    expect(answer.status).toBe(status);
    if (reason === "") return;
    expect(answer.json).toMatchObject({ kind: "Status", status: "Failure", code: status, reason });
    if (typeof message === "string") expect(answer.json.message).toBe(message);
    if (message instanceof RegExp) expect(answer.json.message).toMatch(message);
  });

  test("an unknown field is dropped with a warning where the client is not strict", async () => {
    const answer = await client.request(pods, { body: pod("warned", { foo: 1 }) });
    expect(answer.status).toBe(201);
    expect(answer.headers.warning).toBe('299 - "unknown field \\"spec.foo\\""');
    expect(answer.json.spec.foo).toBeUndefined();
  });

  test("warnings that are too long for a header are cut, and the last of them left out", async () => {
    const fields = Array.from({ length: 60 }, (_, i) => [`${i}-${"é".repeat(2_000)}`, 1]);
    const answer = await client.request(pods, {
      body: pod("long", Object.fromEntries(fields)),
    });
    expect(answer.status).toBe(201);
    const warnings = String(answer.headers.warning).match(/299 - "(?:[^"\\]|\\.)*/g) ?? [];
    // 16 of 256 characters each, as upstream.
    expect(warnings).toHaveLength(16);
    expect(warnings[0]?.replace('299 - "', "").replaceAll("\\", "").length).toBe(256);
  });

  test("a key named __proto__ is a key like any other", async () => {
    const body = '{"kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"x"}}';
    const created = await client.request(configMaps, { body });
    expect(created.status).toBe(201);
    const read = await client.request(`${configMaps}/proto`);
    expect(read.body.toString()).toContain('"__proto__":"x"');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("integers beyond 2^53 stay as they are", async () => {
    const body =
      '{"kind":"Pod","metadata":{"name":"exact"},"spec":{"containers":[{"name":"c","image":"i"}],"tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":9223372036854775807}]}}';
    const created = await client.request(`${pods}?dryRun=All`, { body });
    expect(created.body.toString()).toContain('"tolerationSeconds":9223372036854775807');
  });

  test("the server still answers afterwards", async () => {
    expect((await client.request("/healthz")).body.toString()).toBe("ok");
  });
});
