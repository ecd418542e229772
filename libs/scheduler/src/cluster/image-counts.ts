/** How many nodes have each image. */
export class ImageCounts {
  readonly #nodes = new Map<string, number>();
  #version = 0;

  /** Changes whenever an answer of `nodes`, or the number of nodes, may have changed. */
  get version(): number {
    return this.#version;
  }
  nodes(name: string): number {
    return this.#nodes.get(name) ?? 0;
  }
  nodeCountChanged(): void {
    this.#version++;
  }
  /** One node's images, before and after. */
  replace(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    let isChanged = false;
    for (const [name, size] of before) {
      if (after.get(name) === size) continue;
      isChanged = true;
      if (after.has(name)) continue;
      const count = (this.#nodes.get(name) ?? 1) - 1;
      if (count === 0) this.#nodes.delete(name);
      else this.#nodes.set(name, count);
    }
    for (const name of after.keys()) {
      if (before.has(name)) continue;
      isChanged = true;
      this.#nodes.set(name, (this.#nodes.get(name) ?? 0) + 1);
    }
    if (isChanged) this.#version++;
  }
}
