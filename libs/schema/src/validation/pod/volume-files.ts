/** Files that volumes are made of. Upstream: pkg/apis/core/validation/validation.go validateKeyToPath @1.36 */
import type { JsonObject } from "@kubets/api";
import { maybeNumberAt, objectAt, textAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import {
  VOLUME_FIELD_PATHS,
  validateFieldRef,
  validateResourceFieldRef,
} from "./field-selectors.ts";
import { validateNonReservedPath } from "./local-path.ts";

const MODE_MAX = 0o777;
const MODE_DETAIL = "must be a number between 0 and 0777 (octal), both inclusive";

export function validateMode(
  holder: JsonObject,
  field: string,
  at: Path,
  problems: Problems,
): void {
  const mode = maybeNumberAt(holder, field);
  if (mode !== undefined && (mode < 0 || mode > MODE_MAX))
    problems.invalid(at.child(field), mode, MODE_DETAIL);
}

export function validateKeyToPath(item: JsonObject, at: Path, problems: Problems): void {
  if (textAt(item, "key") === "") problems.required(at.child("key"));
  const path = textAt(item, "path");
  if (path === "") problems.required(at.child("path"));
  validateNonReservedPath(path, at.child("path"), problems);
  validateMode(item, "mode", at, problems);
}

export function validateDownwardFile(file: JsonObject, at: Path, problems: Problems): void {
  const path = textAt(file, "path");
  if (path === "") problems.required(at.child("path"));
  validateNonReservedPath(path, at.child("path"), problems);
  const fieldRef = objectAt(file, "fieldRef");
  const resourceFieldRef = objectAt(file, "resourceFieldRef");
  if (fieldRef !== undefined) {
    validateFieldRef(fieldRef, { allowed: VOLUME_FIELD_PATHS, at: at.child("fieldRef"), problems });
    if (resourceFieldRef !== undefined) {
      problems.invalid(
        at,
        "resource",
        "fieldRef and resourceFieldRef can not be specified simultaneously",
      );
    }
  } else if (resourceFieldRef !== undefined) {
    validateResourceFieldRef(resourceFieldRef, {
      inVolume: true,
      at: at.child("resourceFieldRef"),
      problems,
    });
  } else {
    problems.required(at, "one of fieldRef and resourceFieldRef is required");
  }
  validateMode(file, "mode", at, problems);
}
