import type { JsonObject, KubeObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import {
  applied,
  configMap,
  entriesOf,
  ownersOf,
  refusal,
  typed,
  written,
} from "../testing/samples.ts";

const T0 = "1970-01-01T00:00:00Z";
const T1 = "1970-01-01T00:01:00Z";
const MINUTE = 60_000;

function deployment(spec: JsonObject = {}, container: JsonObject = {}): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", namespace: "ns" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "c", image: "i:1", ...container }] },
      },
      ...spec,
    },
  };
}

/** Only what one applier cares about. */
const partial = (spec: JsonObject): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", namespace: "ns" },
  spec,
});

const specOf = (object: KubeObject): JsonObject => (object as unknown as { spec: JsonObject }).spec;
const dataOf = (object: KubeObject): unknown => (object as unknown as { data: unknown }).data;

describe("an apply that creates", () => {
  const object = applied(deployment({ replicas: 3 }), { manager: "alice" });

  test("gives a defaulted object", () => {
    expect(specOf(object)).toMatchObject({ replicas: 3, revisionHistoryLimit: 10 });
  });

  test("owns exactly what was applied", () => {
    expect(entriesOf(object)).toEqual([
      {
        manager: "alice",
        operation: "Apply",
        apiVersion: "apps/v1",
        time: T0,
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
              "f:metadata": { "f:labels": { "f:a": {} } },
              "f:spec": {
                "f:containers": {
                  'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {} },
                },
              },
            },
          },
        },
      },
    ]);
  });
});

describe("the first apply to an object of which nobody kept account", () => {
  const live = typed(configMap({ a: "1", b: "1" }, { uid: "u", resourceVersion: "7" }));

  test("finds what it has with somebody, and may not take it", async () => {
    const error = await refusal(() => applied(configMap({ a: "2" }), { live, manager: "alice" }));
    expect(error).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    });
  });

  test("shares what is the same, adds what is new, and takes what it forces", () => {
    const data = { a: "1", b: "2", c: "3" };
    const after = applied(configMap(data), { live, manager: "alice", force: true, nowMs: MINUTE });
    expect(ownersOf(after)).toEqual({
      "alice Apply": [T1, { "f:data": { "f:a": {}, "f:b": {}, "f:c": {} } }],
      "before-first-apply Update": [T1, { "f:data": { ".": {}, "f:a": {} } }],
    });
  });
});

describe("an apply over an object", () => {
  const live = applied(deployment({ replicas: 3 }), { manager: "alice" });

  test("that says the same again changes nothing, not even the time", () => {
    const again = applied(deployment({ replicas: 3 }), { live, manager: "alice", nowMs: MINUTE });
    expect(again).toEqual(live);
  });

  test("that adds nothing but an empty map changes no time", () => {
    const before = applied(configMap({}), { manager: "alice" });
    expect(applied(configMap({}), { live: before, manager: "alice", nowMs: MINUTE })).toEqual(
      before,
    );
  });

  test("takes out what its manager applied before and no longer does", () => {
    const env = [{ name: "E", value: "1" }];
    const before = applied(deployment({}, { env, workingDir: "/x" }), { manager: "alice" });
    const after = applied(deployment(), { live: before, manager: "alice", nowMs: MINUTE });
    const text = JSON.stringify(specOf(after));
    expect(text).not.toContain("workingDir");
    expect(text).not.toContain("env");
    expect(entriesOf(after)[0]?.time).toBe(T1);
  });

  test("a field that is no longer applied and has a default goes back to it", () => {
    const after = applied(deployment(), { live, manager: "alice" });
    expect(specOf(after).replicas).toBe(1);
  });

  test("keeps what another applies too", () => {
    const both = applied(partial({ replicas: 3 }), { live, manager: "bob" });
    const after = applied(deployment(), { live: both, manager: "alice" });
    expect(specOf(after).replicas).toBe(3);
    expect(ownersOf(after)["bob Apply"]?.[1]).toEqual({ "f:spec": { "f:replicas": {} } });
  });

  test("adds items to a keyed list beside those of others", () => {
    const sidecar = partial({ template: { spec: { containers: [{ name: "s", image: "i:2" }] } } });
    const after = applied(sidecar, { live, manager: "bob" });
    expect(specOf(after)).toMatchObject({
      template: {
        spec: {
          containers: [
            { name: "c", image: "i:1" },
            { name: "s", image: "i:2" },
          ],
        },
      },
    });
    const gone = applied(partial({}), { live: after, manager: "bob" });
    expect(specOf(gone)).toEqual(specOf(live));
  });
});

describe("conflicts", () => {
  const live = applied(deployment({ replicas: 3 }), { manager: "alice" });

  test("with one other manager are told by field", () => {
    const one = refusal(() => applied(partial({ replicas: 5 }), { live, manager: "bob" }));
    expect(one.code).toBe(409);
    expect(one.message).toBe('Apply failed with 1 conflict: conflict with "alice": .spec.replicas');
    expect(one.status.details?.causes).toEqual([
      { reason: "FieldManagerConflict", message: 'conflict with "alice"', field: ".spec.replicas" },
    ]);
    const containers = [{ name: "c", image: "other" }];
    const two = partial({ replicas: 5, template: { spec: { containers } } });
    expect(refusal(() => applied(two, { live, manager: "bob" })).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "alice":\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
    );
  });

  test("with an update say with which version", () => {
    const scaled = written(deployment({ replicas: 7 }), {
      live,
      manager: "kubectl-edit",
      nowMs: MINUTE,
    });
    const error = refusal(() =>
      applied(deployment({ replicas: 3 }), { live: scaled, manager: "alice" }),
    );
    expect(error.message).toBe(
      `Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas`,
    );
  });

  test("are none where both say the same", () => {
    const after = applied(partial({ replicas: 3 }), { live, manager: "bob" });
    expect(Object.keys(ownersOf(after))).toEqual(["alice Apply", "bob Apply"]);
  });

  test("are over when they are forced: the field changes hands", () => {
    const after = applied(partial({ replicas: 5 }), {
      live,
      manager: "bob",
      force: true,
      nowMs: MINUTE,
    });
    expect(specOf(after).replicas).toBe(5);
    expect(ownersOf(after)["bob Apply"]).toEqual([T1, { "f:spec": { "f:replicas": {} } }]);
    expect(JSON.stringify(ownersOf(after)["alice Apply"])).not.toContain("replicas");
  });
});

describe("is refused", () => {
  test("with fields that there are not, or of the wrong form", () => {
    const error = refusal(() => applied(deployment({ replicas: "x", foo: 1 })));
    expect(error.message).toBe(
      "failed to create typed patch object (ns/d; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.foo: field not declared in schema\n",
    );
  });

  test("with two items of one key", () => {
    const containers = [{ name: "c" }, { name: "c" }];
    const error = refusal(() => applied(partial({ template: { spec: { containers } } })));
    expect(error.message).toContain(
      '.spec.template.spec.containers: duplicate entries for key [name="c"]',
    );
  });

  test("with managedFields", () => {
    const error = refusal(() => applied(configMap({}, { managedFields: [{}] })));
    expect([error.code, error.message]).toEqual([400, "metadata.managedFields must be nil"]);
  });
});

test("a field that was updated and then applied has two owners", () => {
  const live = written(configMap({ a: "1" }), { manager: "editor" });
  const after = applied(configMap({ a: "1", b: "2" }), { live, manager: "alice", nowMs: MINUTE });
  expect(dataOf(after)).toEqual({ a: "1", b: "2" });
  expect(ownersOf(after)).toEqual({
    "alice Apply": [T1, { "f:data": { "f:a": {}, "f:b": {} } }],
    "editor Update": [T0, { "f:data": { ".": {}, "f:a": {} } }],
  });
});

test("a subresource is applied on its own account", () => {
  const pod: JsonObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns" },
    spec: { containers: [{ name: "c", image: "i" }] },
  };
  const live = applied(pod, { manager: "alice" });
  const { spec: _, ...bare } = pod;
  const after = applied(
    { ...bare, status: { phase: "Running" } },
    { live, manager: "alice", subresource: "status" },
  );
  expect(Object.keys(ownersOf(after))).toEqual(["alice Apply", "alice Apply status"]);
  expect(specOf(after)).toEqual(specOf(live));
});

test("kubectl may apply over what kubectl applied from the client's side", () => {
  const config = configMap({ a: "1" });
  const annotation = JSON.stringify(config);
  const live = written(
    configMap(
      { a: "1" },
      { annotations: { "kubectl.kubernetes.io/last-applied-configuration": annotation } },
    ),
    { manager: "kubectl-client-side-apply" },
  );
  expect(dataOf(applied(configMap({ a: "2" }), { live, manager: "kubectl" }))).toEqual({ a: "2" });
  expect(refusal(() => applied(configMap({ a: "2" }), { live, manager: "bob" })).code).toBe(409);
});

test("numbers beyond 2^53 are applied as they are, and refused as others where they do not fit", () => {
  const seconds = 2n ** 62n;
  const object = applied(
    partial({ template: { spec: { activeDeadlineSeconds: seconds } } } as unknown as JsonObject),
    { manager: "alice" },
  );
  expect(specOf(object)).toMatchObject({ template: { spec: { activeDeadlineSeconds: seconds } } });
  const wrong = deployment({}, { image: seconds, ports: [{ containerPort: seconds }] } as never);
  expect(refusal(() => applied(wrong, { manager: "alice" })).message).toContain(
    `expected string, got &value.valueUnstructured{Value:${seconds}}`,
  );
  // What has an owner is told by its key, whatever that is.
  const port = deployment({}, { ports: [{ containerPort: seconds }] } as never);
  expect(refusal(() => applied(port, { manager: "alice" })).message).toContain(String(seconds));
});

test("keys of prototypes are keys", () => {
  const data = JSON.parse('{"__proto__":"a","constructor":"b"}') as JsonObject;
  const object = applied(configMap(data));
  expect(JSON.stringify(dataOf(object))).toBe('{"__proto__":"a","constructor":"b"}');
  const next = applied(configMap({ constructor: "b" }), { live: object });
  expect(JSON.stringify(dataOf(next))).toBe('{"constructor":"b"}');
});

test("neither the object nor the configuration is changed", () => {
  const live = applied(deployment({ replicas: 3 }), { manager: "alice" });
  const config = deployment({ replicas: 4 });
  const before = JSON.stringify([live, config]);
  applied(config, { live, manager: "alice" });
  expect(JSON.stringify([live, config])).toBe(before);
});
