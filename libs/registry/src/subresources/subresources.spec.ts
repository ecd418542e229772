import type { KubeObject } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { createTokenIssuer, readSigningKey } from "@kubets/authn";
import { createServiceAccountKey, FakeClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SubresourceHandler, UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const STATUS: UpdateOptions = {
  subresource: "status",
  forceAllowCreate: false,
  operation: "Update",
};

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
});
afterEach(() => replica.stop());

function handler(
  resource: string,
  subresource: string,
  group = "",
  of = replica,
): SubresourceHandler {
  const found = of.registry.subresource(group, resource, subresource);
  if (found === undefined) throw new TypeError(`no ${resource}/${subresource}`);
  return found;
}

async function createPod(metadata: object = {}, spec: object = {}): Promise<KubeObject> {
  const pod = decoded({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", labels: { app: "x" }, ...metadata },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  });
  return (await replica.store("pods").create(scopeIn("default"), pod, admitAll)).object;
}

const pod = async (name = "p") =>
  (await replica.store("pods").get(scopeIn("default"), name)).object as Pod;

describe("pods/binding", () => {
  const bind = (target: object, metadata: object = {}) =>
    handler("pods", "binding").create?.(
      scopeIn("default"),
      "p",
      { apiVersion: "v1", kind: "Binding", metadata: { name: "p", ...metadata }, target } as never,
      admitAll,
    ) ?? Promise.reject(new TypeError());

  it("puts the pod on the node and says that it is scheduled", async () => {
    await createPod();
    const answer = await bind({ kind: "Node", name: "n1" }, { annotations: { a: "b" } });
    expect(answer).toMatchObject({ kind: "Status", status: "Success", code: 201 });
    const { spec, status, metadata } = await pod();
    expect(spec?.nodeName).toBe("n1");
    expect(metadata.annotations).toEqual({ a: "b" });
    expect(metadata.generation).toBe(1);
    expect(status?.conditions).toEqual([
      { type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ]);
    expect(JSON.stringify(metadata.managedFields)).not.toContain("f:nodeName");
  });

  it("refuses a second node, a pod that ends, and a target that is no node", async () => {
    await createPod({ finalizers: ["example.com/x"] });
    expect(await refusal(bind({ kind: "Pod", name: "x" }))).toMatchObject({ code: 422 });
    await bind({ name: "n1" });
    expect(await refusal(bind({ name: "n2" }))).toEqual({
      code: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    });
    await replica.store("pods").delete(scopeIn("default"), "p", {}, admitAll);
    expect((await refusal(bind({ name: "n2" }))).message).toContain(
      "pod p is being deleted, cannot be assigned to a host",
    );
  });

  it("is what the old bindings resource does", async () => {
    await createPod();
    const bindings = replica.registry.virtual("", "v1", "bindings");
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "p" },
      target: { name: "n" },
    };
    await bindings?.create(scopeIn("default"), binding as never, admitAll);
    expect((await pod()).spec?.nodeName).toBe("n");
  });
});

describe("scale", () => {
  it.each([
    ["deployments", "Deployment"],
    ["replicasets", "ReplicaSet"],
    ["statefulsets", "StatefulSet"],
  ])("reads and sets the replicas of %s", async (resource, kind) => {
    const workload = decoded({
      apiVersion: "apps/v1",
      kind,
      metadata: { name: "w" },
      spec: {
        replicas: 2,
        serviceName: undefined,
        selector: { matchLabels: { app: "w" } },
        template: {
          metadata: { labels: { app: "w" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    });
    await replica.store(resource, "apps").create(scopeIn("default"), workload, admitAll);
    const scale = handler(resource, "scale", "apps");
    const before = await scale.get?.(scopeIn("default"), "w");
    expect(before).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 2 },
      status: { replicas: 0, selector: "app=w" },
    });
    const asked: string[] = [];
    const after = await scale.update?.(
      scopeIn("default", { fieldManager: "hpa" }),
      "w",
      (current) => ({ ...current, spec: { replicas: 5 } }) as never,
      { operation: "Update" },
      {
        ...admitAll,
        validate: async ({ kind: asKind, subresource }) => {
          asked.push(`${asKind.kind} ${subresource}`);
        },
      },
    );
    expect(after).toMatchObject({ spec: { replicas: 5 }, metadata: { resourceVersion: "2" } });
    expect(asked).toEqual(["Scale scale"]);
    const { object } = await replica.store(resource, "apps").get(scopeIn("default"), "w");
    expect(object).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 2 } });
    const owners = object.metadata.managedFields ?? [];
    expect(owners).toContainEqual({
      manager: "hpa",
      operation: "Update",
      apiVersion: "apps/v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
      subresource: "scale",
    });
    // Whoever made it has the rest.
    const [maker] = owners.filter(({ manager }) => manager !== "hpa");
    expect(maker?.fieldsV1).toHaveProperty(["f:spec", "f:selector"]);
    expect(maker?.fieldsV1).not.toHaveProperty(["f:spec", "f:replicas"]);
  });

  it("refuses fewer than none and a stale scale", async () => {
    const rc = decoded({
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "rc" },
      spec: {
        selector: { app: "x" },
        template: {
          metadata: { labels: { app: "x" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    });
    await replica.store("replicationcontrollers").create(scopeIn("default"), rc, admitAll);
    const put = (change: object) =>
      handler("replicationcontrollers", "scale").update?.(
        scopeIn("default"),
        "rc",
        (current) => ({ ...current, ...change }) as never,
        { operation: "Update" },
        admitAll,
      ) ?? Promise.reject(new TypeError());
    expect(await refusal(put({ spec: { replicas: -1 } }))).toMatchObject({ code: 422 });
    expect(
      await refusal(
        put({ metadata: { name: "rc", resourceVersion: "77" }, spec: { replicas: 3 } }),
      ),
    ).toMatchObject({ code: 409, reason: "Conflict" });
  });
});

describe("pods/eviction", () => {
  const evict = () =>
    handler("pods", "eviction").create?.(
      scopeIn("default"),
      "p",
      { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } } as never,
      admitAll,
    ) ?? Promise.reject(new TypeError());

  async function run(ready: boolean): Promise<void> {
    await createPod({}, { nodeName: "n" });
    const status = {
      phase: "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    };
    await replica
      .store("pods")
      .update(
        scopeIn("default"),
        "p",
        (current) => ({ ...current, status }) as never,
        STATUS,
        admitAll,
      );
  }

  async function budget(disruptionsAllowed: number): Promise<void> {
    const budgets = replica.store("poddisruptionbudgets", "policy");
    const object = decoded({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
    });
    await budgets.create(scopeIn("default"), object, admitAll);
    const status = {
      disruptionsAllowed,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      observedGeneration: 1,
    };
    await budgets.update(
      scopeIn("default"),
      "b",
      (current) => ({ ...current, status }) as never,
      STATUS,
      admitAll,
    );
  }

  it("begins the end of a pod that no budget covers", async () => {
    await run(true);
    expect(await evict()).toMatchObject({ status: "Success" });
    const { metadata, status } = await pod();
    expect(metadata.deletionGracePeriodSeconds).toBe(30);
    expect(status?.conditions).toContainEqual({
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
      lastProbeTime: null,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    });
  });

  it("marks no pod that has changed since the client saw it", async () => {
    await run(true);
    const pinned = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "p" },
      deleteOptions: { preconditions: { resourceVersion: "1" } },
    };
    const evicted = handler("pods", "eviction").create?.(
      scopeIn("default"),
      "p",
      pinned as never,
      admitAll,
    );
    expect(await refusal(evicted ?? Promise.reject(new TypeError()))).toMatchObject({ code: 409 });
    expect((await pod()).status?.conditions).toHaveLength(1);
  });

  it("takes one disruption from the budget", async () => {
    await run(true);
    await budget(1);
    await evict();
    const { object } = await replica
      .store("poddisruptionbudgets", "policy")
      .get(scopeIn("default"), "b");
    expect(object).toMatchObject({
      status: { disruptionsAllowed: 0, disruptedPods: { p: "2026-01-01T00:00:00Z" } },
    });
  });

  it("refuses with 429 when the budget has none left", async () => {
    await run(true);
    await budget(0);
    expect(await refusal(evict())).toEqual({
      code: 429,
      reason: "TooManyRequests",
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
    });
    expect((await pod()).metadata.deletionTimestamp).toBeUndefined();
  });

  it("does not ask the budget about a pod that is not ready while enough others are", async () => {
    await run(false);
    await budget(0);
    await evict();
    expect((await pod()).metadata.deletionTimestamp).toBeDefined();
  });
});

describe("serviceaccounts/token", () => {
  it("signs a token for the account and refuses one that is missing", async () => {
    const clock = new FakeClock();
    const { privateKey } = createServiceAccountKey();
    const issuer = createTokenIssuer({
      key: readSigningKey(privateKey),
      issuer: "https://kubernetes.default.svc",
      clock,
    });
    const own = await startReplica({
      clock,
      serviceAccountTokens: {
        issuer,
        audiences: ["https://kubernetes.default.svc"],
        maxExpirationSeconds: 0,
        extendExpiration: false,
      },
    });
    const account = decoded({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "sa" } });
    await own.store("serviceaccounts").create(scopeIn("default"), account, admitAll);
    const request = (name: string) =>
      handler("serviceaccounts", "token", "", own).create?.(
        scopeIn("default"),
        name,
        {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          metadata: {},
          spec: { audiences: [] },
        } as never,
        admitAll,
      ) ?? Promise.reject(new TypeError());
    const answer = (await request("sa")) as unknown as { status: { token: string } };
    const payload = JSON.parse(
      Buffer.from(answer.status.token.split(".")[1] ?? "", "base64url").toString(),
    );
    expect(payload.sub).toBe("system:serviceaccount:default:sa");
    expect(await refusal(request("other"))).toMatchObject({ code: 404 });
    await own.stop();
  });
});
