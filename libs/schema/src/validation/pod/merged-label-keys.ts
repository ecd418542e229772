import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

/**
 * The keys of `matchLabelKeys` were made requirements of the selector before: one that is there a second time was there
 * already. Told at the last index of the key below `at`.
 *
 * Upstream: pkg/apis/core/validation/validation.go ValidateMatchLabelKeysAndMismatchLabelKeys @1.36
 */
export function validateMergedKeys(holder: JsonObject, at: Path, problems: Problems): void {
  const keys = textsAt(holder, "matchLabelKeys");
  if (keys.length === 0) return;
  const indexes = new Map(keys.map((key, i) => [key, i]));
  const selector = objectAt(holder, "labelSelector");
  const seen = new Set(Object.keys(objectAt(selector, "matchLabels") ?? {}));
  for (const expression of itemsAt(selector, "matchExpressions")) {
    const key = textAt(expression, "key");
    const i = indexes.get(key);
    if (i !== undefined && seen.has(key))
      problems.invalid(at.index(i), key, "exists in both matchLabelKeys and labelSelector");
    seen.add(key);
  }
}
