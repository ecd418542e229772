import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RuleBook } from "./rule-book.ts";
import { EMPTY_FRAGMENT, type Fragment } from "./rule-set.ts";
import { chunks, type Operation, transactionText } from "./transaction.ts";

/** A kernel of maps: refuses what a real one refuses. */
class TableModel {
  readonly chains = new Map<string, readonly string[]>();
  readonly elements = new Map<string, string>();

  apply(operations: readonly Operation[]): void {
    for (const operation of operations) {
      switch (operation.kind) {
        case "addChain":
          if (!this.chains.has(operation.name)) this.chains.set(operation.name, []);
          break;
        case "setRules":
        case "flushChain":
          if (!this.chains.has(operation.name)) throw new Error(`no chain ${operation.name}`);
          this.chains.set(operation.name, operation.kind === "setRules" ? operation.rules : []);
          break;
        case "deleteChain":
          for (const rules of [...this.chains.values(), [...this.elements.values()]]) {
            if (rules.some((rule) => rule.endsWith(` ${operation.name}`)))
              throw new Error(`${operation.name} is in use`);
          }
          if (!this.chains.delete(operation.name)) throw new Error(`no chain ${operation.name}`);
          break;
        case "addElement": {
          const { in: into, key, value = "" } = operation.element;
          const id = `${into} ${key}`;
          if (this.elements.has(id) && this.elements.get(id) !== value)
            throw new Error(`${id} has another value`);
          this.#mustHave(value);
          this.elements.set(id, value);
          break;
        }
        case "deleteElement":
          if (!this.elements.delete(`${operation.element.in} ${operation.element.key}`))
            throw new Error(`no element ${operation.element.key}`);
          break;
        default:
          break;
      }
    }
    for (const rules of this.chains.values()) for (const rule of rules) this.#mustHave(rule);
  }

  #mustHave(rule: string): void {
    const [, target] = /^goto (.*)$/.exec(rule) ?? [];
    if (target !== undefined && !this.chains.has(target)) throw new Error(`no chain ${target}`);
  }
}

/** A Service "name" with some endpoints at an address that others may want too. */
function fragment(name: string, endpoints: readonly number[], address: number): Fragment {
  if (endpoints.length === 0) {
    return {
      ...EMPTY_FRAGMENT,
      elements: [{ in: "no-endpoint-services", key: `vip-${address}`, value: "drop" }],
    };
  }
  return {
    ...EMPTY_FRAGMENT,
    chains: new Map<string, readonly string[]>([
      ...endpoints.map((id) => [`endpoint-${name}-${id}`, [`dnat ${id}`]] as const),
      [`service-${name}`, endpoints.map((id) => `goto endpoint-${name}-${id}`)],
    ]),
    elements: [{ in: "service-ips", key: `vip-${address}`, value: `goto service-${name}` }],
  };
}

const change = fc.record({
  name: fc.constantFrom("a", "b", "c"),
  endpoints: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
  address: fc.integer({ min: 1, max: 2 }),
  isGone: fc.boolean(),
  afterMs: fc.constantFrom(0, 600, 2_000),
});

describe("the rule book", () => {
  it("leads any table to what a fresh one would be, in transactions of any size", () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (changes, size) => {
          const table = new TableModel();
          const book = new RuleBook();
          const latest = new Map<string, Fragment>();
          let nowMs = 0;
          for (const { name, endpoints, address, isGone, afterMs } of changes) {
            nowMs += afterMs;
            const wanted = isGone ? EMPTY_FRAGMENT : fragment(name, endpoints, address);
            latest.set(name, wanted);
            const groups = book.change(new Map([[name, wanted]]), nowMs);
            for (const transaction of chunks(groups, size)) table.apply(transaction);
            for (const group of book.takeStale(nowMs - 1_000)) table.apply(group);
          }
          for (const group of book.takeStale(nowMs)) table.apply(group);
          const fresh = new TableModel();
          fresh.apply(new RuleBook().change(latest, 0).flat());
          expect(new Map([...table.chains].sort())).toEqual(new Map([...fresh.chains].sort()));
          expect(new Map([...table.elements].sort())).toEqual(new Map([...fresh.elements].sort()));
          expect(book.staleSize).toBe(0);
        },
      ),
    );
  });
  it("does nothing when nothing is different", () => {
    const book = new RuleBook();
    book.change(new Map([["a", fragment("a", [1], 1)]]), 0);
    expect(book.change(new Map([["a", fragment("a", [1], 1)]]), 0)).toEqual([]);
  });
  it("adds one chain and rewrites one for one more endpoint", () => {
    const book = new RuleBook();
    book.change(new Map([["a", fragment("a", [1], 1)]]), 0);
    const groups = book.change(new Map([["a", fragment("a", [1, 2], 1)]]), 0);
    expect(groups.flat().map((operation) => operation.kind)).toEqual([
      "addChain",
      "setRules",
      "setRules",
    ]);
  });
  it("keeps an old chain for a while, since the kernel may still count its users", () => {
    const book = new RuleBook();
    book.change(new Map([["a", fragment("a", [1], 1)]]), 0);
    book.change(new Map([["a", EMPTY_FRAGMENT]]), 500);
    expect(book.takeStale(400)).toEqual([]);
    expect(book.takeStale(500).map(([first]) => first?.kind)).toEqual([
      "flushChain",
      "flushChain",
      "deleteChain",
      "deleteChain",
    ]);
  });
});

describe("a transaction's text", () => {
  it("gives elements of one map as one list", () => {
    const element = (key: string) => ({ in: "service-ips", key, value: "drop" }) as const;
    expect(
      transactionText(
        [
          { kind: "addElement", element: element("a") },
          { kind: "addElement", element: element("b") },
          { kind: "deleteElement", element: element("c") },
        ],
        "ip",
      ),
    ).toBe(
      "add element ip kube-proxy service-ips { a : drop, b : drop }\ndelete element ip kube-proxy service-ips { c }\n",
    );
  });
});
