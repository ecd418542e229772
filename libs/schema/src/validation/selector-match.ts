/** Whether labels are found by a selector. Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { entryOf, itemsAt, objectAt, textAt, textsAt } from "../json-fields.ts";

/** An invalid operator matches nothing; it is reported where the selector is checked. */
export function selectorMatches(selector: JsonObject, labels: JsonObject): boolean {
  const matchLabels = objectAt(selector, "matchLabels");
  for (const key in matchLabels) {
    if (entryOf(matchLabels, key) !== entryOf(labels, key)) return false;
  }
  return itemsAt(selector, "matchExpressions").every((expression) => {
    const value = entryOf(labels, textAt(expression, "key"));
    const values = textsAt(expression, "values");
    switch (expression.operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
      default:
        return false;
    }
  });
}
