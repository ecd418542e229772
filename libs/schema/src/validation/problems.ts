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

/** More than this many helps nobody; it bounds the answer to a hostile object. */
const PROBLEMS_MAX = 1_000;

export class Problems {
  readonly causes: StatusCause[] = [];

  required(at: Path, detail = ""): void {
    this.add("FieldValueRequired", at, "Required value", detail);
  }

  invalid(at: Path, value: JsonValue | undefined, detail: string): void {
    this.add("FieldValueInvalid", at, `Invalid value: ${shown(value)}`, detail);
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
    const detail = `supported values: ${supported.map(goQuote).join(", ")}`;
    this.add(
      "FieldValueNotSupported",
      at,
      `Unsupported value: ${shown(value)}`,
      supported.length > 0 ? detail : "",
    );
  }

  duplicate(at: Path, value: JsonValue | undefined, detail = ""): void {
    this.add("FieldValueDuplicate", at, `Duplicate value: ${shown(value)}`, detail);
  }

  forbidden(at: Path, detail: string): void {
    this.add("FieldValueForbidden", at, "Forbidden", detail);
  }

  notFound(at: Path, value: JsonValue | undefined, detail = ""): void {
    this.add("FieldValueNotFound", at, `Not found: ${shown(value)}`, detail);
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
    for (const cause of others.causes) {
      if (this.causes.length < PROBLEMS_MAX) this.causes.push(cause);
    }
  }

  private add(reason: string, at: Path, text: string, detail: string): void {
    if (this.causes.length >= PROBLEMS_MAX) return;
    const message = detail === "" ? text : `${text}: ${detail}`;
    this.causes.push({ reason, message, field: at.toString() });
  }
}

function shown(value: JsonValue | undefined): string {
  if (typeof value === "string") return goQuote(value);
  return value === undefined || value === null ? "null" : stringifyJson(value);
}
