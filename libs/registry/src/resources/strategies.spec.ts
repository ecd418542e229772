import type { KubeObject } from "@kubets/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  type ScopeOptions,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const PUT: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
});
afterEach(() => replica.stop());

async function create(
  resource: string,
  object: object,
  {
    group = "",
    namespace = "default",
    ...options
  }: ScopeOptions & { group?: string; namespace?: string } = {},
): Promise<KubeObject> {
  const store = replica.store(resource, group);
  return (await store.create(scopeIn(namespace, options), decoded(object), admitAll)).object;
}

async function update(
  resource: string,
  name: string,
  change: object,
  { group = "", namespace = "default", subresource = "" } = {},
): Promise<KubeObject> {
  const { entry } = await replica
    .store(resource, group)
    .update(
      scopeIn(namespace),
      name,
      (current) => ({ ...current, ...change }) as KubeObject,
      { ...PUT, subresource },
      admitAll,
    );
  return entry.object;
}

describe("secrets", () => {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };

  it("keep their texts as data", async () => {
    const made = await create("secrets", {
      ...secret,
      data: { a: "b2xk", b: "Yg==" },
      stringData: { a: "new" },
    });
    expect(made).toMatchObject({ type: "Opaque", data: { a: "bmV3", b: "Yg==" } });
    expect(made).not.toHaveProperty("stringData", expect.anything());
    expect(JSON.stringify(made.metadata.managedFields)).not.toContain("stringData");
    const after = await update("secrets", "s", { stringData: { c: "c" } });
    expect(after).toMatchObject({ data: { a: "bmV3", b: "Yg==", c: "Yw==" } });
  });

  it("do not change their type, and nothing once they are immutable", async () => {
    await create("secrets", secret);
    const other = await refusal(update("secrets", "s", { type: "example.com/x" }));
    expect(other.message).toBe(
      'Secret "s" is invalid: type: Invalid value: "example.com/x": field is immutable',
    );
    await update("secrets", "s", { immutable: true });
    const changed = await refusal(update("secrets", "s", { data: { a: "Yg==" } }));
    expect(changed).toMatchObject({ code: 422 });
    expect(changed.message).toContain("field is immutable when `immutable` is set");
  });
});

describe("nodes", () => {
  it("may bring a status, which their creator does not own", async () => {
    const made = await create(
      "nodes",
      {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n", labels: { a: "b" } },
        status: { nodeInfo: { kubeletVersion: "v1.36.0" } },
      },
      { namespace: "" },
    );
    expect(made).toMatchObject({ status: { nodeInfo: { kubeletVersion: "v1.36.0" } } });
    expect(JSON.stringify(made.metadata.managedFields)).not.toContain("f:status");
    const after = await update("nodes", "n", { status: {} }, { namespace: "" });
    expect(after).toMatchObject({ status: { nodeInfo: { kubeletVersion: "v1.36.0" } } });
  });
});

describe("jobs", () => {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };

  it("select their own pods", async () => {
    const made = await create(
      "jobs",
      { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j" }, spec: { template } },
      { group: "batch" },
    );
    const { uid } = made.metadata;
    expect(made).toMatchObject({
      spec: {
        selector: { matchLabels: { "batch.kubernetes.io/controller-uid": uid } },
        template: {
          metadata: {
            labels: {
              "controller-uid": uid,
              "job-name": "j",
              "batch.kubernetes.io/controller-uid": uid,
              "batch.kubernetes.io/job-name": "j",
            },
          },
        },
      },
    });
  });
});

describe("daemon sets", () => {
  it("count the generations of their template", async () => {
    const template = (image: string) => ({
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "c", image }] },
    });
    const made = await create(
      "daemonsets",
      {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name: "d" },
        spec: { selector: { matchLabels: { a: "b" } }, template: template("one") },
      },
      { group: "apps" },
    );
    const generation = ({ metadata }: KubeObject) =>
      metadata.annotations?.["deprecated.daemonset.template.generation"];
    expect(generation(made)).toBe("1");
    const { spec } = decoded({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "d" },
      spec: { selector: { matchLabels: { a: "b" } }, template: template("two") },
    }) as unknown as { spec: object };
    const after = await update("daemonsets", "d", { spec }, { group: "apps" });
    expect([generation(after), after.metadata.generation]).toEqual(["2", 2]);
    const same = await update("daemonsets", "d", {}, { group: "apps" });
    expect([generation(same), same.metadata.resourceVersion]).toEqual(["2", "2"]);
  });
});

describe("certificate signing requests", () => {
  const group = "certificates.k8s.io";
  const at = { group, namespace: "" };
  const request = Buffer.from(
    "-----BEGIN CERTIFICATE REQUEST-----\nMIH0MIGbAgEAMBAxDjAMBgNVBAMMBWFsaWNlMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n-----END CERTIFICATE REQUEST-----\n",
  ).toString("base64");

  it("say who asked, and are approved through approval only", async () => {
    const made = await create(
      "certificatesigningrequests",
      {
        apiVersion: `${group}/v1`,
        kind: "CertificateSigningRequest",
        metadata: { name: "c" },
        spec: { request, signerName: "example.com/s", usages: ["client auth"], username: "root" },
      },
      { ...at, user: { name: "alice", groups: ["system:authenticated"] } },
    );
    expect(made).toMatchObject({ spec: { username: "alice", groups: ["system:authenticated"] } });
    const approved = [{ type: "Approved", status: "True", reason: "r", message: "m" }];
    const status = await update(
      "certificatesigningrequests",
      "c",
      { status: { conditions: approved } },
      { ...at, subresource: "status" },
    );
    expect(status).not.toHaveProperty("status.conditions", expect.anything());
    const approval = await update(
      "certificatesigningrequests",
      "c",
      { status: { conditions: approved, certificate: "Yg==" } },
      { ...at, subresource: "approval" },
    );
    expect(approval).toMatchObject({
      status: { conditions: [{ type: "Approved", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
    });
    expect(approval).not.toHaveProperty("status.certificate", expect.anything());
  });
});

describe("pods", () => {
  it("require of their affinity what their labels say when they are created", async () => {
    const made = await create("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", labels: { version: "3" } },
      spec: {
        containers: [{ name: "c", image: "i" }],
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "zone",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: {},
            matchLabelKeys: ["version", "absent"],
          },
        ],
      },
    });
    expect(made).toMatchObject({
      spec: {
        topologySpreadConstraints: [
          {
            labelSelector: {
              matchExpressions: [{ key: "version", operator: "In", values: ["3"] }],
            },
          },
        ],
      },
    });
  });

  it("take no other change through ephemeralcontainers than ephemeral containers", async () => {
    await create("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    const pod = (await replica.store("pods").get(scopeIn("default"), "p")).object as unknown as {
      spec: object;
    };
    const debug = {
      name: "debug",
      image: "busybox",
      imagePullPolicy: "Always",
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
    };
    const after = await update(
      "pods",
      "p",
      { spec: { ...pod.spec, ephemeralContainers: [debug], nodeName: "sneaky" } },
      { subresource: "ephemeralcontainers" },
    );
    expect(after).toMatchObject({
      metadata: { generation: 2 },
      spec: { ephemeralContainers: [{ name: "debug" }] },
    });
    expect(after).not.toHaveProperty("spec.nodeName", expect.anything());
  });
});
