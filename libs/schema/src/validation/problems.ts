/**
 * What validation finds, as the causes of the 422 that clients see.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go @1.36
 */
import { type JsonValue, stringifyJson } from "@kubets/api";
import type { StatusCause } from "@kubets/api/meta/v1";
import { goQuote } from "./go-quote.ts";
import type { Path } from "./path.ts";

export const IMMUTABLE = "field is immutable";
export const NOT_NEGATIVE = "must be greater than or equal to 0";

/** More than this helps nobody; it bounds the answer to a hostile object, whose large lists some problems repeat. */
const PROBLEMS_MAX = 1_000;
const TEXT_LENGTH_MAX = 1024 * 1024;

export class Problems {
  readonly causes: StatusCause[] = [];
  private textLength = 0;

  /** Nothing more will be told: what else is wrong need not be looked at. */
  get isFull(): boolean {
    return this.causes.length >= PROBLEMS_MAX || this.textLength >= TEXT_LENGTH_MAX;
  }

  required(at: Path, detail = ""): void {
    this.add("FieldValueRequired", at, "Required value", detail);
  }

  invalid(at: Path, value: JsonValue | undefined, detail: string): void {
    this.addShowing("FieldValueInvalid", at, { text: "Invalid value", value, detail });
  }

  /** Where the value is too large or too far from the problem to be shown. */
  invalidWithoutValue(at: Path, detail: string): void {
    this.add("FieldValueInvalid", at, "Invalid value", detail);
  }

  /** One for each message. */
  invalidEach(at: Path, value: JsonValue | undefined, details: readonly string[]): void {
    for (const detail of details) this.invalid(at, value, detail);
  }

  notSupported(at: Path, value: JsonValue | undefined, supported: readonly string[]): void {
    const detail =
      supported.length > 0 ? `supported values: ${supported.map(goQuote).join(", ")}` : "";
    this.addShowing("FieldValueNotSupported", at, { text: "Unsupported value", value, detail });
  }

  duplicate(at: Path, value: JsonValue | undefined, detail = ""): void {
    this.addShowing("FieldValueDuplicate", at, { text: "Duplicate value", value, detail });
  }

  forbidden(at: Path, detail: string): void {
    this.add("FieldValueForbidden", at, "Forbidden", detail);
  }

  notFound(at: Path, value: JsonValue | undefined, detail = ""): void {
    this.addShowing("FieldValueNotFound", at, { text: "Not found", value, detail });
  }

  tooLong(at: Path, bytesMax: number): void {
    this.add("FieldValueTooLong", at, "Too long", `may not be more than ${bytesMax} bytes`);
  }

  tooMany(at: Path, count: number, max: number): void {
    this.add("FieldValueTooMany", at, `Too many: ${count}`, `must have at most ${max} items`);
  }

  immutable(at: Path, value: JsonValue | undefined): void {
    this.invalid(at, value, IMMUTABLE);
  }

  /** Tells also what others found. */
  addAll(others: Problems): void {
    for (const cause of others.causes) this.push(cause);
  }

  private addShowing(
    reason: string,
    at: Path,
    of: { readonly text: string; readonly value: JsonValue | undefined; readonly detail: string },
  ): void {
    // Before the value is written: there may be thousands of problems that show the same large list.
    if (this.isFull) return;
    this.add(reason, at, `${of.text}: ${shown(of.value)}`, of.detail);
  }

  private add(reason: string, at: Path, text: string, detail: string): void {
    if (this.isFull) return;
    const message = detail === "" ? text : `${text}: ${detail}`;
    this.push({ reason, message, field: at.toString() });
  }

  private push(cause: StatusCause): void {
    if (this.isFull) return;
    this.causes.push(cause);
    this.textLength += (cause.message ?? "").length + (cause.field ?? "").length;
  }
}

function shown(value: JsonValue | undefined): string {
  if (typeof value === "string") return goQuote(value);
  return value === undefined || value === null ? "null" : stringifyJson(value);
}
