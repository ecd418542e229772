import type { JsonObject, KubeObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { configMap, entriesOf, ownersOf, typed, written } from "../testing/samples.ts";

const T0 = "1970-01-01T00:00:00Z";
const T1 = "1970-01-01T00:01:00Z";
const MINUTE = 60_000;

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "n", namespace: "ns", labels: { run: "web" } },
  spec: {
    containers: [{ name: "c", image: "nginx", ports: [{ containerPort: 80 }] }],
    tolerations: [{ key: "a", operator: "Exists" }],
  },
};

describe("a create", () => {
  test("gives every field that is set, and not the server's own, to its manager", () => {
    const pod = written(POD, { manager: "kubectl-run" });
    expect(entriesOf(pod)).toEqual([
      {
        manager: "kubectl-run",
        operation: "Update",
        apiVersion: "v1",
        time: T0,
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:metadata": { "f:labels": { ".": {}, "f:run": {} } },
          "f:spec": {
            "f:containers": {
              'k:{"name":"c"}': {
                ".": {},
                "f:image": {},
                "f:imagePullPolicy": {},
                "f:name": {},
                "f:ports": {
                  ".": {},
                  'k:{"containerPort":80,"protocol":"TCP"}': {
                    ".": {},
                    "f:containerPort": {},
                    "f:protocol": {},
                  },
                },
                "f:resources": {},
                "f:terminationMessagePath": {},
                "f:terminationMessagePolicy": {},
              },
            },
            "f:dnsPolicy": {},
            "f:enableServiceLinks": {},
            "f:restartPolicy": {},
            "f:schedulerName": {},
            "f:securityContext": {},
            "f:terminationGracePeriodSeconds": {},
            "f:tolerations": {},
          },
        },
      },
    ]);
  });

  test("writes the set in order, with the node itself first", () => {
    const object = written(configMap({ b: "1", a: "2" }, { labels: { z: "1" } }));
    expect(JSON.stringify(entriesOf(object)[0]?.fieldsV1)).toBe(
      '{"f:data":{".":{},"f:a":{},"f:b":{}},"f:metadata":{"f:labels":{".":{},"f:z":{}}}}',
    );
  });

  test("of nothing but a name has no managers", () => {
    expect(entriesOf(written(configMap({})))).toEqual([]);
  });

  test("owns finalizers one by one and owners by uid", () => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u-1" }];
    const object = written(configMap({}, { finalizers: ["a/b"], ownerReferences }));
    expect(entriesOf(object)[0]?.fieldsV1).toEqual({
      "f:metadata": {
        "f:finalizers": { ".": {}, 'v:"a/b"': {} },
        "f:ownerReferences": {
          ".": {},
          'k:{"uid":"u-1"}': expect.anything(),
        },
      },
    });
  });

  test("leaves out what the strategy resets", () => {
    const pod = { ...POD, status: { phase: "Running" } };
    const sets = (object: KubeObject) => JSON.stringify(entriesOf(object));
    expect(sets(written(pod))).toContain("f:status");
    expect(sets(written(pod, { resetFields: { "f:status": {} } }))).not.toContain("f:status");
  });

  test("with keys of prototypes as data keeps them as data", () => {
    const data = JSON.parse('{"__proto__":"a","constructor":"b"}') as JsonObject;
    const object = written(configMap(data));
    expect(JSON.stringify(entriesOf(object)[0]?.fieldsV1)).toBe(
      '{"f:data":{".":{},"f:__proto__":{},"f:constructor":{}}}',
    );
  });
});

describe("an update", () => {
  const live = written(configMap({ a: "1", b: "2" }), { manager: "creator" });

  test("gives what it changes to its manager, and takes that from the others", () => {
    const next = written(configMap({ a: "changed", b: "2", c: "3" }), {
      live,
      manager: "editor",
      nowMs: MINUTE,
    });
    expect(ownersOf(next)).toEqual({
      "creator Update": [T0, { "f:data": { ".": {}, "f:b": {} } }],
      "editor Update": [T1, { "f:data": { "f:a": {}, "f:c": {} } }],
    });
  });

  test("takes what it removes from all", () => {
    const next = written(configMap({ a: "1" }), { live, manager: "editor", nowMs: MINUTE });
    expect(ownersOf(next)).toEqual({
      "creator Update": [T0, { "f:data": { ".": {}, "f:a": {} } }],
    });
  });

  test("that changes nothing changes no entry and no time", () => {
    for (const manager of ["creator", "editor"]) {
      const next = written(configMap({ a: "1", b: "2" }), { live, manager, nowMs: MINUTE });
      expect(entriesOf(next)).toEqual(entriesOf(live));
    }
  });

  test("by the same manager adds to its entry and moves its time", () => {
    const next = written(configMap({ a: "1", b: "2", c: "3" }), {
      live,
      manager: "creator",
      nowMs: MINUTE,
    });
    expect(ownersOf(next)).toEqual({
      "creator Update": [T1, { "f:data": { ".": {}, "f:a": {}, "f:b": {}, "f:c": {} } }],
    });
  });

  test("of a subresource has an entry of its own", () => {
    const pod = written(POD, { manager: "kubectl" });
    const status = { ...POD, status: { phase: "Running" } };
    const next = written(status, {
      live: pod,
      manager: "kubelet",
      subresource: "status",
      nowMs: MINUTE,
    });
    expect(entriesOf(next)).toHaveLength(2);
    expect(entriesOf(next)[1]).toEqual({
      manager: "kubelet",
      operation: "Update",
      apiVersion: "v1",
      time: T1,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:status": { "f:phase": {} } },
      subresource: "status",
    });
  });

  test("sorts entries by time and then by name", () => {
    let object = live;
    for (const [manager, minute] of [
      ["z", 1],
      ["a", 2],
      ["m", 2],
    ] as const) {
      const data = { a: "1", b: "2", [`k-${manager}`]: "x" };
      const all = { ...(object as unknown as { data: JsonObject }).data, ...data };
      object = written(configMap(all), { live: object, manager, nowMs: minute * MINUTE });
    }
    expect(entriesOf(object).map((entry) => entry.manager)).toEqual(["creator", "z", "a", "m"]);
  });

  test("by more than ten managers gathers the oldest", () => {
    let object: KubeObject | undefined;
    const data: JsonObject = {};
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = "v";
      object = written(configMap({ ...data }), {
        live: object,
        manager: `m${String(i).padStart(2, "0")}`,
        nowMs: i * MINUTE,
      });
    }
    const entries = entriesOf(object ?? live);
    expect(entries).toHaveLength(10);
    expect(entries[0]?.manager).toBe("ancient-changes");
    const names = Array.from({ length: 9 }, (_, i) => `m${String(i + 5).padStart(2, "0")}`);
    expect(entries.slice(1).map((entry) => entry.manager)).toEqual(names);
    const [gathered] = entries.map((entry) => entry.fieldsV1 as JsonObject);
    expect(Object.keys((gathered?.["f:data"] ?? {}) as JsonObject)).toEqual([
      ".",
      "f:k0",
      "f:k1",
      "f:k2",
      "f:k3",
      "f:k4",
    ]);
  });
});

describe("managedFields that a client sends", () => {
  const live = written(configMap({ a: "1" }), { manager: "creator" });
  const sent = (managedFields: readonly JsonObject[]) =>
    written(configMap({ a: "1" }, { managedFields: [...managedFields] }), { live, manager: "x" });

  test("one that says nothing forgets all managers, and no update keeps account from then on", () => {
    const forgotten = sent([{}]);
    expect(entriesOf(forgotten)).toEqual([]);
    const untold = typed(configMap({ a: "1" }, { uid: "u" }));
    const updated = configMap({ a: "2" }, { uid: "u" });
    expect(entriesOf(written(updated, { live: untold, manager: "x" }))).toEqual([]);
  });

  test("an empty list, or entries that cannot be read, keep the stored ones", () => {
    expect(entriesOf(sent([]))).toEqual(entriesOf(live));
    const unreadable = {
      manager: "a",
      operation: "Bogus",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
    };
    expect(entriesOf(sent([unreadable]))).toEqual(entriesOf(live));
    const noSet = {
      manager: "a",
      operation: "Update",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { x: {} },
    };
    expect(entriesOf(sent([noSet]))).toEqual(entriesOf(live));
  });

  test("others take the place of the stored ones", () => {
    const entry = {
      manager: "other",
      operation: "Update",
      apiVersion: "v1",
      time: T0,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { ".": {}, "f:a": {} } },
    };
    expect(entriesOf(sent([entry]))).toEqual([entry]);
  });
});

test("neither object is changed", () => {
  const live = written(configMap({ a: "1" }), { manager: "creator" });
  const before = JSON.stringify(live);
  const next = typed(configMap({ a: "2" }));
  const text = JSON.stringify(next);
  written(configMap({ a: "2" }), { live, manager: "x" });
  expect([JSON.stringify(live), JSON.stringify(next)]).toEqual([before, text]);
});
