/** Attempts to get in, to get more, and to get at other nodes' things; each answer is upstream's. */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  systemClock as clock,
  createCertificateAuthority,
  createServiceAccountKey,
  issueCertificate,
} from "@kubets/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, call } from "./testing/call.ts";
import {
  startTestApiserver,
  type TestApiserver,
  type TestIdentity,
} from "./testing/start-apiserver.ts";

let server: TestApiserver;
let admin: TestIdentity;
let dev: TestIdentity;
let n1: TestIdentity;
let proxy: TestIdentity;
const folder = mkdtempSync(join(tmpdir(), "kubets-access-"));

const send = (what: Call) => call(server, what);
const status = async (what: Call) => (await send(what)).status;

async function make(path: string, body: object): Promise<void> {
  const answer = await send({ method: "POST", path, body, as: admin });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.message}`);
}

const pod = (name: string, nodeName: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { nodeName, containers: [{ name: "c", image: "nginx" }], ...spec },
});

const role = (name: string, ...rules: object[]) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name },
  rules,
});

const binding = (name: string, kind: string, roleName: string, user: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: roleName },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
});

const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
const CORE = "/api/v1/namespaces/default";

beforeAll(async () => {
  writeFileSync(join(folder, "tokens.csv"), 'static-token,jane,u1,"dev"\n');
  const proxyCa = await createCertificateAuthority({ commonName: "front-proxy-ca", clock });
  writeFileSync(join(folder, "proxy-ca.pem"), proxyCa.certificate);
  server = await startTestApiserver([
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    `--requestheader-client-ca-file=${join(folder, "proxy-ca.pem")}`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
  ]);
  admin = await server.identity("admin", ["system:masters"]);
  dev = await server.identity("dev");
  n1 = await server.identity("system:node:n1", ["system:nodes"]);
  const issued = await issueCertificate({
    ca: proxyCa,
    commonName: "front-proxy-client",
    usages: ["client"],
    clock,
  });
  proxy = { ca: admin.ca, cert: issued.certificate, key: issued.key };

  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await make(`${CORE}/serviceaccounts`, account);
  for (const name of ["n1", "n2"]) {
    await make("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
  }
  const secret = (name: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData: { canary: "hidden" },
  });
  for (const name of ["used", "foreign"]) await make(`${CORE}/secrets`, secret(name));
  const volumes = [{ name: "v", secret: { secretName: "used" } }];
  await make(`${CORE}/pods`, pod("own", "n1", { volumes }));
  await make(`${CORE}/pods`, pod("other", "n2"));
  const all = ["get", "list", "create", "update", "patch", "delete"];
  await make(`${RBAC}/roles`, role("pods", { apiGroups: [""], resources: ["pods"], verbs: all }));
  await make(`${RBAC}/rolebindings`, binding("pods", "Role", "pods", "dev"));
  const rbacRule = {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["roles", "rolebindings"],
    verbs: all,
  };
  await make(`${RBAC}/roles`, role("rbac", rbacRule));
  await make(`${RBAC}/rolebindings`, binding("rbac", "Role", "rbac", "dev"));
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe("who is asking", () => {
  test("nobody in particular reads health and nothing else", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"]) {
      expect([path, await status({ method: "GET", path })]).toEqual([path, 200]);
    }
    for (const path of [`${CORE}/pods`, "/api/v1/nodes", "/metrics", "/openapi/v2", "/api"]) {
      const answer = await send({ method: "GET", path });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.message).toContain('User "system:anonymous" cannot ');
    }
  });

  test("a wrong token is 401, beside no certificate and for every path", async () => {
    for (const path of [`${CORE}/pods`, "/version"]) {
      const answer = await send({ method: "GET", path, token: "wrong" });
      expect([answer.status, answer.message]).toEqual([401, "Unauthorized"]);
    }
  });

  test("a token of the file is its user", async () => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const answer = await send({ method: "POST", path, body, token: "static-token" });
    expect(answer.json.status.userInfo).toMatchObject({
      username: "jane",
      groups: ["dev", "system:authenticated"],
    });
  });

  test("forged service account tokens are 401", async () => {
    const token = await tokenFor("default", {});
    const [, payload = ""] = token.split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const none = `${encode({ alg: "none" })}.${payload}.`;
    const { publicKey } = createServiceAccountKey();
    const input = `${encode({ alg: "HS256" })}.${payload}`;
    const hmac = `${input}.${createHmac("sha256", publicKey).update(input).digest("base64url")}`;
    for (const forged of [none, hmac, `${token.slice(0, -8)}AAAAAAAA`, `${token}x`]) {
      expect(await status({ method: "GET", path: "/version", token: forged })).toBe(401);
    }
    expect(await status({ method: "GET", path: "/version", token })).toBe(200);
  });

  test("a token for somebody else's audience is 401", async () => {
    const token = await tokenFor("default", { audiences: ["vault"] });
    expect(await status({ method: "GET", path: "/version", token })).toBe(401);
  });

  test("a token ends with the pod that it is bound to, and with its account", async () => {
    await make(`${CORE}/pods`, pod("brief", ""));
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "brief" };
    const token = await tokenFor("default", { boundObjectRef });
    expect(await status({ method: "GET", path: "/version", token })).toBe(200);
    await send({ method: "DELETE", path: `${CORE}/pods/brief?gracePeriodSeconds=0`, as: admin });
    expect(await status({ method: "GET", path: "/version", token })).toBe(401);

    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "brief" } };
    await make(`${CORE}/serviceaccounts`, account);
    const second = await tokenFor("brief", {});
    expect(await status({ method: "GET", path: "/version", token: second })).toBe(200);
    await send({ method: "DELETE", path: `${CORE}/serviceaccounts/brief`, as: admin });
    expect(await status({ method: "GET", path: "/version", token: second })).toBe(401);
    await make(`${CORE}/serviceaccounts`, account);
    expect(await status({ method: "GET", path: "/version", token: second })).toBe(401);
  });

  test("a certificate of another authority is 401, whatever it says", async () => {
    const other = await createCertificateAuthority({ commonName: "test-ca", clock });
    const forged = await issueCertificate({
      ca: other,
      commonName: "admin",
      organizations: ["system:masters"],
      usages: ["client"],
      clock,
    });
    const as = { ca: admin.ca, cert: forged.certificate, key: forged.key };
    expect(await status({ method: "GET", path: "/version", as })).toBe(401);
  });

  test("remote headers mean something from the front proxy only", async () => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const headers = { "x-remote-user": "root", "X-REMOTE-GROUP": "system:masters" };
    const who = async (what: Partial<Call>) =>
      (await send({ method: "POST", path, body, headers, ...what })).json.status.userInfo.username;
    expect(await who({ as: dev })).toBe("dev");
    expect(await who({ token: "static-token" })).toBe("jane");
    expect(await who({ as: proxy })).toBe("root");
    expect(await status({ method: "GET", path: "/version", as: proxy })).toBe(401);
  });

  test("nobody becomes somebody else without the right to", async () => {
    for (const headers of [
      { "impersonate-user": "admin" },
      { "impersonate-user": "dev", "impersonate-group": "system:masters" },
      { "impersonate-user": "dev", "impersonate-uid": "1" },
      { "impersonate-user": "dev", "impersonate-extra-scope": "all" },
    ]) {
      expect(await status({ method: "GET", path: `${CORE}/pods`, as: dev, headers })).toBe(403);
    }
    const headers = { "impersonate-user": "nobody" };
    const answer = await send({ method: "GET", path: `${CORE}/pods`, as: admin, headers });
    expect([answer.status, answer.message]).toEqual([
      403,
      'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "default"',
    ]);
  });
});

describe("who may do what", () => {
  test("a right to pods is none to what lies below them", async () => {
    expect(await status({ method: "GET", path: `${CORE}/pods/own`, as: dev })).toBe(200);
    const below: [string, string][] = [
      ["GET", "log"],
      ["GET", "exec?command=sh&stdout=true"],
      ["POST", "exec?command=sh&stdout=true"],
      ["POST", "attach"],
      ["POST", "portforward"],
      ["GET", "proxy/"],
      ["POST", "eviction"],
      ["POST", "binding"],
      ["PATCH", "status"],
      ["PATCH", "ephemeralcontainers"],
      ["PATCH", "resize"],
    ];
    for (const [method, sub] of below) {
      const path = `${CORE}/pods/own/${sub}`;
      expect([
        sub,
        await status({ method, path, as: dev, ...(method === "GET" ? {} : { body: {} }) }),
      ]).toEqual([sub, 403]);
    }
    const token = `${CORE}/serviceaccounts/default/token`;
    expect(await status({ method: "POST", path: token, as: dev, body: {} })).toBe(403);
  });

  test("nobody grants what they do not have", async () => {
    const secrets = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };
    const created = await send({
      method: "POST",
      path: `${RBAC}/roles`,
      body: role("more", secrets),
      as: dev,
    });
    expect([created.status, created.message]).toEqual([
      403,
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "dev" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    ]);
    const patched = await send({
      method: "PATCH",
      path: `${RBAC}/roles/pods`,
      body: { rules: [secrets] },
      as: dev,
    });
    expect(patched.status).toBe(403);
    const bound = await send({
      method: "POST",
      path: `${RBAC}/rolebindings`,
      body: binding("more", "ClusterRole", "cluster-admin", "dev"),
      as: dev,
    });
    expect(bound.status).toBe(403);
    const own = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
    expect(
      await status({ method: "POST", path: `${RBAC}/roles`, body: role("less", own), as: dev }),
    ).toBe(201);
  });

  test("a right to one name is none to a list", async () => {
    await make(
      `${RBAC}/roles`,
      role("one", {
        apiGroups: [""],
        resources: ["secrets"],
        resourceNames: ["used"],
        verbs: ["get", "list", "watch"],
      }),
    );
    await make(`${RBAC}/rolebindings`, binding("one", "Role", "one", "reader"));
    const reader = await server.identity("reader");
    expect(await status({ method: "GET", path: `${CORE}/secrets/used`, as: reader })).toBe(200);
    expect(await status({ method: "GET", path: `${CORE}/secrets/foreign`, as: reader })).toBe(403);
    expect(await status({ method: "GET", path: `${CORE}/secrets`, as: reader })).toBe(403);
    expect(await status({ method: "GET", path: `${CORE}/secrets?watch=true`, as: reader })).toBe(
      403,
    );
    const narrowed = `${CORE}/secrets?fieldSelector=metadata.name%3Dused`;
    const listed = await send({ method: "GET", path: narrowed, as: reader });
    expect([listed.status, listed.json.items.length]).toEqual([200, 1]);
    const negated = `${CORE}/secrets?fieldSelector=metadata.name!%3Dused`;
    expect(await status({ method: "GET", path: negated, as: reader })).toBe(403);
  });

  test("reviews tell the same as the doors do", async () => {
    const review = async (resource: string) => {
      const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb: "delete", resource, namespace: "default" } },
      };
      const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
      return (await send({ method: "POST", path, body, as: dev })).json.status.allowed;
    };
    expect([await review("pods"), await review("secrets")]).toEqual([true, false]);
  });
});

describe("a node", () => {
  test("reads what its pods refer to and nothing else", async () => {
    const outcomes: [string, number][] = [
      [`${CORE}/secrets/used`, 200],
      [`${CORE}/secrets/foreign`, 403],
      [`${CORE}/secrets`, 403],
      ["/api/v1/secrets", 403],
      ["/api/v1/nodes/n1", 200],
      ["/api/v1/nodes/n2", 403],
      ["/api/v1/nodes", 403],
      ["/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", 200],
      ["/api/v1/pods?fieldSelector=spec.nodeName%3Dn2", 403],
      ["/api/v1/pods", 403],
      [`${CORE}/pods/own`, 200],
      [`${CORE}/pods/other`, 403],
    ];
    for (const [path, expected] of outcomes) {
      expect([path, await status({ method: "GET", path, as: n1 })]).toEqual([path, expected]);
    }
    const refused = await send({ method: "GET", path: `${CORE}/secrets/foreign`, as: n1 });
    expect(refused.message).toBe(
      'secrets "foreign" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'n1\' and this object',
    );
  });

  test("writes itself, but not another node, its own taints or reserved labels", async () => {
    const patch = (path: string, body: object) => status({ method: "PATCH", path, body, as: n1 });
    const label = (key: string) => ({ metadata: { labels: { [key]: "x" } } });
    expect(await patch("/api/v1/nodes/n1", label("rack"))).toBe(200);
    expect(await patch("/api/v1/nodes/n1/status", { status: { phase: "Running" } })).toBe(200);
    expect(await patch("/api/v1/nodes/n2", label("rack"))).toBe(403);
    expect(await patch("/api/v1/nodes/n2/status", { status: { phase: "Running" } })).toBe(403);
    expect(await patch("/api/v1/nodes/n1", label("node-restriction.kubernetes.io/a"))).toBe(403);
    expect(await patch("/api/v1/nodes/n1", label("node-role.kubernetes.io/control-plane"))).toBe(
      403,
    );
    expect(await patch("/api/v1/nodes/n1", { spec: { taints: [] } })).toBe(403);
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" }];
    expect(await patch("/api/v1/nodes/n1", { metadata: { ownerReferences } })).toBe(403);
    expect(await status({ method: "DELETE", path: "/api/v1/nodes/n1", as: n1 })).toBe(403);
  });

  test("leaves other nodes' pods and leases alone, and makes no pods of its own", async () => {
    const patch = { status: { phase: "Running" } };
    expect(
      await status({ method: "PATCH", path: `${CORE}/pods/own/status`, body: patch, as: n1 }),
    ).toBe(200);
    expect(
      await status({ method: "PATCH", path: `${CORE}/pods/other/status`, body: patch, as: n1 }),
    ).toBe(403);
    expect(await status({ method: "DELETE", path: `${CORE}/pods/other`, as: n1 })).toBe(403);
    expect(
      await status({ method: "POST", path: `${CORE}/pods`, body: pod("new", "n1"), as: n1 }),
    ).toBe(403);
    const lease = (name: string) => ({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
    });
    const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    expect(await status({ method: "POST", path: leases, body: lease("n1"), as: n1 })).toBe(201);
    expect(await status({ method: "POST", path: leases, body: lease("n2"), as: n1 })).toBe(403);
  });

  test("gets tokens for its own pods only", async () => {
    const ask = async (name: string, over: object = {}) => {
      const { json } = await send({ method: "GET", path: `${CORE}/pods/${name}`, as: admin });
      const boundObjectRef = {
        apiVersion: "v1",
        kind: "Pod",
        name,
        uid: json.metadata.uid,
        ...over,
      };
      const body = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 3_607, boundObjectRef },
      };
      return status({
        method: "POST",
        path: `${CORE}/serviceaccounts/default/token`,
        body,
        as: n1,
      });
    };
    expect(await ask("own")).toBe(201);
    expect(await ask("own", { uid: "other" })).toBe(403);
    expect(await ask("own", { uid: undefined })).toBe(403);
    expect(await ask("other")).toBe(403);
  });
});

async function tokenFor(name: string, spec: object): Promise<string> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const path = `${CORE}/serviceaccounts/${name}/token`;
  const answer = await send({ method: "POST", path, body, as: admin });
  return String(answer.json.status?.token);
}
