/**
 * What one decoding keeps: where it stands and what it has to report. The path is two parallel views of one
 * stack: Go's type errors name struct fields only ("spec.containers.image"), strict errors also name map keys
 * and list positions ("spec.containers[0].foo").
 */

/** Go reports at most this many strict errors. Upstream: sigs.k8s.io/json saveStrictError. */
const PROBLEMS_MAX = 100;

/** Deeper nesting of typed objects is refused; only schemas of custom resources can nest without end. */
export const DEPTH_MAX = 1_000;

/** A value that Go could not put into the field's type; the text is Go's. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DecodeError";
  }
}

export class DecodeContext {
  readonly problems: string[] = [];
  /** A field name, ".key" is written for map keys at reading time, a number for a list position. */
  private readonly steps: (string | number)[] = [];
  private readonly kinds: StepKind[] = [];
  private depth = 0;
  private structs = 0;
  /** Above zero inside values whose Go decoder is not strict. */
  muted = 0;

  enter(kind: StepKind, step: string | number): void {
    this.steps[this.depth] = step;
    this.kinds[this.depth] = kind;
    this.depth++;
  }

  leave(): void {
    this.depth--;
  }

  enterStruct(): void {
    if (++this.structs > DEPTH_MAX) throw new DecodeError("exceeded max depth");
  }

  leaveStruct(): void {
    this.structs--;
  }

  unknownField(name: string): void {
    this.report(`unknown field "${this.strictPath(name)}"`);
  }

  /** "PodSpec.spec.containers" for a field, or nothing at the root. */
  fieldPath(): string {
    const parts: string[] = [];
    for (let i = 0; i < this.depth; i++) {
      if (this.kinds[i] === "field") parts.push(String(this.steps[i]));
    }
    return parts.join(".");
  }

  private strictPath(name: string): string {
    let path = "";
    for (let i = 0; i < this.depth; i++) {
      if (this.kinds[i] === "index") path += `[${this.steps[i]}]`;
      else path += path === "" ? this.steps[i] : `.${this.steps[i]}`;
    }
    return path === "" ? name : `${path}.${name}`;
  }

  private report(problem: string): void {
    if (this.muted > 0 || this.problems.length >= PROBLEMS_MAX) return;
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}

export type StepKind = "field" | "key" | "index";
