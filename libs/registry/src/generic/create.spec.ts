import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
  steadyRandomness,
} from "../testing/registry-harness.ts";

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
});
afterEach(() => replica.stop());

const configMap = (metadata: object, data: object = { key: "value" }) =>
  decoded({ apiVersion: "v1", kind: "ConfigMap", metadata, data });

describe("create", () => {
  it("answers with the object that a read gives, byte for byte", async () => {
    const store = replica.store("configmaps");
    const entry = await store.create(scopeIn("default"), configMap({ name: "a" }), admitAll);
    const read = await store.get(scopeIn("default"), "a");
    expect(entry.json.toString()).toBe(read.json.toString());
    expect(entry.object).toEqual(JSON.parse(entry.json.toString()));
    expect(entry.object.metadata).toMatchObject({
      name: "a",
      namespace: "default",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
    });
    expect(entry.object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("stores kind, apiVersion and metadata first and no resourceVersion", async () => {
    await replica
      .store("configmaps")
      .create(scopeIn("default"), configMap({ name: "a" }), admitAll);
    const stored = await replica.storage.get({
      group: "",
      resource: "configmaps",
      namespace: "default",
      name: "a",
    });
    const text = stored?.bytes.toString() ?? "";
    expect(text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{/);
    expect(text).not.toContain("resourceVersion");
  });

  it("replaces what only the server may say", async () => {
    const entry = await replica.store("configmaps").create(
      scopeIn("default"),
      configMap({
        name: "a",
        uid: "mine",
        creationTimestamp: "2001-01-01T00:00:00Z",
        deletionTimestamp: "2001-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 7,
        selfLink: "/x",
      }),
      admitAll,
    );
    const { uid, deletionTimestamp, deletionGracePeriodSeconds, selfLink } = entry.object.metadata;
    expect(uid).not.toBe("mine");
    expect([deletionTimestamp, deletionGracePeriodSeconds, selfLink]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("refuses a name that is taken, a version, and another namespace as upstream does", async () => {
    const store = replica.store("configmaps");
    await store.create(scopeIn("default"), configMap({ name: "a" }), admitAll);
    expect(
      await refusal(store.create(scopeIn("default"), configMap({ name: "a" }), admitAll)),
    ).toEqual({
      code: 409,
      reason: "AlreadyExists",
      message: 'configmaps "a" already exists',
    });
    expect(
      await refusal(
        store.create(scopeIn("default"), configMap({ name: "b", resourceVersion: "4" }), admitAll),
      ),
    ).toMatchObject({
      code: 500,
      message: "resourceVersion should not be set on objects to be created",
    });
    expect(
      await refusal(
        store.create(scopeIn("default"), configMap({ name: "b", namespace: "other" }), admitAll),
      ),
    ).toMatchObject({
      code: 400,
      message:
        "the namespace of the provided object does not match the namespace sent on the request",
    });
  });

  it("says when the object in the way is being deleted", async () => {
    const store = replica.store("configmaps");
    await store.create(
      scopeIn("default"),
      configMap({ name: "a", finalizers: ["example.com/hold"] }),
      admitAll,
    );
    await store.delete(scopeIn("default"), "a", {}, admitAll);
    expect(
      await refusal(store.create(scopeIn("default"), configMap({ name: "a" }), admitAll)),
    ).toMatchObject({
      code: 409,
      message: 'object is being deleted: configmaps "a" already exists',
    });
  });

  it("refuses an object without a name with the cause of validation", async () => {
    const call = replica.store("configmaps").create(scopeIn("default"), configMap({}), admitAll);
    expect(await refusal(call)).toMatchObject({
      code: 422,
      reason: "Invalid",
      message:
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    });
  });

  it("makes names of 58 characters and a suffix of five", async () => {
    const base = "x".repeat(70);
    const entry = await replica
      .store("configmaps")
      .create(scopeIn("default"), configMap({ generateName: base }), admitAll);
    expect(entry.object.metadata.name).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it("tries eight generated names before it gives up", async () => {
    const drawn: number[] = [];
    const always = { ...steadyRandomness(), below: (bound: number) => drawn.push(bound) && 0 };
    const stuck = await startReplica({ randomness: always });
    const store = stuck.store("configmaps");
    await store.create(scopeIn("default"), configMap({ name: "a-bbbbb" }), admitAll);
    const call = store.create(scopeIn("default"), configMap({ generateName: "a-" }), admitAll);
    expect(await refusal(call)).toEqual({
      code: 409,
      reason: "AlreadyExists",
      message:
        'configmaps "a-bbbbb" already exists, the server was not able to generate a unique name for the object',
    });
    expect(drawn.length).toBe(8 * 5);
    await stuck.stop();
  });

  it("writes nothing in a dry run, and still refuses what a real one would", async () => {
    const store = replica.store("configmaps");
    const scope = scopeIn("default", { dryRun: true });
    const entry = await store.create(scope, configMap({ name: "a" }), admitAll);
    expect(entry.object.metadata).toMatchObject({ name: "a" });
    expect(entry.object.metadata.resourceVersion).toBeUndefined();
    expect(await replica.storage.currentRevision()).toBe(0n);
    await store.create(scopeIn("default"), configMap({ name: "a" }), admitAll);
    expect(await refusal(store.create(scope, configMap({ name: "a" }), admitAll))).toMatchObject({
      reason: "AlreadyExists",
    });
  });

  it("gives the creator its fields and nothing of the status", async () => {
    const entry = await replica.store("pods").create(
      scopeIn("default", { fieldManager: "kubectl-create" }),
      decoded({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "p" },
        spec: { containers: [{ name: "c", image: "nginx" }] },
        status: { phase: "Running" },
      }),
      admitAll,
    );
    expect(entry.object).toMatchObject({
      metadata: { generation: 1 },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
    const [fields, ...more] = entry.object.metadata.managedFields ?? [];
    expect(more).toEqual([]);
    expect(fields).toMatchObject({ manager: "kubectl-create", operation: "Update" });
    expect(JSON.stringify(fields)).not.toContain("f:status");
  });

  it("lets admission change the object and have the last word", async () => {
    const store = replica.store("configmaps");
    const entry = await store.create(scopeIn("default"), configMap({ name: "a" }), {
      mutate: async ({ object }) =>
        object && { ...object, metadata: { ...object.metadata, labels: { by: "admission" } } },
      validate: async ({ object, operation, name }) => {
        expect([operation, name, object?.metadata.labels?.by]).toEqual([
          "CREATE",
          "a",
          "admission",
        ]);
      },
    });
    expect(entry.object.metadata.labels).toEqual({ by: "admission" });
    const refused = store.create(scopeIn("default"), configMap({ name: "b" }), {
      ...admitAll,
      validate: () => Promise.reject(new Error("no")),
    });
    await expect(refused).rejects.toThrow("no");
    expect(await replica.storage.currentRevision()).toBe(1n);
  });

  it("answers a request that comes again with its first outcome", async () => {
    const store = replica.store("configmaps");
    const scope = scopeIn("default");
    const first = await store.create(scope, configMap({ name: "a" }), admitAll);
    const again = await store.create(scope, configMap({ name: "a" }), admitAll);
    expect(again.json.toString()).toBe(first.json.toString());
    expect(await replica.storage.currentRevision()).toBe(1n);
  });

  it("leaves one owner reference for each owner and warns", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u" };
    const warnings: string[] = [];
    const entry = await replica
      .store("configmaps")
      .create(
        scopeIn("default", { warnings }),
        configMap({ name: "a", ownerReferences: [owner, owner] }),
        admitAll,
      );
    expect(entry.object.metadata.ownerReferences).toEqual([owner]);
    expect(warnings.join()).toContain("duplicate UID(s) observed: u");
  });
});
