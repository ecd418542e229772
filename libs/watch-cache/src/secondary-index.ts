import type { KubeObject } from "@kubets/api";
import type { CacheEntry } from "./cache-entry.ts";
import type { Cell } from "./ordered-cells.ts";

/** How objects of a resource are found by something else than their name. */
export interface Indexer {
  /** As selections name it, for instance "spec.nodeName". */
  readonly name: string;
  /** Undefined: the object is not in this index. */
  readonly value: (object: KubeObject) => string | undefined;
}

/** Cells by the value of one indexer. */
export class SecondaryIndex {
  readonly name: string;
  readonly #indexer: Indexer;
  readonly #cells = new Map<string, Set<Cell>>();
  readonly #onUnreadable: (entry: CacheEntry, error: unknown) => void;

  constructor(indexer: Indexer, onUnreadable: (entry: CacheEntry, error: unknown) => void) {
    this.name = indexer.name;
    this.#indexer = indexer;
    this.#onUnreadable = onUnreadable;
  }

  /** An object that cannot be read is in no index. */
  valueOf(entry: CacheEntry): string | undefined {
    try {
      return this.#indexer.value(entry.object);
    } catch (error) {
      this.#onUnreadable(entry, error);
      return undefined;
    }
  }

  add(value: string | undefined, cell: Cell): void {
    if (value === undefined) return;
    let cells = this.#cells.get(value);
    if (cells === undefined) {
      cells = new Set();
      this.#cells.set(value, cells);
    }
    cells.add(cell);
  }

  remove(value: string | undefined, cell: Cell): void {
    if (value === undefined) return;
    const cells = this.#cells.get(value);
    cells?.delete(cell);
    if (cells?.size === 0) this.#cells.delete(value);
  }

  cells(value: string): ReadonlySet<Cell> {
    return this.#cells.get(value) ?? none;
  }
}

const none: ReadonlySet<Cell> = new Set();
