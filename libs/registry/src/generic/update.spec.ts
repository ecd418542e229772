import { type KubeObject, MODIFIED_MESSAGE } from "@kubets/api";
import { MemoryHistory, StorageError } from "@kubets/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UpdateOptions } from "../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";

const PUT: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };
const STATUS: UpdateOptions = { ...PUT, subresource: "status" };

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
});
afterEach(() => replica.stop());

const configMap = (metadata: object, data: object = { key: "value" }) =>
  decoded({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
const lease = (metadata: object) =>
  decoded({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata,
    spec: { holderIdentity: "me", leaseDurationSeconds: 10 },
  });

async function createConfigMap(metadata: object = { name: "a" }): Promise<KubeObject> {
  const store = replica.store("configmaps");
  return (await store.create(scopeIn("default"), configMap(metadata), admitAll)).object;
}

/** A client's own copy of what it read. */
function edited(object: KubeObject, change: (copy: Record<string, never>) => void): KubeObject {
  const copy = structuredClone(object);
  change(copy as never);
  return copy;
}

describe("update", () => {
  it("tells an outcome that is not known as such, and does not compute the write again", async () => {
    const store = replica.store("configmaps");
    const created = await createConfigMap();
    const { storage } = replica;
    const write = storage.write.bind(storage);
    let writes = 0;
    storage.write = async (of) => {
      writes += 1;
      await write(of);
      throw new StorageError("unknownOutcome", "the connection broke during the commit");
    };
    const updating = store.update(
      scopeIn("default"),
      "a",
      () => edited(created, (copy) => Object.assign(copy, { data: { key: "other" } })),
      PUT,
      admitAll,
    );
    await expect(updating).rejects.toMatchObject({ code: 504 });
    expect(writes).toBe(1);
    expect(await storage.currentRevision()).toBe(
      BigInt(created.metadata.resourceVersion ?? 0) + 1n,
    );
  });

  it("writes nothing when nothing changes, whatever the order of the keys", async () => {
    const store = replica.store("configmaps");
    const created = await createConfigMap({ name: "a", labels: { a: "1", b: "2" } });
    const { metadata, ...rest } = created;
    const reordered = {
      ...rest,
      metadata: {
        ...Object.fromEntries(Object.entries(metadata).reverse()),
        labels: { b: "2", a: "1" },
      },
    } as KubeObject;
    const { entry, created: isNew } = await store.update(
      scopeIn("default"),
      "a",
      () => reordered,
      PUT,
      admitAll,
    );
    expect(isNew).toBe(false);
    expect(entry.object.metadata.resourceVersion).toBe("1");
    expect(await replica.storage.currentRevision()).toBe(1n);
  });

  it("answers a stale version with upstream's conflict", async () => {
    const store = replica.store("configmaps");
    const first = await createConfigMap();
    const change = edited(first, (copy) => Object.assign(copy, { data: { key: "2" } }));
    await store.update(scopeIn("default"), "a", () => change, PUT, admitAll);
    const call = store.update(
      scopeIn("default"),
      "a",
      () => edited(first, (copy) => Object.assign(copy, { data: { key: "3" } })),
      PUT,
      admitAll,
    );
    expect(await refusal(call)).toEqual({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on configmaps "a": ${MODIFIED_MESSAGE}`,
    });
  });

  it("overwrites without a version where the kind allows it and demands one where not", async () => {
    await createConfigMap();
    const configMaps = replica.store("configmaps");
    const { entry } = await configMaps.update(
      scopeIn("default"),
      "a",
      () => configMap({ name: "a" }, { key: "new" }),
      PUT,
      admitAll,
    );
    expect(entry.object).toMatchObject({
      data: { key: "new" },
      metadata: { resourceVersion: "2" },
    });
    const leases = replica.store("leases", "coordination.k8s.io");
    await leases.create(scopeIn("default"), lease({ name: "l" }), admitAll);
    const call = leases.update(scopeIn("default"), "l", () => lease({ name: "l" }), PUT, admitAll);
    expect(await refusal(call)).toMatchObject({
      code: 422,
      message:
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
  });

  it("refuses another uid with the store's words", async () => {
    const { metadata } = await createConfigMap();
    const call = replica
      .store("configmaps")
      .update(scopeIn("default"), "a", () => configMap({ name: "a", uid: "other" }), PUT, admitAll);
    expect(await refusal(call)).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`,
    });
  });

  it("creates by PUT where the kind allows it and nowhere else", async () => {
    const leases = replica.store("leases", "coordination.k8s.io");
    const made = await leases.update(
      scopeIn("default"),
      "l",
      () => lease({ name: "l" }),
      PUT,
      admitAll,
    );
    expect([made.created, made.entry.object.metadata.resourceVersion]).toEqual([true, "1"]);
    const call = replica
      .store("configmaps")
      .update(scopeIn("default"), "a", () => configMap({ name: "a" }), PUT, admitAll);
    expect(await refusal(call)).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  it("keeps what an update cannot change and raises the generation with the spec", async () => {
    const store = replica.store("deployments", "apps");
    const made = await store.create(scopeIn("default"), deployment({ replicas: 1 }), admitAll);
    expect(made.object.metadata.generation).toBe(1);
    const scaled = deployment({ replicas: 2 }, { creationTimestamp: "2000-01-01T00:00:00Z" });
    const { entry } = await store.update(scopeIn("default"), "d", () => scaled, PUT, admitAll);
    const { uid, creationTimestamp } = made.object.metadata;
    expect(entry.object.metadata).toMatchObject({ generation: 2, uid, creationTimestamp });
    const labelled = deployment({ replicas: 2 }, { labels: { x: "y" } });
    const again = await store.update(scopeIn("default"), "d", () => labelled, PUT, admitAll);
    expect(again.entry.object.metadata.generation).toBe(2);
  });

  it("takes only the status through status and all but the status through the object", async () => {
    const store = replica.store("deployments", "apps");
    await store.create(scopeIn("default"), deployment({ replicas: 1 }), admitAll);
    const both = () => ({
      ...deployment({ replicas: 5 }),
      status: { replicas: 3, observedGeneration: 1 },
    });
    const viaStatus = await store.update(scopeIn("default"), "d", both, STATUS, admitAll);
    expect(viaStatus.entry.object).toMatchObject({
      spec: { replicas: 1 },
      status: { replicas: 3 },
      metadata: { generation: 1 },
    });
    const owners = viaStatus.entry.object.metadata.managedFields ?? [];
    expect(owners.map(({ subresource = "" }) => subresource).sort()).toEqual(["", "status"]);
    const viaObject = await store.update(
      scopeIn("default"),
      "d",
      () => ({ ...deployment({ replicas: 5 }), status: { replicas: 9 } }),
      PUT,
      admitAll,
    );
    expect(viaObject.entry.object).toMatchObject({
      spec: { replicas: 5 },
      status: { replicas: 3 },
      metadata: { generation: 2 },
    });
  });

  it("loses no increment of fifty writers over two replicas", async () => {
    const history = new MemoryHistory();
    const replicas = [await startReplica({ history }), await startReplica({ history })];
    const [first] = replicas;
    await first
      ?.store("configmaps")
      .create(scopeIn("default"), configMap({ name: "a" }, { count: "0" }), admitAll);
    const increment = async (of: Replica) => {
      await of.store("configmaps").update(
        scopeIn("default"),
        "a",
        (current) => {
          const { data } = current as unknown as { data: { count: string } };
          return { ...current, data: { count: `${Number(data.count) + 1}` } } as never;
        },
        PUT,
        admitAll,
      );
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => increment(replicas[i % 2] as Replica)));
    const entry = await first?.store("configmaps").get(scopeIn("default"), "a");
    expect(entry?.object).toMatchObject({ data: { count: "50" } });
    for (const one of replicas) await one.stop();
  });

  it("lets none of fifty writers of one object work in vain more than once", async () => {
    const store = replica.store("configmaps");
    await createConfigMap();
    const { storage } = replica;
    const write = storage.write.bind(storage);
    let writes = 0;
    storage.write = (of) => {
      writes += 1;
      return write(of);
    };
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        store.update(
          scopeIn("default"),
          "a",
          (current) => ({ ...current, data: { key: String(i) } }) as never,
          PUT,
          admitAll,
        ),
      ),
    );
    expect(writes).toBeLessThanOrEqual(100);
  });

  it("writes nothing when an object that nobody owns a field of comes back as it was", async () => {
    const store = replica.store("configmaps");
    const bare = decoded({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });
    const { json } = await store.create(scopeIn("default"), bare, admitAll);
    const sent = decoded(JSON.parse(json.toString()));
    await store.update(scopeIn("default"), "a", () => sent, PUT, admitAll);
    expect(json.toString()).not.toContain("managedFields");
    expect(await replica.storage.currentRevision()).toBe(1n);
  });

  it("changes nothing in a dry run", async () => {
    await createConfigMap();
    const { entry } = await replica
      .store("configmaps")
      .update(
        scopeIn("default", { dryRun: true }),
        "a",
        () => configMap({ name: "a" }, { key: "dry" }),
        PUT,
        admitAll,
      );
    expect(entry.object).toMatchObject({
      data: { key: "dry" },
      metadata: { resourceVersion: "1" },
    });
    expect(await replica.storage.currentRevision()).toBe(1n);
  });

  it("removes the object when its last finalizer goes", async () => {
    const store = replica.store("configmaps");
    await createConfigMap({ name: "a", finalizers: ["example.com/hold"] });
    const ending = await store.delete(scopeIn("default"), "a", {}, admitAll);
    expect(ending.deleted).toBe(false);
    const { entry } = await store.update(
      scopeIn("default"),
      "a",
      (current) => ({ ...current, metadata: { ...current?.metadata, finalizers: [] } }) as never,
      PUT,
      admitAll,
    );
    expect(entry.object.metadata.deletionTimestamp).toBe("2026-01-01T00:00:00Z");
    expect(await refusal(store.get(scopeIn("default"), "a"))).toMatchObject({ code: 404 });
  });
});

function deployment(spec: object, metadata: object = {}): KubeObject {
  return decoded({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", ...metadata },
    spec: {
      selector: { matchLabels: { app: "d" } },
      template: {
        metadata: { labels: { app: "d" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
      ...spec,
    },
  });
}
