/**
 * What the kernel holds, remembered instead of listed, and the way from there to what is wanted now: only what is
 * different, in an order in which no packet meets a chain that is not there yet or not there any more.
 *
 * Chains and sets that nobody needs are emptied of their users at once and removed by a later `takeStale`: kernels
 * before 6.4 may still count a use by a map element that has just been deleted.
 * Upstream: pkg/proxy/nftables/proxier.go staleChains @1.36
 */
import { type Element, EMPTY_FRAGMENT, type Fragment } from "./rule-set.ts";
import type { TableShape } from "./table-shape.ts";
import type { Group, Operation } from "./transaction.ts";

interface Stale {
  readonly kind: "chain" | "set";
  readonly atMs: number;
}

export class RuleBook {
  readonly #fragments = new Map<string, Fragment>();
  /** Which owners want an element; the kernel has the value of the first by name. */
  readonly #claims = new Map<string, Map<string, Element>>();
  readonly #stale = new Map<string, Stale>();

  /** How many owners have something in the table. */
  get size(): number {
    return this.#fragments.size;
  }
  /** Chains and sets that wait for their removal. */
  get staleSize(): number {
    return this.#stale.size;
  }
  fragment(owner: string): Fragment {
    return this.#fragments.get(owner) ?? EMPTY_FRAGMENT;
  }
  owners(): string[] {
    return [...this.#fragments.keys()];
  }
  /** What the kernel must have, in numbers. */
  shape(): TableShape {
    const chains = new Map<string, number>();
    const elements = new Map<string, number>();
    for (const fragment of this.#fragments.values()) {
      for (const [name, rules] of fragment.chains) chains.set(name, rules.length);
    }
    for (const claims of this.#claims.values()) {
      const into = winner(claims)?.in;
      if (into !== undefined) elements.set(into, (elements.get(into) ?? 0) + 1);
    }
    return { chains, elements };
  }
  /** The kernel's table is new and empty. */
  clear(): void {
    this.#fragments.clear();
    this.#claims.clear();
    this.#stale.clear();
  }

  /** Takes note of what these owners want now, and returns what has to be done for it. */
  change(wanted: ReadonlyMap<string, Fragment>, nowMs: number): Group[] {
    const build: Group[] = [];
    const rewrite: Group[] = [];
    const before = new Map<string, Element | undefined>();
    for (const [owner, fragment] of wanted) {
      const old = this.fragment(owner);
      this.#changeSets(old, fragment, build, nowMs);
      this.#changeChains(old, fragment, { build, rewrite }, nowMs);
      this.#changeClaims(owner, old, fragment, before);
      if (isEmpty(fragment)) this.#fragments.delete(owner);
      else this.#fragments.set(owner, fragment);
    }
    return [...build, ...rewrite, ...this.#elementGroups(before)];
  }

  /** Removes from the books what has been stale since `beforeMs`, and returns how to remove it from the kernel. */
  takeStale(beforeMs: number): Group[] {
    const due = [...this.#stale].filter(([, { atMs }]) => atMs <= beforeMs);
    for (const [name] of due) this.#stale.delete(name);
    const chains = due.filter(([, { kind }]) => kind === "chain").map(([name]) => name);
    const sets = due.filter(([, { kind }]) => kind === "set").map(([name]) => name);
    // Emptied all before any is removed: chains refer to each other, and rules to sets.
    return [
      ...chains.map((name): Group => [{ kind: "flushChain", name }]),
      ...chains.map((name): Group => [{ kind: "deleteChain", name }]),
      ...sets.map((name): Group => [{ kind: "deleteSet", name }]),
    ];
  }

  #changeSets(old: Fragment, fragment: Fragment, build: Group[], nowMs: number): void {
    for (const [name, definition] of fragment.sets) {
      if (old.sets.get(name) === definition) continue;
      build.push([{ kind: "addSet", name, definition }]);
      this.#stale.delete(name);
    }
    for (const name of old.sets.keys()) {
      if (!fragment.sets.has(name)) this.#stale.set(name, { kind: "set", atMs: nowMs });
    }
  }

  #changeChains(
    old: Fragment,
    fragment: Fragment,
    groups: { readonly build: Group[]; readonly rewrite: Group[] },
    nowMs: number,
  ): void {
    for (const [name, rules] of fragment.chains) {
      const known = old.chains.get(name);
      if (known === undefined) {
        groups.build.push([
          { kind: "addChain", name },
          { kind: "setRules", name, rules },
        ]);
        this.#stale.delete(name);
      } else if (!sameRules(known, rules)) {
        groups.rewrite.push([{ kind: "setRules", name, rules }]);
      }
    }
    for (const name of old.chains.keys()) {
      if (!fragment.chains.has(name)) this.#stale.set(name, { kind: "chain", atMs: nowMs });
    }
  }

  #changeClaims(
    owner: string,
    old: Fragment,
    fragment: Fragment,
    before: Map<string, Element | undefined>,
  ): void {
    const touch = (id: string) => {
      const claims = this.#claims.get(id) ?? new Map<string, Element>();
      if (!before.has(id)) before.set(id, winner(claims));
      this.#claims.set(id, claims);
      return claims;
    };
    for (const element of old.elements) touch(idOf(element)).delete(owner);
    for (const element of fragment.elements) touch(idOf(element)).set(owner, element);
  }

  #elementGroups(before: ReadonlyMap<string, Element | undefined>): Group[] {
    const groups: Group[] = [];
    const sorted = [...before].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [id, had] of sorted) {
      const claims = this.#claims.get(id);
      const has = claims === undefined ? undefined : winner(claims);
      if (claims?.size === 0) this.#claims.delete(id);
      if (had?.value === has?.value && (had === undefined) === (has === undefined)) continue;
      const group: Operation[] = [];
      if (had !== undefined) group.push({ kind: "deleteElement", element: had });
      if (has !== undefined) group.push({ kind: "addElement", element: has });
      groups.push(group);
    }
    return groups;
  }
}

const idOf = ({ in: into, key }: Element) => `${into} ${key}`;
const isEmpty = ({ chains, sets, elements }: Fragment) =>
  chains.size === 0 && sets.size === 0 && elements.length === 0;
const sameRules = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((rule, index) => rule === b[index]);

/** Two Services may claim one address and port; the choice must not depend on the order of events. */
function winner(claims: ReadonlyMap<string, Element>): Element | undefined {
  let first: string | undefined;
  for (const owner of claims.keys()) if (first === undefined || owner < first) first = owner;
  return first === undefined ? undefined : claims.get(first);
}
