import { compareNames } from "@kubets/storage";
import type { CacheEntry } from "./cache-entry.ts";

/** One key of a resource: the entry changes, the place in the order does not. */
export interface Cell {
  readonly namespace: string;
  readonly name: string;
  entry: CacheEntry;
  /** In the order of the resource's indexes. */
  readonly indexValues: (string | undefined)[];
}

interface Position {
  readonly namespace: string;
  readonly name: string;
}

const chunkMax = 512;
/** Putting so many in their places takes two or three milliseconds. */
const freshMax = 1_024;

/**
 * Cells in order of namespace and name. An array of short arrays: an insert moves some hundred pointers, not
 * all of them, and a walk is as fast as over one array.
 *
 * To find the place of one cell means to look at a dozen others that nothing has touched for long. Where much is written
 * and little listed, new cells therefore wait until somebody asks for the order, or until they are many: neighbours
 * find what the one before them has just looked at.
 */
export class OrderedCells {
  #chunks: Cell[][] = [];
  readonly #fresh = new Set<Cell>();
  #placed = 0;

  get size(): number {
    return this.#placed + this.#fresh.size;
  }

  insert(cell: Cell): void {
    this.#fresh.add(cell);
    if (this.#fresh.size >= freshMax) this.#placeAll();
  }

  remove(cell: Cell): void {
    if (this.#fresh.delete(cell)) return;
    const c = this.#chunkOf(cell);
    const chunk = this.#chunks[c];
    if (chunk === undefined) return;
    const i = lowerBound(chunk, cell);
    if (chunk[i] !== cell) return;
    this.#placed -= 1;
    chunk.splice(i, 1);
    if (chunk.length === 0) this.#chunks.splice(c, 1);
  }

  /** Cells behind a position (all without one), of one namespace if it is given. */
  *walk(options: {
    readonly namespace?: string | undefined;
    readonly after?: Position | undefined;
  }): Generator<Cell, void> {
    this.#placeAll();
    const { namespace, after } = options;
    const from = after ?? (namespace === undefined ? undefined : { namespace, name: "" });
    let c = from === undefined ? 0 : this.#chunkOf(from);
    const first = this.#chunks[c];
    let i = from === undefined || first === undefined ? 0 : lowerBound(first, from);
    for (; c < this.#chunks.length; c++, i = 0) {
      const chunk = this.#chunks[c];
      if (chunk === undefined) return;
      for (; i < chunk.length; i++) {
        const cell = chunk[i];
        if (cell === undefined) return;
        if (namespace !== undefined && cell.namespace !== namespace) return;
        if (after === undefined || compareNames(cell, after) !== 0) yield cell;
      }
    }
  }

  /** How many cells lie behind a position, of one namespace if it is given. */
  countAfter(position: Position, namespace?: string): number {
    this.#placeAll();
    const end =
      namespace === undefined
        ? this.#placed
        : this.#rank({ namespace: `${namespace}\0`, name: "" });
    return Math.max(
      0,
      end - this.#rank({ namespace: position.namespace, name: `${position.name}\0` }),
    );
  }

  #placeAll(): void {
    if (this.#fresh.size === 0) return;
    const fresh = [...this.#fresh].sort(compareNames);
    this.#fresh.clear();
    this.#placed += fresh.length;
    for (const cell of fresh) this.#place(cell);
  }

  #place(cell: Cell): void {
    const c = this.#chunkOf(cell);
    const chunk = this.#chunks[c];
    if (chunk === undefined) {
      const last = this.#chunks.at(-1);
      // What comes in order is appended: at the start, everything.
      if (last !== undefined && last.length < chunkMax) last.push(cell);
      else this.#chunks.push([cell]);
      return;
    }
    chunk.splice(lowerBound(chunk, cell), 0, cell);
    if (chunk.length > chunkMax) {
      this.#chunks.splice(c + 1, 0, chunk.splice(chunk.length >>> 1));
    }
  }

  /** How many cells lie before a position. */
  #rank(position: Position): number {
    const c = this.#chunkOf(position);
    let rank = 0;
    for (let i = 0; i < c; i++) rank += this.#chunks[i]?.length ?? 0;
    const chunk = this.#chunks[c];
    return chunk === undefined ? rank : rank + lowerBound(chunk, position);
  }

  /** The first chunk whose last cell is not before the position; behind the last one if there is none. */
  #chunkOf(position: Position): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = this.#chunks[middle]?.at(-1);
      if (last !== undefined && compareNames(last, position) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first cell that is not before the position. */
function lowerBound(chunk: readonly Cell[], position: Position): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const cell = chunk[middle];
    if (cell !== undefined && compareNames(cell, position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
