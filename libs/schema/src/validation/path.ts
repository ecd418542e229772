/** Where a problem is. A node is made when validation goes down, the text only when there is a problem. */
export class Path {
  private readonly parent: Path | undefined;
  private readonly step: string | number;
  private readonly kind: "field" | "index" | "key";

  private constructor(
    parent: Path | undefined,
    step: string | number,
    kind: "field" | "index" | "key",
  ) {
    this.parent = parent;
    this.step = step;
    this.kind = kind;
  }

  static of(...names: readonly [string, ...string[]]): Path {
    let path: Path | undefined;
    for (const name of names) path = new Path(path, name, "field");
    return path ?? new Path(undefined, "", "field");
  }

  child(name: string): Path {
    return new Path(this, name, "field");
  }

  index(i: number): Path {
    return new Path(this, i, "index");
  }

  key(key: string): Path {
    return new Path(this, key, "key");
  }

  toString(): string {
    const before = this.parent?.toString();
    if (this.kind !== "field") return `${before ?? ""}[${this.step}]`;
    return before === undefined ? String(this.step) : `${before}.${this.step}`;
  }
}

export const METADATA = Path.of("metadata");
export const SPEC = Path.of("spec");
export const STATUS = Path.of("status");
