/** Numbers by topology key and value: `zone` → `a` → 3. */
export class TopologyCounts {
  readonly #byKey = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }
  keys(): Iterable<string> {
    return this.#byKey.keys();
  }
  get(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value) ?? 0;
  }
  /** The counts of a key by value; absent when nothing was ever counted for it. */
  values(key: string): ReadonlyMap<string, number> | undefined {
    return this.#byKey.get(key);
  }
  add(key: string, value: string, by: number): void {
    let values = this.#byKey.get(key);
    if (values === undefined) {
      values = new Map();
      this.#byKey.set(key, values);
    }
    values.set(value, (values.get(value) ?? 0) + by);
  }
  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, values] of this.#byKey) copy.#byKey.set(key, new Map(values));
    return copy;
  }
  /** Whether any count is not zero. */
  hasAny(): boolean {
    for (const values of this.#byKey.values()) {
      for (const count of values.values()) if (count !== 0) return true;
    }
    return false;
  }
}
