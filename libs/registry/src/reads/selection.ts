/** The selectors of a list or watch as one selection for the cache: names and indexes where they narrow it. */
import { badRequest, type KubeObject, parseFieldSelector, parseLabelSelector } from "@kubets/api";
import type { Selection } from "@kubets/watch-cache";
import type { StoreContext } from "../generic/store-context.ts";
import type { ReadOptions, RequestScope } from "../store.ts";

type Matches = (object: KubeObject) => boolean;

interface Narrowed {
  namespace?: string;
  name?: string;
  index?: readonly [name: string, value: string];
  matches?: Matches;
}

export function selectionOf(
  store: StoreContext,
  scope: RequestScope,
  options: ReadOptions,
): Selection {
  const selection: Narrowed = {};
  if (store.info.namespaced && scope.namespace !== "") selection.namespace = scope.namespace;
  const byLabels = labelMatcher(options.labelSelector);
  const byFields = fieldMatcher(store, options.fieldSelector, selection);
  const matches = both(byLabels, byFields);
  if (matches !== undefined) selection.matches = inStoredVersion(store, matches);
  return selection;
}

function labelMatcher(text: string | undefined): Matches | undefined {
  if (!text) return undefined;
  const selector = parseLabelSelector(text);
  return (object) => selector.matches(object.metadata.labels ?? {});
}

function fieldMatcher(
  store: StoreContext,
  text: string | undefined,
  selection: Narrowed,
): Matches | undefined {
  if (!text) return undefined;
  const tests: Matches[] = [];
  for (const { field, operator, value } of parseFieldSelector(text).requirements) {
    const read = store.fieldLabels.reader(field);
    if (read === undefined) throw badRequest(store.fieldLabels.refusal(field));
    const isEqual = operator !== "!=";
    if (isEqual && field === "metadata.name" && selection.name === undefined && value !== "") {
      selection.name = value;
      continue;
    }
    const isIndexed = field === "spec.nodeName" && store.stored.resource === "pods";
    if (isEqual && isIndexed && value !== "" && selection.index === undefined) {
      selection.index = [field, value];
      continue;
    }
    tests.push(isEqual ? (object) => read(object) === value : (object) => read(object) !== value);
  }
  const [only] = tests;
  if (tests.length < 2) return only;
  return (object) => tests.every((test) => test(object));
}

function both(a: Matches | undefined, b: Matches | undefined): Matches | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return (object) => a(object) && b(object);
}

/** The cache has stored objects; fields are named as the served version has them. */
function inStoredVersion({ conversion }: StoreContext, matches: Matches): Matches {
  if (conversion === undefined) return matches;
  return (object) => matches(conversion.fromStored(object));
}
