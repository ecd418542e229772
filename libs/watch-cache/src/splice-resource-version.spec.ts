import { describe, expect, it } from "vitest";
import { spliceResourceVersion } from "./splice-resource-version.ts";

function spliced(text: string, revision = 7n): string {
  return spliceResourceVersion(Buffer.from(text), revision).toString();
}

describe("the ready bytes of a stored object", () => {
  it("have the resourceVersion as the first field of metadata", () => {
    expect(spliced('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":{}}')).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"a"},"spec":{}}',
    );
  });

  it("are valid when metadata was empty", () => {
    expect(spliced('{"kind":"K","apiVersion":"v1","metadata":{}}')).toBe(
      '{"kind":"K","apiVersion":"v1","metadata":{"resourceVersion":"7"}}',
    );
  });

  it("never take another object's metadata for the object's own", () => {
    const text = '{"kind":"K","spec":{"metadata":{"name":"x"}},"metadata":{"name":"a"}}';
    expect(JSON.parse(spliced(text))).toEqual({
      kind: "K",
      spec: { metadata: { name: "x" } },
      metadata: { name: "a", resourceVersion: "7" },
    });
  });

  it("carry revisions beyond 2^53 and other large integers exactly", () => {
    const text = '{"spec":{"n":9007199254740993},"kind":"K"}';
    expect(spliced(text, 2n ** 60n)).toBe(
      '{"spec":{"n":9007199254740993},"kind":"K","metadata":{"resourceVersion":"1152921504606846976"}}',
    );
  });
});
