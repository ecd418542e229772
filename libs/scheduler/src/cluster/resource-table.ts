/**
 * What nodes offer and what is taken, one typed array per resource, a node being a slot in each: a
 * filter or a score over many nodes walks through memory in order.
 *
 * Amounts are numbers: cpu in thousandths, all else in whole units, exact up to 2^53.
 */
export const CPU = 0;
export const MEMORY = 1;
export const EPHEMERAL_STORAGE = 2;
const FIXED_RESOURCES = ["cpu", "memory", "ephemeral-storage"] as const;

export class ResourceTable {
  #capacity: number;
  readonly #columns = new Map<string, number>(
    FIXED_RESOURCES.map((name, column) => [name, column]),
  );
  /** [column][slot] */
  readonly allocatable: Float64Array[];
  readonly requested: Float64Array[];
  /** Requests in which containers that ask for nothing count as asking for a little. */
  nonZeroMilliCpu: Float64Array;
  nonZeroMemory: Float64Array;
  podsAllowed: Float64Array;
  podCount: Float64Array;

  constructor(capacity = 64) {
    this.#capacity = capacity;
    this.allocatable = FIXED_RESOURCES.map(() => new Float64Array(capacity));
    this.requested = FIXED_RESOURCES.map(() => new Float64Array(capacity));
    this.nonZeroMilliCpu = new Float64Array(capacity);
    this.nonZeroMemory = new Float64Array(capacity);
    this.podsAllowed = new Float64Array(capacity);
    this.podCount = new Float64Array(capacity);
  }
  get capacity(): number {
    return this.#capacity;
  }

  /** The column of a resource, made when it is new. */
  column(resource: string): number {
    const known = this.#columns.get(resource);
    if (known !== undefined) return known;
    const column = this.allocatable.length;
    this.#columns.set(resource, column);
    this.allocatable.push(new Float64Array(this.#capacity));
    this.requested.push(new Float64Array(this.#capacity));
    return column;
  }

  /** Makes room for the slot. */
  reserve(slot: number): void {
    if (slot < this.#capacity) return;
    const capacity = Math.max(slot + 1, this.#capacity * 2);
    const grown = (old: Float64Array) => {
      const array = new Float64Array(capacity);
      array.set(old);
      return array;
    };
    for (let i = 0; i < this.allocatable.length; i++) {
      this.allocatable[i] = grown(this.allocatable[i] ?? new Float64Array());
      this.requested[i] = grown(this.requested[i] ?? new Float64Array());
    }
    this.nonZeroMilliCpu = grown(this.nonZeroMilliCpu);
    this.nonZeroMemory = grown(this.nonZeroMemory);
    this.podsAllowed = grown(this.podsAllowed);
    this.podCount = grown(this.podCount);
    this.#capacity = capacity;
  }

  clear(slot: number): void {
    for (const column of this.allocatable) column[slot] = 0;
    for (const column of this.requested) column[slot] = 0;
    this.nonZeroMilliCpu[slot] = 0;
    this.nonZeroMemory[slot] = 0;
    this.podsAllowed[slot] = 0;
    this.podCount[slot] = 0;
  }

  clearAllocatable(slot: number): void {
    for (const column of this.allocatable) column[slot] = 0;
    this.podsAllowed[slot] = 0;
  }

  /** Copies a slot of another table into a slot of this one. */
  copyFrom(other: ResourceTable, otherSlot: number, slot: number): void {
    this.reserve(slot);
    this.clear(slot);
    for (const [resource, column] of other.#columns) {
      const own = this.column(resource);
      set(this.allocatable, own, slot, at(other.allocatable, column, otherSlot));
      set(this.requested, own, slot, at(other.requested, column, otherSlot));
    }
    this.nonZeroMilliCpu[slot] = other.nonZeroMilliCpu[otherSlot] ?? 0;
    this.nonZeroMemory[slot] = other.nonZeroMemory[otherSlot] ?? 0;
    this.podsAllowed[slot] = other.podsAllowed[otherSlot] ?? 0;
    this.podCount[slot] = other.podCount[otherSlot] ?? 0;
  }
}

export function at(columns: readonly Float64Array[], column: number, slot: number): number {
  return columns[column]?.[slot] ?? 0;
}

export function set(
  columns: readonly Float64Array[],
  column: number,
  slot: number,
  value: number,
): void {
  const array = columns[column];
  if (array !== undefined) array[slot] = value;
}
