import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Http2TestClient } from "./testing/http2-client.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let client: Http2TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = new Http2TestClient(server);
});
afterAll(async () => {
  client.close();
  await server.stop();
});

const aggregated = (...versions: string[]) =>
  [
    ...versions.map(
      (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    ),
    "application/json",
  ].join(",");

describe("discovery", () => {
  test("is aggregated in the version that a client asks for first", async () => {
    for (const [accept, version] of [
      [aggregated("v2", "v2beta1"), "v2"],
      [aggregated("v2beta1"), "v2beta1"],
    ] as const) {
      const answer = await client.request("/apis", { headers: { accept } });
      expect(answer.headers["content-type"]).toBe(
        `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      );
      expect(answer.json).toMatchObject({
        kind: "APIGroupDiscoveryList",
        apiVersion: `apidiscovery.k8s.io/${version}`,
      });
      const again = await client.request("/apis", {
        headers: { accept, "if-none-match": String(answer.headers.etag) },
      });
      expect(again.status).toBe(304);
    }
  });

  test("is plain for everybody else", async () => {
    expect((await client.request("/api")).json).toMatchObject({
      kind: "APIVersions",
      versions: ["v1"],
    });
    const groups = (await client.request("/apis")).json.groups;
    expect(groups.map((group: { name: string }) => group.name)).toContain("apps");
    const list = (await client.request("/apis/apps/v1")).json;
    expect(list).toMatchObject({ kind: "APIResourceList", groupVersion: "apps/v1" });
    expect((await client.request("/apis/apps")).json.preferredVersion.version).toBe("v1");
    expect((await client.request("/apis/nowhere.io")).status).toBe(404);
  });

  test("is protobuf for clients of protobuf", async () => {
    for (const path of ["/api", "/apis", "/apis/apps", "/apis/apps/v1", "/api/v1"]) {
      const answer = await client.request(path, {
        headers: { accept: "application/vnd.kubernetes.protobuf,application/json" },
      });
      expect(answer.status, path).toBe(200);
      expect(answer.body.subarray(0, 4), path).toEqual(Buffer.from("k8s\0"));
    }
  });
});

describe("OpenAPI", () => {
  test("v3 is an index of documents under the hash of their content", async () => {
    const index = (await client.request("/openapi/v3")).json.paths;
    const url: string = index["api/v1"].serverRelativeURL;
    const document = await client.request(url);
    expect(document.json.components.schemas["io.k8s.api.core.v1.Pod"]).toBeDefined();
    expect(document.headers["cache-control"]).toContain("immutable");
    const stale = await client.request("/openapi/v3/api/v1?hash=OLD");
    expect(stale.status).toBe(301);
    expect(stale.headers.location).toBe(url);
  });

  test("v2 is JSON, and gnostic protobuf for older kubectl", async () => {
    expect((await client.request("/openapi/v2")).json.swagger).toBe("2.0");
    const packed = await client.request("/openapi/v2", {
      headers: { accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" },
    });
    expect(packed.headers["content-type"]).toBe(
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    );
    expect(packed.body.includes("io.k8s.api.core.v1.Pod")).toBe(true);
  });
});

describe("other paths", () => {
  test("are listed at the root", async () => {
    const { paths } = (await client.request("/")).json;
    expect(paths).toEqual(
      expect.arrayContaining(["/api/v1", "/apis/apps/v1", "/healthz", "/version"]),
    );
  });

  test("say which version of Kubernetes this is", async () => {
    expect((await client.request("/version")).json.gitVersion).toMatch(/^v1\.36\.\d+$/);
  });

  test("are only read", async () => {
    const answer = await client.request("/version", { body: {} });
    expect(answer.status).toBe(405);
    expect(answer.json.reason).toBe("MethodNotAllowed");
  });

  test("tell errors in protobuf to clients of protobuf", async () => {
    const answer = await client.request("/api/v1/namespaces/missing", {
      headers: { accept: "application/vnd.kubernetes.protobuf" },
    });
    expect(answer.status).toBe(404);
    expect(answer.body.includes('namespaces "missing" not found')).toBe(true);
    expect(answer.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf");
  });
});
