import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtoReader } from "./proto-reader.ts";
import { ProtoWriter } from "./proto-writer.ts";

type Item =
  | { readonly kind: "byte"; readonly value: number }
  | { readonly kind: "integer"; readonly value: number | bigint }
  | { readonly kind: "string"; readonly value: string };

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.nat(127).map((value): Item => ({ kind: "byte", value })),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value): Item => ({ kind: "integer", value })),
  fc.maxSafeInteger().map((value): Item => ({ kind: "integer", value })),
  fc
    .tuple(fc.string({ unit: "grapheme", maxLength: 80 }), fc.nat(40))
    .map(([text, times]): Item => ({ kind: "string", value: text.repeat(times) })),
);

describe("what the writer wrote", () => {
  it("is what the reader reads, also when the buffer had to grow on the way", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 400, size: "max" }), (items) => {
        const writer = new ProtoWriter();
        for (const one of [...items].reverse()) {
          if (one.kind === "byte") writer.byte(one.value);
          else if (one.kind === "integer") writer.integer(one.value);
          else writer.string(one.value);
        }
        const reader = new ProtoReader(writer.finish());
        for (const one of items) {
          if (one.kind === "byte") expect(reader.tag()).toBe(one.value);
          else if (one.kind === "integer") {
            expect(BigInt(reader.int64())).toBe(BigInt(one.value));
          } else expect(reader.string()).toBe(one.value);
        }
        expect(reader.position).toBe(reader.end);
      }),
      { numRuns: 200 },
    );
  });

  it("is independent of the message before", () => {
    const writer = new ProtoWriter();
    writer.string("x".repeat(2_000_000));
    writer.finish();
    writer.string("a");
    expect([...writer.finish()]).toEqual([1, 97]);
  });
});
