import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Http2TestClient } from "./testing/http2-client.ts";
import { configMap, namespace, pod } from "./testing/objects.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let client: Http2TestClient;
const configMaps = "/api/v1/namespaces/default/configmaps";

beforeAll(async () => {
  server = await startTestServer();
  client = new Http2TestClient(server);
  await client.request("/api/v1/namespaces", { body: namespace("default") });
});
afterAll(async () => {
  client.close();
  await server.stop();
});

describe("objects", () => {
  test("are created once, and a second create is told so", async () => {
    const first = await client.request(configMaps, { body: configMap("once", { a: "1" }) });
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "once", namespace: "default" },
      data: { a: "1" },
    });
    expect(first.json.metadata.resourceVersion).toMatch(/^\d+$/);
    const second = await client.request(configMaps, { body: configMap("once") });
    expect(second.status).toBe(409);
    expect(second.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'configmaps "once" already exists',
      reason: "AlreadyExists",
      details: { name: "once", kind: "configmaps" },
      code: 409,
    });
  });

  test("keep the manager of the user agent, up to its slash", async () => {
    const answer = await client.request(configMaps, {
      body: configMap("managed", { a: "1" }),
      headers: { "user-agent": "kubectl/v1.36.0 (linux/amd64)" },
    });
    expect(answer.json.metadata.managedFields).toMatchObject([
      { manager: "kubectl", operation: "Update", apiVersion: "v1" },
    ]);
  });

  test("are not written by a leader that another has replaced", async () => {
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    const lease = (holderIdentity: string, leaseTransitions: number) => ({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "leader" },
      spec: { holderIdentity, leaseTransitions },
    });
    await client.request(leases, { body: lease("a", 3) });
    const fence = {
      leaseNamespace: "default",
      leaseName: "leader",
      epoch: 3,
      holderIdentity: "a",
    };
    const write = (name: string, header: string) =>
      client.request(configMaps, {
        body: configMap(name),
        headers: { "kubets-fence": header },
      });
    expect((await write("by-leader", JSON.stringify(fence))).status).toBe(201);
    const next = await client.request(`${leases}/leader`, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: { spec: lease("b", 4).spec },
    });
    expect(next.status).toBe(200);
    const late = await write("by-former-leader", JSON.stringify(fence));
    expect([late.status, late.json.reason]).toEqual([409, "Conflict"]);
    for (const unreadable of ["{", "null", "7", JSON.stringify({ ...fence, epoch: "3" })]) {
      expect((await write("unreadable", unreadable)).status).toBe(400);
    }
  });

  test("are not updated from a stale version", async () => {
    const created = await client.request(configMaps, { body: configMap("stale") });
    const path = `${configMaps}/stale`;
    const stale = created.json;
    const fresh = await client.request(path, {
      method: "PUT",
      body: { ...stale, data: { a: "2" } },
    });
    expect(fresh.status).toBe(200);
    const answer = await client.request(path, {
      method: "PUT",
      body: { ...stale, data: { a: "3" } },
    });
    expect(answer.status).toBe(409);
    expect(answer.json.message).toBe(
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test("are deleted with a Status that names them", async () => {
    const created = await client.request(configMaps, { body: configMap("gone") });
    const answer = await client.request(`${configMaps}/gone`, { method: "DELETE" });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "gone", kind: "configmaps", uid: created.json.metadata.uid },
    });
    const missing = await client.request(`${configMaps}/gone`);
    expect(missing.status).toBe(404);
    expect(missing.json.message).toBe('configmaps "gone" not found');
  });

  test("are changed by each type of patch", async () => {
    await client.request(configMaps, { body: configMap("patched", { a: "1", b: "1" }) });
    const path = `${configMaps}/patched`;
    const patches: [string, unknown, object][] = [
      ["application/merge-patch+json", { data: { a: null, c: "2" } }, { b: "1", c: "2" }],
      [
        "application/json-patch+json",
        [{ op: "replace", path: "/data/c", value: "3" }],
        { b: "1", c: "3" },
      ],
      ["application/strategic-merge-patch+json", { data: { b: "4" } }, { b: "4", c: "3" }],
    ];
    for (const [type, patch, data] of patches) {
      const answer = await client.request(path, {
        method: "PATCH",
        body: JSON.stringify(patch),
        headers: { "content-type": type },
      });
      expect(answer.status, type).toBe(200);
      expect(answer.json.data, type).toEqual(data);
    }
  });

  test("are created by an apply patch that names its manager", async () => {
    const path = `${configMaps}/applied`;
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: x\n";
    const headers = { "content-type": "application/apply-patch+yaml" };
    const unnamed = await client.request(path, { method: "PATCH", body, headers });
    expect(unnamed.status).toBe(422);
    expect(unnamed.json.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const answer = await client.request(`${path}?fieldManager=tester`, {
      method: "PATCH",
      body,
      headers,
    });
    expect(answer.status).toBe(201);
    expect(answer.json.data).toEqual({ a: "x" });
    expect(answer.json.metadata.managedFields).toMatchObject([
      { manager: "tester", operation: "Apply" },
    ]);
  });

  test("are not stored by a dry run", async () => {
    const answer = await client.request(`${configMaps}?dryRun=All`, { body: configMap("dry") });
    expect(answer.status).toBe(201);
    expect((await client.request(`${configMaps}/dry`)).status).toBe(404);
  });

  test("come from YAML bodies too, without aliases", async () => {
    const headers = { "content-type": "application/yaml" };
    const good = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: 'yes'\n";
    expect((await client.request(configMaps, { body: good, headers })).json.data).toEqual({
      a: "yes",
    });
    const bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: alias\nextra: *m\n";
    const refused = await client.request(configMaps, { body: bad, headers });
    expect(refused.status).toBe(400);
    expect(refused.json.reason).toBe("BadRequest");
  });
});

describe("answers", () => {
  test("are tables where a client asks for them", async () => {
    await client.request(configMaps, { body: configMap("row", { a: "1", b: "2" }) });
    const answer = await client.request(`${configMaps}?fieldSelector=metadata.name%3Drow`, {
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" },
    });
    expect(answer.json).toMatchObject({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      rows: [{ object: { kind: "PartialObjectMetadata", metadata: { name: "row" } } }],
    });
    const names = answer.json.columnDefinitions.map((column: { name: string }) => column.name);
    expect(names[0]).toBe("Name");
    expect(answer.json.rows[0].cells).toHaveLength(names.length);
  });

  test("are metadata alone where a client asks for it", async () => {
    await client.request(configMaps, { body: configMap("meta", { a: "1" }) });
    const answer = await client.request(`${configMaps}/meta`, {
      headers: { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" },
    });
    expect(answer.json).toMatchObject({
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: { name: "meta" },
    });
    expect(answer.json.data).toBeUndefined();
  });

  test("are YAML and protobuf where a client asks for them", async () => {
    await client.request(configMaps, { body: configMap("forms", { a: "1" }) });
    const yaml = await client.request(`${configMaps}/forms`, {
      headers: { accept: "application/yaml" },
    });
    expect(yaml.headers["content-type"]).toBe("application/yaml");
    expect(yaml.body.toString()).toContain("kind: ConfigMap");
    const protobuf = await client.request(`${configMaps}/forms`, {
      headers: { accept: "application/vnd.kubernetes.protobuf" },
    });
    expect(protobuf.headers["content-type"]).toBe("application/vnd.kubernetes.protobuf");
    expect(protobuf.body.subarray(0, 4)).toEqual(Buffer.from("k8s\0"));
    const back = await client.request(configMaps, {
      method: "POST",
      body: protobuf.body,
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
    });
    expect(back.status).toBe(500);
    expect(back.json.message).toContain(
      "resourceVersion should not be set on objects to be created",
    );
  });

  test("refuse forms that nobody writes", async () => {
    const answer = await client.request(configMaps, { headers: { accept: "text/html" } });
    expect(answer.status).toBe(406);
    expect(answer.json).toMatchObject({
      reason: "NotAcceptable",
      message:
        "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    });
  });

  test("list in pages that belong together", async () => {
    const names = ["p1", "p2", "p3", "p4", "p5"];
    const path = "/api/v1/namespaces/paged/configmaps";
    await client.request("/api/v1/namespaces", { body: namespace("paged") });
    for (const name of names) await client.request(path, { body: configMap(name) });
    const seen: string[] = [];
    let token = "";
    do {
      const page = await client.request(`${path}?limit=2&continue=${encodeURIComponent(token)}`);
      for (const item of page.json.items) seen.push(item.metadata.name);
      token = page.json.metadata.continue ?? "";
    } while (token !== "");
    expect(seen).toEqual(names);
  });

  test("are compressed when they are large and the client wants it", async () => {
    const path = "/api/v1/namespaces/large/configmaps";
    await client.request("/api/v1/namespaces", { body: namespace("large") });
    for (const name of ["l1", "l2", "l3"]) {
      await client.request(path, { body: configMap(name, { text: "x".repeat(60_000) }) });
    }
    const plain = await client.request(path);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.json.items).toHaveLength(3);
    const packed = await client.request(path, { headers: { "accept-encoding": "gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.body.length).toBeLessThan(plain.body.length / 10);
  });
});

describe("watches", () => {
  test("show what happens, and go on from a version", async () => {
    await client.request("/api/v1/namespaces", { body: namespace("watched") });
    const path = "/api/v1/namespaces/watched/configmaps";
    const list = await client.request(path);
    const from = list.json.metadata.resourceVersion;
    const events = client.lines(`${path}?watch=true&resourceVersion=${from}`);
    const created = await client.request(path, { body: configMap("seen", { a: "1" }) });
    const first = await events.next();
    expect(first.value).toMatchObject({ type: "ADDED", object: { metadata: { name: "seen" } } });
    await client.request(`${path}/seen`, { method: "DELETE" });
    const second = await events.next();
    expect(second.value).toMatchObject({ type: "DELETED", object: { data: { a: "1" } } });
    await events.return();
    const version = created.json.metadata.resourceVersion;
    const resumed = client.lines(`${path}?watch=true&resourceVersion=${version}`);
    expect((await resumed.next()).value).toEqual(second.value);
    await resumed.return();
  });

  test("are counted event by event", async () => {
    const text = (await client.request("/metrics")).body.toString();
    const line =
      /apiserver_watch_events_total\{group="",version="v1",resource="configmaps"\} (\d+)/;
    expect(Number(line.exec(text)?.[1])).toBeGreaterThanOrEqual(3);
  });

  test("end when their time is over", async () => {
    const types: string[] = [];
    for await (const event of client.lines(
      `${configMaps}?watch=1&resourceVersion=0&timeoutSeconds=1`,
    )) {
      types.push(event.type);
    }
    expect(new Set(types)).toEqual(new Set(["ADDED"]));
  });

  test("send tables whose columns stand in the first event only", async () => {
    const path = "/api/v1/namespaces/tabled/configmaps";
    await client.request("/api/v1/namespaces", { body: namespace("tabled") });
    await client.request(path, { body: configMap("one") });
    await client.request(path, { body: configMap("two") });
    const events = client.lines(`${path}?watch=true&resourceVersion=0`, {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    });
    const first = (await events.next()).value;
    const second = (await events.next()).value;
    await events.return();
    expect(first.object.kind).toBe("Table");
    expect(first.object.columnDefinitions.length).toBeGreaterThan(0);
    expect(second.object.columnDefinitions).toEqual([]);
    expect(second.object.rows).toHaveLength(1);
  });
});

describe("pods", () => {
  test("get upstream's defaults", async () => {
    const answer = await client.request("/api/v1/namespaces/default/pods", { body: pod("mypod") });
    expect(answer.status).toBe(201);
    expect(answer.json.spec).toMatchObject({
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      terminationGracePeriodSeconds: 30,
      containers: [{ imagePullPolicy: "Always", terminationMessagePath: "/dev/termination-log" }],
    });
    expect(answer.json.status).toMatchObject({ phase: "Pending", qosClass: "BestEffort" });
  });
});
