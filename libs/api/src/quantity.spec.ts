import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type QuantityFormat,
  quantityFromMilli,
  quantityMilli,
  subtractQuantities,
} from "./quantity.ts";

const format = fc.constantFrom<QuantityFormat>("BinarySI", "DecimalSI", "DecimalExponent");
const nanos = fc.bigInt(-(2n ** 70n), 2n ** 70n);

describe("a quantity", () => {
  it("keeps its value through its canonical text", () => {
    fc.assert(
      fc.property(nanos, format, (value, family) => {
        const text = formatQuantity({ nanos: value, format: family });
        expect(parseQuantity(text).nanos).toBe(value);
        expect(canonicalQuantity(text)).toBe(text);
      }),
    );
  });

  it("adds and subtracts exactly", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), format, (a, b, family) => {
        const left = quantityFromMilli(BigInt(a), family);
        const right = quantityFromMilli(BigInt(b));
        const sum = addQuantities(left, right);
        expect(quantityMilli(sum)).toBe(BigInt(a) + BigInt(b));
        expect(compareQuantities(subtractQuantities(sum, right), left)).toBe(0);
      }),
    );
  });

  it("rounds away from zero when it is counted in coarser units", () => {
    expect(quantityMilli("1n")).toBe(1n);
    expect(quantityMilli("-1n")).toBe(-1n);
    expect(quantityMilli("1500u")).toBe(2n);
  });
});
