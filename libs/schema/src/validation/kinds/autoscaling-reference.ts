/** An object that an autoscaler refers to. Upstream: pkg/apis/autoscaling/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { textAt } from "../../json-fields.ts";
import { pathSegment } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

/** What may be said of the API version of a referred object. */
export interface ReferenceOptions {
  readonly mayHaveNoGroup: boolean;
  /** It was so before. */
  readonly mayBeInvalid: boolean;
}

/** Upstream: ValidateCrossVersionObjectReference */
export function validateReference(
  reference: JsonObject | undefined,
  at: Path,
  { mayHaveNoGroup, mayBeInvalid }: ReferenceOptions,
  problems: Problems,
): void {
  for (const field of ["kind", "name"]) {
    const text = textAt(reference, field);
    if (text === "") problems.required(at.child(field));
    else problems.invalidEach(at.child(field), text, pathSegment(text));
  }
  if (mayBeInvalid) return;
  const version = textAt(reference, "apiVersion");
  const wrong = versionError(version, mayHaveNoGroup);
  if (wrong !== undefined) problems.invalid(at.child("apiVersion"), version, wrong);
}

/** Upstream: ValidateAPIVersion */
export function versionError(version: string, mayHaveNoGroup: boolean): string | undefined {
  const parts = version.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${version}`;
  const hasGroup = parts.length === 2 && parts[0] !== "";
  return hasGroup || mayHaveNoGroup ? undefined : "apiVersion must specify API group";
}
