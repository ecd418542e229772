/** What plugins remember between the extension points of one pod's attempt. */
export class CycleState {
  readonly #data = new Map<string, unknown>();
  /** Plugins whose Filter or Score has nothing to say about this pod. */
  readonly skippedFilters = new Set<string>();
  readonly skippedScores = new Set<string>();

  /** The plugin that wrote a key reads it back with the same type. */
  read<T>(key: string): T | undefined {
    return this.#data.get(key) as T | undefined;
  }
  write(key: string, value: unknown): void {
    this.#data.set(key, value);
  }
  /** For trying what would be if pods were gone: values that change offer `clone`. */
  clone(): CycleState {
    const copy = new CycleState();
    for (const [key, value] of this.#data)
      copy.#data.set(key, isClonable(value) ? value.clone() : value);
    for (const name of this.skippedFilters) copy.skippedFilters.add(name);
    for (const name of this.skippedScores) copy.skippedScores.add(name);
    return copy;
  }
}

function isClonable(value: unknown): value is { clone(): unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    "clone" in value &&
    typeof value.clone === "function"
  );
}
