/** Renderings that several kinds share. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import { labelSelectorFrom } from "@kubets/api";
import type { Container } from "@kubets/api/core/v1";
import type { LabelSelector } from "@kubets/api/meta/v1";

export const NONE = "<none>";
export const UNSET = "<unset>";
export const UNKNOWN = "<unknown>";

type Labels = { readonly [key: string]: string } | undefined;

/** Upstream: labels.FormatLabels */
export function labelsText(labels: Labels): string {
  if (labels === undefined) return NONE;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.sort().join(",");
}

/** Upstream: metav1.FormatLabelSelector */
export function selectorText(selector: LabelSelector | undefined): string {
  return plainSelectorText(selector, "<error>") || NONE;
}

/** A selector that cannot be read is shown as `invalid`. */
export function plainSelectorText(selector: LabelSelector | undefined, invalid: string): string {
  try {
    return labelSelectorFrom(selector).toString();
  } catch {
    return invalid;
  }
}

/** Names and images of containers, each in one cell. */
export function containerCells(containers: readonly Container[] | undefined): [string, string] {
  const all = containers ?? [];
  return [all.map(({ name }) => name).join(","), all.map(({ image }) => image ?? "").join(",")];
}

/** The first three of a list, and how many more there are. */
export function firstThree(list: readonly string[], empty = UNSET): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, 3).join(",");
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}
