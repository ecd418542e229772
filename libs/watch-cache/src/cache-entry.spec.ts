import { describe, expect, it } from "vitest";
import { CacheEntry } from "./cache-entry.ts";
import { EntryBudgets } from "./form-budget.ts";
import { podKey } from "./testing/pods.ts";

describe("a cache entry", () => {
  it("shows the object of its writer while it is new, and later one that is made from its bytes", () => {
    const budgets = new EntryBudgets(1_000);
    const write = (name: string) => {
      const decoded = { kind: "Pod", metadata: { name } };
      const bytes = Buffer.from(JSON.stringify(decoded));
      return {
        decoded,
        entry: new CacheEntry({ key: podKey(name), revision: 7n, bytes, decoded, budgets }),
      };
    };
    const first = write("a");
    const shown = { kind: "Pod", metadata: { name: "a", resourceVersion: "7" } };
    expect(first.entry.object).toBe(first.decoded);
    for (const name of ["b", "c", "d"]) write(name);
    expect(first.entry.object).not.toBe(first.decoded);
    expect(first.entry.object).toEqual(shown);
    expect(JSON.parse(String(first.entry.json))).toEqual(shown);
    expect(budgets.objects.bytes).toBeLessThanOrEqual(1_000);
  });
});
