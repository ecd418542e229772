import { expect, test } from "vitest";
import { findDuplicateFields } from "../index.ts";
import { typeOf } from "../testing/typed.ts";

const pod = typeOf({ apiVersion: "v1", kind: "Pod" });

test("a field given twice is told once, by path", () => {
  const text =
    '{"spec":{"nodeName":"a","nodeName":"b","nodeName":"c","containers":[{"name":"a","name":"b"}]}}';
  expect(findDuplicateFields(text, pod)).toEqual([
    'duplicate field "spec.nodeName"',
    'duplicate field "spec.containers[0].name"',
  ]);
});

test("names that differ in escapes only are the same name", () => {
  expect(findDuplicateFields('{"kind":"a","k\\u0069nd":"b"}', pod)).toEqual([
    'duplicate field "kind"',
  ]);
});

test("the same name in two objects is no duplicate, nor is text that looks like one", () => {
  const text =
    '{"metadata":{"name":"a","annotations":{"x":"{\\"a\\":1,\\"a\\":2}"}},"spec":{"containers":[{"name":"a"},{"name":"a"}]}}';
  expect(findDuplicateFields(text, pod)).toEqual([]);
});

test("keys of prototypes are keys", () => {
  const text = '{"metadata":{"labels":{"__proto__":"a","constructor":"b","toString":"c"}}}';
  expect(findDuplicateFields(text, pod)).toEqual([]);
});
