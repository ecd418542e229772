import type { KubeObject } from "@kubets/api";
import type { Fence } from "@kubets/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RequestScope, UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const FENCE: Fence = {
  leaseNamespace: "kube-system",
  leaseName: "leader",
  epoch: 2,
  holderIdentity: "a",
};
const UPDATE: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };

const pod = (name: string) =>
  decoded({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
const lease = (holderIdentity: string, leaseTransitions: number) =>
  decoded({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "leader", namespace: "kube-system" },
    spec: { holderIdentity, leaseTransitions },
  });
const labelled = (current: KubeObject | undefined): KubeObject => {
  if (current === undefined) throw new TypeError("no object");
  return { ...current, metadata: { ...current.metadata, labels: { a: "b" } } };
};

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
  await replica
    .store("leases", "coordination.k8s.io")
    .create(scopeIn("kube-system"), lease("a", 2), admitAll);
  for (const name of ["p", "q"]) {
    await replica.store("pods").create(scopeIn("default"), pod(name), admitAll);
  }
});
afterEach(() => replica.stop());

const fenced = (): RequestScope => ({ ...scopeIn("default"), fence: FENCE });

/** Every way in which a leader writes. */
const writes: Readonly<Record<string, () => Promise<unknown>>> = {
  create: () => replica.store("pods").create(fenced(), pod("new"), admitAll),
  update: () => replica.store("pods").update(fenced(), "p", labelled, UPDATE, admitAll),
  "update of the status": () =>
    replica
      .store("pods")
      .update(
        fenced(),
        "p",
        (current) => Object.assign(labelled(current), { status: { phase: "Running" } }),
        { ...UPDATE, subresource: "status" },
        admitAll,
      ),
  delete: () => replica.store("pods").delete(fenced(), "p", {}, admitAll),
  "delete of a collection": () =>
    replica.store("pods").deleteCollection(fenced(), {}, {}, admitAll),
  binding: () =>
    subresource("binding", {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "p", namespace: "default" },
      target: { kind: "Node", name: "n1" },
    }),
  eviction: () =>
    subresource("eviction", {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "p", namespace: "default" },
    }),
};

function subresource(name: string, object: object): Promise<unknown> {
  const handler = replica.registry.subresource("", "pods", name);
  if (handler?.create === undefined) throw new TypeError(`no pods/${name}`);
  return handler.create(fenced(), "p", decoded(object), admitAll);
}

const leads = (holderIdentity: string, leaseTransitions: number) =>
  replica
    .store("leases", "coordination.k8s.io")
    .update(
      scopeIn("kube-system"),
      "leader",
      (current) => ({ ...lease(holderIdentity, leaseTransitions), ...metadataOf(current) }),
      UPDATE,
      admitAll,
    );
const metadataOf = (object: KubeObject | undefined) =>
  object === undefined ? {} : { metadata: object.metadata };

const stored = async () => {
  const { entries } = await replica.store("pods").list(scopeIn("default"), {});
  return entries.map(({ key, revision }) => [key.name, revision]);
};

describe.each(Object.entries(writes))("a leader's %s", (_, write) => {
  it("is made while it holds its Lease, and refused once another does", async () => {
    await leads("b", 3);
    const before = await stored();
    expect(await refusal(write())).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: expect.stringContaining("does not hold its lease any more"),
    });
    expect(await stored()).toEqual(before);
    await leads("a", 2);
    await write();
    expect(await stored()).not.toEqual(before);
  });
});
