/**
 * A binary heap whose items are also found by key, so that one can be replaced or taken out in
 * O(log n). Among items that compare equal the one that came first leaves first.
 */
interface Entry<K, T> {
  readonly key: K;
  item: T;
  order: number;
  index: number;
}

export class KeyedHeap<K, T> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #entries: Entry<K, T>[] = [];
  readonly #byKey = new Map<K, Entry<K, T>>();
  #order = 0;

  /** `before` tells whether `a` leaves before `b`. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }
  get size(): number {
    return this.#entries.length;
  }
  has(key: K): boolean {
    return this.#byKey.has(key);
  }
  get(key: K): T | undefined {
    return this.#byKey.get(key)?.item;
  }
  /** Puts in an item; one with the same key is replaced. */
  set(key: K, item: T): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.item = item;
      this.#up(known);
      this.#down(known);
      return;
    }
    const entry = { key, item, order: this.#order++, index: this.#entries.length };
    this.#entries.push(entry);
    this.#byKey.set(key, entry);
    this.#up(entry);
  }
  peek(): T | undefined {
    return this.#entries[0]?.item;
  }
  pop(): T | undefined {
    const first = this.#entries[0];
    if (first === undefined) return undefined;
    this.#remove(first);
    return first.item;
  }
  delete(key: K): T | undefined {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return undefined;
    this.#remove(entry);
    return entry.item;
  }
  clear(): void {
    this.#entries.length = 0;
    this.#byKey.clear();
  }
  /** In no particular order. */
  *values(): IterableIterator<T> {
    for (const entry of this.#entries) yield entry.item;
  }

  #remove(entry: Entry<K, T>): void {
    this.#byKey.delete(entry.key);
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    last.index = entry.index;
    this.#entries[entry.index] = last;
    this.#up(last);
    this.#down(last);
  }
  #leavesBefore(a: Entry<K, T>, b: Entry<K, T>): boolean {
    if (this.#before(a.item, b.item)) return true;
    return !this.#before(b.item, a.item) && a.order < b.order;
  }
  #swap(a: Entry<K, T>, b: Entry<K, T>): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.#entries[a.index] = a;
    this.#entries[b.index] = b;
  }
  #up(entry: Entry<K, T>): void {
    while (entry.index > 0) {
      const parent = this.#entries[(entry.index - 1) >> 1];
      if (parent === undefined || !this.#leavesBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }
  #down(entry: Entry<K, T>): void {
    for (;;) {
      const left = this.#entries[entry.index * 2 + 1];
      const right = this.#entries[entry.index * 2 + 2];
      if (left === undefined) return;
      const child = right !== undefined && this.#leavesBefore(right, left) ? right : left;
      if (!this.#leavesBefore(child, entry)) return;
      this.#swap(child, entry);
    }
  }
}
