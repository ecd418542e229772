/**
 * The order of a merged list: what the patch lists keeps the patch's order, what only the server has is woven
 * in by its place in the stored list.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go normalizeElementOrder @1.36
 */
import type { JsonValue } from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import { patchFailure } from "../patch-error.ts";

/** `order` is what the patch says, `serverOrder` the list as it was; "" as key for lists of scalars. */
export function inOrder(
  merged: readonly JsonValue[],
  order: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  const identity = (item: JsonValue): JsonValue | undefined => identityOf(item, mergeKey);
  const ranks = rankOf(order, identity);
  const patchItems: JsonValue[] = [];
  const serverItems: JsonValue[] = [];
  for (const item of merged) (ranks.has(identity(item)) ? patchItems : serverItems).push(item);
  const serverRanks = rankOf(serverOrder, identity);
  sortByRank(patchItems, ranks, identity);
  sortByRank(serverItems, serverRanks, identity);
  return weave(serverItems, patchItems, (item) => serverRanks.get(identity(item)));
}

/** Throws StatusError when an item of a keyed list has no key. */
export function identityOf(item: JsonValue, mergeKey: string): JsonValue | undefined {
  if (mergeKey === "") return item;
  if (!isJsonObject(item)) throw patchFailure("invalid patch: the list items are no objects");
  return item[mergeKey];
}

function rankOf(
  list: readonly JsonValue[],
  identity: (item: JsonValue) => JsonValue | undefined,
): Map<JsonValue | undefined, number> {
  const ranks = new Map<JsonValue | undefined, number>();
  list.forEach((item, rank) => {
    const key = identity(item);
    if (!ranks.has(key)) ranks.set(key, rank);
  });
  return ranks;
}

function sortByRank(
  items: JsonValue[],
  ranks: ReadonlyMap<JsonValue | undefined, number>,
  identity: (item: JsonValue) => JsonValue | undefined,
): void {
  const rank = (item: JsonValue): number => ranks.get(identity(item)) ?? Number.MAX_SAFE_INTEGER;
  items.sort((a, b) => rank(a) - rank(b));
}

/** Takes from the left while its head stood before the head of the right. */
function weave(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  serverRank: (item: JsonValue) => number | undefined,
): JsonValue[] {
  const woven: JsonValue[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const leftItem = left[l];
    const rightItem = right[r];
    const takeLeft =
      rightItem === undefined ||
      (leftItem !== undefined && isBefore(serverRank(leftItem), serverRank(rightItem)));
    if (takeLeft && leftItem !== undefined) {
      woven.push(leftItem);
      l++;
    } else if (rightItem !== undefined) {
      woven.push(rightItem);
      r++;
    }
  }
  return woven;
}

function isBefore(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a < b;
}
