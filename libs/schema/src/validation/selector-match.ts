/** Whether labels are found by a selector. Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go @1.36 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { entryOf, isZero, itemsAt, objectAt, textAt, textsAt } from "../json-fields.ts";

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

/** A selector as Go writes it: its fields in order, whatever order the client chose. */
export function shownSelector(value: JsonValue | undefined): JsonValue {
  const selector = objectAt({ selector: value ?? null }, "selector");
  if (selector === undefined) return null;
  const { matchLabels, matchExpressions } = selector;
  const expressions = itemsAt({ matchExpressions: matchExpressions ?? null }, "matchExpressions");
  return {
    ...(isZero(matchLabels) ? {} : { matchLabels: matchLabels ?? null }),
    ...(expressions.length === 0
      ? {}
      : {
          matchExpressions: expressions.map(
            ({ key, operator, values }): JsonObject => ({
              key: key ?? "",
              operator: operator ?? "",
              ...(isZero(values) ? {} : { values: values ?? null }),
            }),
          ),
        }),
  };
}
