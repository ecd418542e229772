import { request as httpsRequest } from "node:https";
import { configMaps, createGrpcClient } from "@kubets/client";
import { FlagError, parseFlags } from "@kubets/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flags } from "./flags.ts";
import { readSettings } from "./settings.ts";
import {
  startTestApiserver,
  type TestApiserver,
  type TestIdentity,
} from "./testing/start-apiserver.ts";

let server: TestApiserver;
let admin: TestIdentity;
let stranger: TestIdentity;

beforeAll(async () => {
  server = await startTestApiserver(["--authorization-mode=Node,RBAC"]);
  admin = await server.identity("admin", ["system:masters"]);
  stranger = await server.identity("stranger");
});
afterAll(() => server.stop());

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any kind
  readonly json: any;
}

function send(
  who: TestIdentity | undefined,
  method: string,
  path: string,
  options: { body?: object; headers?: Record<string, string>; to?: TestApiserver } = {},
): Promise<Answer> {
  const { body, headers, to = server } = options;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${to.url}${path}`, {
      method,
      ...(who ?? { rejectUnauthorized: false }),
      agent: false,
      headers: { "content-type": "application/json", ...headers },
    });
    request.on("error", reject);
    request.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({
        status: response.statusCode ?? 0,
        text,
        get json() {
          return JSON.parse(text);
        },
      });
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe("a new cluster", () => {
  test("is ready, and says by which checks", async () => {
    const { text } = await send(undefined, "GET", "/readyz?verbose");
    expect(text).toContain("[+]poststarthook/rbac/bootstrap-roles ok");
    expect(text).toContain("[+]etcd ok");
    expect(text).toContain("readyz check passed");
  });

  test("has its namespaces, its roles and the kubernetes service", async () => {
    const namespaces = await send(admin, "GET", "/api/v1/namespaces");
    const names = namespaces.json.items.map(
      (item: { metadata: { name: string } }) => item.metadata.name,
    );
    expect(names).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
    const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin";
    expect((await send(admin, "GET", role)).status).toBe(200);
    const service = await send(admin, "GET", "/api/v1/namespaces/default/services/kubernetes");
    expect(service.json.spec.clusterIP).toBe("10.96.0.1");
    const endpoints = await send(admin, "GET", "/api/v1/namespaces/default/endpoints/kubernetes");
    expect(endpoints.json.subsets[0].addresses).toEqual([{ ip: "192.0.2.1" }]);
  });

  test("lets nobody in without a role", async () => {
    const refused = await send(stranger, "GET", "/api/v1/namespaces/default/pods");
    expect(refused.status).toBe(403);
    expect(refused.json.message).toBe(
      'pods is forbidden: User "stranger" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    const anonymous = await send(undefined, "GET", "/api/v1/namespaces");
    expect(anonymous.json.message).toBe(
      'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
    );
    expect((await send(undefined, "GET", "/version")).status).toBe(200);
    expect((await send(undefined, "GET", "/metrics")).status).toBe(403);
    const wrong = { headers: { authorization: "Bearer wrong" } };
    expect((await send(undefined, "GET", "/version", wrong)).status).toBe(401);
  });

  test("gives service accounts tokens that say who they are", async () => {
    const body = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "robot" } };
    await send(admin, "POST", "/api/v1/namespaces/default/serviceaccounts", { body });
    const token = await send(
      admin,
      "POST",
      "/api/v1/namespaces/default/serviceaccounts/robot/token",
      { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} } },
    );
    expect(token.status).toBe(201);
    const headers = { authorization: `Bearer ${token.json.status.token}` };
    const refused = await send(undefined, "GET", "/api/v1/nodes", { headers });
    expect(refused.json.message).toContain('User "system:serviceaccount:default:robot"');
  });

  test("impersonates for those who may", async () => {
    const headers = { "impersonate-user": "jane" };
    const asJane = await send(admin, "GET", "/api/v1/nodes", { headers });
    expect(asJane.json.message).toContain('User "jane" cannot list');
    const notAllowed = await send(stranger, "GET", "/api/v1/nodes", { headers });
    expect(notAllowed.json.message).toBe(
      'users "jane" is forbidden: User "stranger" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  test("admits pods with their service account, tolerations and priority", async () => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    await send(admin, "POST", "/api/v1/namespaces/default/serviceaccounts", { body: account });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "admitted" },
      spec: { containers: [{ name: "c", image: "nginx" }] },
    };
    const created = await send(admin, "POST", "/api/v1/namespaces/default/pods", { body: pod });
    expect(created.status).toBe(201);
    expect(created.json.spec).toMatchObject({ serviceAccountName: "default", priority: 0 });
    expect(created.json.spec.volumes[0].name).toMatch(/^kube-api-access-/);
    expect(created.json.spec.tolerations).toHaveLength(2);
  });

  test("shows upstream's metrics", async () => {
    const { text } = await send(admin, "GET", "/metrics");
    expect(text).toMatch(/apiserver_request_total\{verb="POST",.*resource="pods".*code="201"\} 1/);
    expect(text).toContain("apiserver_request_duration_seconds_bucket");
    expect(text).toContain(
      'apiserver_storage_objects{resource="roles.rbac.authorization.k8s.io"} ',
    );
    expect(text).toContain('apiserver_resource_objects{group="",resource="pods"} 1');
    expect(text).toContain('apiserver_current_inflight_requests{request_kind="readOnly"}');
    expect(text).toContain(
      'apiserver_admission_step_admission_duration_seconds_count{type="admit",operation="CREATE",rejected="false"}',
    );
  });

  test("counts what comes over gRPC like what comes over REST", async () => {
    const tls = await server.identity("counted", ["system:masters"]);
    const client = createGrpcClient({ address: `127.0.0.1:${server.apiserver.grpc.port}`, tls });
    await client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: "counted" },
    });
    const stop = new AbortController();
    const watch = client.watch(configMaps, { resourceVersion: "0", signal: stop.signal });
    await watch[Symbol.asyncIterator]().next();
    const { text } = await send(admin, "GET", "/metrics");
    expect(text).toMatch(/request_total\{verb="POST",.*resource="configmaps".*code="201"\} 1/);
    expect(text).toMatch(/longrunning_requests\{verb="WATCH",.*resource="configmaps".*\} 1/);
    expect(text).toMatch(/watch_events_total\{.*resource="configmaps"\} [1-9]/);
    stop.abort();
    await client.close();
  });

  test("publishes what others need to check its tokens", async () => {
    const document = await send(admin, "GET", "/.well-known/openid-configuration");
    expect(document.json.issuer).toBe("https://kubernetes.default.svc");
    expect(document.json.jwks_uri).toMatch(/^https:\/\/192\.0\.2\.1:\d+\/openid\/v1\/jwks$/);
    const keys = await send(admin, "GET", "/openid/v1/jwks");
    expect(keys.json.keys).toHaveLength(1);
  });
});

describe("a stop", () => {
  test("ends watches, finishes what runs and closes both ports", async () => {
    const stopping = await startTestApiserver(["--authorization-mode=AlwaysAllow"]);
    const who = await stopping.identity("tester");
    const watch = send(who, "GET", "/api/v1/namespaces?watch=1&resourceVersion=0", {
      to: stopping,
    });
    await send(who, "GET", "/readyz", { to: stopping });
    await stopping.stop();
    expect((await watch).status).toBe(200);
    await expect(send(who, "GET", "/version", { to: stopping })).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  });
});

describe("flags", () => {
  const settingsOf = (args: readonly string[]) => {
    const parsed = parseFlags({ name: "kube-apiserver", description: "", flags }, args);
    if (parsed.action !== "run") throw new Error(parsed.text);
    return readSettings(parsed.values);
  };
  test("of etcd are refused with what to use instead", () => {
    expect(() => settingsOf(["--etcd-servers=https://127.0.0.1:2379"])).toThrow(FlagError);
    expect(() => settingsOf(["--etcd-servers=https://127.0.0.1:2379"])).toThrow(/--database-url/);
  });
  test("that name missing files say which", () => {
    expect(() => settingsOf(["--tls-cert-file=/missing"])).toThrow(
      "--tls-cert-file: cannot read /missing",
    );
  });
});
