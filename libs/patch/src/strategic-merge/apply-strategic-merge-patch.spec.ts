import { type JsonObject, type JsonValue, parseJson } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { applyStrategicMergePatch } from "../index.ts";
import { frozen, refusal, typeNamed } from "../testing/samples.ts";

const type = typeNamed("v1", "Pod");
const patched = (document: JsonObject, patch: JsonObject): JsonValue =>
  applyStrategicMergePatch(document, patch, type);
const spec = (document: JsonObject, patch: JsonObject): JsonValue => {
  const result = patched({ spec: document }, { spec: patch }) as JsonObject;
  return result.spec ?? null;
};

describe("lists", () => {
  test("with a merge key are merged by it, in the order of the patch where it gives one", () => {
    const containers = [
      { name: "a", image: "1", env: [{ name: "E", value: "1" }] },
      { name: "b", image: "2" },
    ];
    const patch = [
      { name: "c", image: "3" },
      { name: "a", env: [{ name: "F", value: "2" }] },
    ];
    expect(spec({ containers }, { containers: patch })).toEqual({
      containers: [
        { name: "c", image: "3" },
        {
          name: "a",
          image: "1",
          env: [
            { name: "F", value: "2" },
            { name: "E", value: "1" },
          ],
        },
        { name: "b", image: "2" },
      ],
    });
  });

  test("without a strategy are replaced", () => {
    expect(spec({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }] })).toEqual({
      tolerations: [{ key: "b" }],
    });
  });

  test("of values that merge are sets", () => {
    const result = patched(
      { metadata: { finalizers: ["a", "b"] } },
      { metadata: { finalizers: ["b", "c"] } },
    );
    expect(result).toEqual({ metadata: { finalizers: ["a", "b", "c"] } });
  });
});

describe("directives", () => {
  test("null takes a field out", () => {
    expect(spec({ nodeName: "a", hostname: "b" }, { nodeName: null })).toEqual({ hostname: "b" });
  });

  test("$patch: delete takes an item out, or empties a map", () => {
    const containers = [{ name: "a" }, { name: "b" }];
    expect(spec({ containers }, { containers: [{ $patch: "delete", name: "a" }] })).toEqual({
      containers: [{ name: "b" }],
    });
    expect(
      spec({ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: "delete" } }),
    ).toEqual({
      securityContext: {},
    });
  });

  test("$patch: replace takes the place of a list or a map", () => {
    const containers = [{ name: "a" }, { name: "b" }];
    expect(spec({ containers }, { containers: [{ name: "c" }, { $patch: "replace" }] })).toEqual({
      containers: [{ name: "c" }],
    });
    expect(
      patched(
        { metadata: { labels: { a: "b" } } },
        { metadata: { labels: { $patch: "replace", c: "d" } } },
      ),
    ).toEqual({
      metadata: { labels: { c: "d" } },
    });
  });

  test("$retainKeys takes out what it does not name", () => {
    const volumes = [{ name: "v", emptyDir: {} }];
    const patch = [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }];
    expect(spec({ volumes }, { volumes: patch })).toEqual({
      volumes: [{ name: "v", hostPath: { path: "/" } }],
    });
  });

  test("$setElementOrder orders a list, also without a change of its items", () => {
    const containers = [{ name: "a" }, { name: "b" }];
    const order = { "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }] };
    expect(spec({ containers }, { ...order, containers: [{ name: "c", image: "x" }] })).toEqual({
      containers: [{ name: "c", image: "x" }, { name: "b" }, { name: "a" }],
    });
    expect(
      spec({ containers }, { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] }),
    ).toEqual({
      containers: [{ name: "b" }, { name: "a" }],
    });
  });

  test("$deleteFromPrimitiveList takes values out", () => {
    const result = patched(
      { metadata: { finalizers: ["a", "b"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
    );
    expect(result).toEqual({ metadata: { finalizers: ["b"] } });
  });
});

describe("refuses", () => {
  test("items without their merge key", () => {
    const error = refusal(() => spec({ containers: [] }, { containers: [{ image: "x" }] }));
    expect(error.message).toBe("map: map[image:x] does not contain declared merge key: name");
  });

  test("directives that there are not", () => {
    for (const $patch of ["bogus", "merge"]) {
      const error = refusal(() => spec({ containers: [] }, { $patch }));
      expect(error.message).toBe(`unknown patch type: ${$patch} in map: map[$patch:${$patch}]`);
    }
  });

  test("an order that leaves out items of the patch", () => {
    const patch = { "$setElementOrder/containers": [{ name: "a" }], containers: [{ name: "b" }] };
    expect(refusal(() => spec({ containers: [{ name: "a" }] }, patch)).message).toContain(
      "The order in patch list:",
    );
  });
});

test("keys of prototypes are keys", () => {
  const patch = parseJson(
    Buffer.from('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}'),
  );
  const result = applyStrategicMergePatch({ metadata: {} }, patch as JsonObject, type);
  expect(JSON.stringify(result)).toBe(
    '{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}',
  );
});

test("neither argument is changed or shared", () => {
  const document = frozen({ spec: { containers: [{ name: "a", env: [{ name: "E" }] }] } });
  const patch = frozen({
    spec: { containers: [{ name: "b", env: [] }], tolerations: [{ key: "k" }] },
  });
  const result = patched(document, patch) as typeof document & typeof patch;
  expect(result.spec.containers[0]).not.toBe(document.spec.containers[0]);
  expect(result.spec.tolerations).not.toBe(patch.spec.tolerations);
});
