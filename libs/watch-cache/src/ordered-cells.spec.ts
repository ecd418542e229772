import { compareNames } from "@kubets/storage";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheEntry } from "./cache-entry.ts";
import { EntryBudgets } from "./form-budget.ts";
import { type Cell, OrderedCells } from "./ordered-cells.ts";
import { podKey } from "./testing/pods.ts";

const entry = new CacheEntry({
  key: podKey("a"),
  revision: 1n,
  bytes: Buffer.from("{}"),
  budgets: new EntryBudgets(0),
});

function textOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

describe("ordered cells", () => {
  it("walk and count as a sorted array would, over any inserts and removals", () => {
    const place = fc.record({
      namespace: fc.constantFrom("", "a", "a-b", "b"),
      name: fc.integer({ min: 0, max: 3_000 }).map((n) => `n${n}`),
      isRemoved: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1_500, maxLength: 2_500 }), (places) => {
        const cells = new OrderedCells();
        const model = new Map<string, Cell>();
        for (const { namespace, name, isRemoved } of places) {
          const text = textOf({ namespace, name });
          const old = model.get(text);
          if (old === undefined) {
            const cell: Cell = { namespace, name, entry, indexValues: [] };
            model.set(text, cell);
            cells.insert(cell);
          } else if (isRemoved) {
            model.delete(text);
            cells.remove(old);
          }
        }
        const sorted = [...model.values()].sort(compareNames);
        expect([...cells.walk({})]).toEqual(sorted);
        expect(cells.size).toBe(sorted.length);
        for (const [i, after] of [
          ...places.slice(0, 3),
          { namespace: "a", name: "n5x" },
        ].entries()) {
          const behind = sorted.filter((cell) => compareNames(cell, after) > 0);
          expect([...cells.walk({ after })]).toEqual(behind);
          const namespace = i % 2 ? "a" : after.namespace;
          const inside = behind.filter((cell) => cell.namespace === namespace);
          if (namespace === after.namespace) {
            expect([...cells.walk({ namespace, after })]).toEqual(inside);
            expect(cells.countAfter(after, namespace)).toBe(inside.length);
          }
          expect(cells.countAfter(after)).toBe(behind.length);
        }
        const own = sorted.filter((cell) => cell.namespace === "a");
        expect([...cells.walk({ namespace: "a" })]).toEqual(own);
      }),
      { numRuns: 10 },
    );
  });
});
