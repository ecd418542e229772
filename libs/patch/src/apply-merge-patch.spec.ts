import { type JsonValue, parseJson } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { applyMergePatch } from "./index.ts";
import { frozen, refusal } from "./testing/samples.ts";

describe("the examples of RFC 7386", () => {
  test.each<[JsonValue, JsonValue, JsonValue]>([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j", (document, patch, result) => {
    expect(applyMergePatch(document, patch)).toEqual(result);
  });
});

test("what is no object is refused with 400", () => {
  expect(refusal(() => applyMergePatch({}, [1])).code).toBe(400);
  expect(refusal(() => applyMergePatch({}, "x")).code).toBe(400);
});

test("keys of prototypes are keys", () => {
  const patch = parseJson(Buffer.from('{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}'));
  const result = applyMergePatch({ a: 1 }, patch);
  expect(JSON.stringify(result)).toBe(
    '{"a":1,"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}',
  );
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test("neither argument is changed or shared", () => {
  const document = frozen({ a: { b: [1] }, c: {} });
  const patch = frozen({ c: { d: [2] } });
  const result = applyMergePatch(document, patch) as typeof document & { c: { d: unknown } };
  expect(result.a).not.toBe(document.a);
  expect(result.c.d).not.toBe(patch.c.d);
});
