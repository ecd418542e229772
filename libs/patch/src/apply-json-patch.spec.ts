import { type JsonValue, parseJson } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { applyJsonPatch } from "./index.ts";
import { frozen, refusal } from "./testing/samples.ts";

const REJECTED = "the server rejected our request due to an error in our request";

test("operations run in order, on lists too", () => {
  const patch = [
    { op: "test", path: "/a", value: 1 },
    { op: "add", path: "/b", value: { c: [] } },
    { op: "remove", path: "/a" },
    { op: "add", path: "/l/-", value: 3 },
    { op: "add", path: "/l/0", value: 0 },
    { op: "replace", path: "/l/1", value: "one" },
    { op: "copy", from: "/l/0", path: "/b/c/-" },
    { op: "move", from: "/l", path: "/m~1n" },
  ];
  expect(applyJsonPatch({ a: 1, l: [1, 2] }, patch)).toEqual({
    b: { c: [0] },
    "m/n": [0, "one", 2, 3],
  });
});

test("what is copied is not shared", () => {
  const patch = [
    { op: "copy", from: "/a", path: "/b" },
    { op: "add", path: "/a/x", value: 1 },
  ];
  expect(applyJsonPatch({ a: {} }, patch)).toEqual({ a: { x: 1 }, b: {} });
});

describe("a patch that does not fit is refused with 422 and the fixed text", () => {
  test.each<[string, JsonValue]>([
    ["removing what is not there", { op: "remove", path: "/x" }],
    ["a test that fails", { op: "test", path: "/a", value: 2 }],
    ["a parent that is not there", { op: "add", path: "/x/y", value: 1 }],
    ["an index beyond the list", { op: "add", path: "/l/9", value: 1 }],
    ["an operation that there is not", { op: "frob", path: "/a" }],
    ["no path", { op: "remove" }],
    ["a move from nowhere", { op: "move", path: "/x", from: "/y" }],
    ["an index before the list", { op: "add", path: "/l/-2", value: 1 }],
  ])("%s", (_what, operation) => {
    const error = refusal(() => applyJsonPatch({ a: 1, l: [] }, [operation]));
    expect([error.code, error.message]).toEqual([422, REJECTED]);
  });
});

test("what is missing can be replaced, copied and added as null, and an index counted from the end", () => {
  const patched = applyJsonPatch({ a: 1, l: [1, 2] }, [
    { op: "replace", path: "/x", value: 1 },
    { op: "copy", path: "/y", from: "/nowhere" },
    { op: "add", path: "/z" },
    { op: "test", path: "/nowhere", value: null },
    { op: "add", path: "/l/-1", value: 3 },
    { op: "remove", path: "/l/-3" },
  ]);
  expect(patched).toEqual({ a: 1, l: [2, 3], x: 1, y: null, z: null });
});

test("what is no list of operations is refused with 400", () => {
  expect(refusal(() => applyJsonPatch({}, { op: "add" })).message).toBe(
    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
  );
  expect(refusal(() => applyJsonPatch({}, [1])).code).toBe(400);
});

describe("limits", () => {
  test("10,000 operations are taken, one more is 413", () => {
    const operation = { op: "test", path: "/a", value: 1 };
    expect(applyJsonPatch({ a: 1 }, new Array(10_000).fill(operation))).toEqual({ a: 1 });
    const error = refusal(() => applyJsonPatch({ a: 1 }, new Array(10_001).fill(operation)));
    expect([error.code, error.message]).toEqual([
      413,
      "Request entity is too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    ]);
  });

  test("copies may add three mebibytes, not grow without bound", () => {
    const text = "x".repeat(1 << 20);
    const copies = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ op: "copy", from: "/a", path: `/c${i}` }));
    expect(Object.keys(applyJsonPatch({ a: text }, copies(2)) as object)).toHaveLength(3);
    expect(refusal(() => applyJsonPatch({ a: text }, copies(3))).code).toBe(422);
    const doubling = new Array(60).fill({ op: "copy", from: "", path: "/a/-" });
    expect(refusal(() => applyJsonPatch({ a: [text] }, doubling)).code).toBe(422);
  });
});

test.each(["/__proto__/x", "/constructor/prototype/x", "/a/__proto__/x"])(
  "%s reaches no prototype",
  (path) => {
    expect(refusal(() => applyJsonPatch({ a: {} }, [{ op: "add", path, value: 1 }])).code).toBe(
      422,
    );
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  },
);

test("a value with such keys is data", () => {
  const value = parseJson(Buffer.from('{"__proto__":{"x":1}}'));
  const result = applyJsonPatch({}, [{ op: "add", path: "/a", value }]);
  expect(JSON.stringify(result)).toBe('{"a":{"__proto__":{"x":1}}}');
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test("neither argument is changed or shared", () => {
  const document = frozen({ a: { b: [1] } });
  const patch = frozen([{ op: "add", path: "/c", value: { d: 1 } }]);
  const result = applyJsonPatch(document, patch) as typeof document & { c: unknown };
  expect(result.a).not.toBe(document.a);
  expect(result.c).not.toBe(patch[0]?.value);
});
