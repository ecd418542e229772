import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRange, nextPodCidr, parseRange } from "./plan.ts";

const cluster = parseRange("10.244.0.0/16");

describe("pod ranges for nodes", () => {
  it.each([
    [[], "10.244.0.0/24"],
    [["10.244.0.0/24"], "10.244.1.0/24"],
    [["10.244.1.0/24"], "10.244.0.0/24"],
    [["10.244.0.0/22"], "10.244.4.0/24"],
    [["10.9.0.0/24"], "10.244.0.0/24"],
    [["10.244.0.128/25"], "10.244.1.0/24"],
  ])("with %j taken the next is %s", (used, next) => {
    expect(nextPodCidr(cluster, 24, used)).toBe(next);
  });
  it("come to an end", () => {
    const used = Array.from({ length: 256 }, (_, index) => `10.244.${index}.0/24`);
    expect(nextPodCidr(cluster, 24, used)).toBeUndefined();
  });
  it("are never given twice", () => {
    const used: string[] = [];
    for (
      let next = nextPodCidr(cluster, 20, used);
      next !== undefined;
      next = nextPodCidr(cluster, 20, used)
    ) {
      used.push(next);
    }
    expect(new Set(used).size).toBe(16);
  });
  it("are written as they are read", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 32 }),
        (address, bits) => {
          const size = 2 ** (32 - bits);
          const range = { base: Math.floor(address / size) * size, bits };
          expect(parseRange(formatRange(range))).toEqual(range);
        },
      ),
    );
  });
  it.each(["10.244.0.1/16", "10.244.0.0", "10.256.0.0/16", "fd00::/64", "10.0.0.0/33"])(
    "refuse %s",
    (text) => {
      expect(() => parseRange(text)).toThrow(RangeError);
    },
  );
});
