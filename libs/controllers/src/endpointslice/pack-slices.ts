/**
 * Puts a group's endpoints into slices: those that must change anyway are filled first, full ones stay as they are.
 *
 * Upstream: k8s.io/endpointslice/reconciler.go reconcileByPortMapping @1.36
 */
import type { Endpoint, EndpointSlice } from "@kubets/api/discovery/v1";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { type EndpointGroup, endpointKey } from "./desired-endpoints.ts";

/** A slice with other endpoints than it has. */
interface Draft {
  readonly slice: EndpointSlice;
  endpoints: Endpoint[];
  isChanged: boolean;
}

/** Slices with their endpoints, and the members of new ones. */
export function packSlices(
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  { endpointsMax, comparesHints }: { endpointsMax: number; comparesHints: boolean },
): { drafts: Draft[]; more: Endpoint[][] } {
  const left = new Map(group.endpoints);
  const drafts = slices.map((slice): Draft => keepDesired(slice, left, comparesHints));
  for (const draft of drafts) if (draft.isChanged) fill(draft, left, endpointsMax);
  // The rest fits into the fullest slice that has room for all of it, or makes new slices.
  while (left.size > 0 && left.size < endpointsMax) {
    const roomy = drafts
      .filter(
        ({ endpoints }) => endpoints.length > 0 && endpoints.length + left.size <= endpointsMax,
      )
      .toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (roomy === undefined) break;
    fill(roomy, left, endpointsMax);
  }
  const more: Endpoint[][] = [];
  const rest = [...left.values()];
  for (let at = 0; at < rest.length; at += endpointsMax) {
    more.push(rest.slice(at, at + endpointsMax));
  }
  return { drafts, more };
}

/** Takes what the slice keeps out of `left`. */
function keepDesired(
  slice: EndpointSlice,
  left: Map<string, Endpoint>,
  comparesHints: boolean,
): Draft {
  const endpoints: Endpoint[] = [];
  // A slice that says "none" is the first to be filled.
  let isChanged = (slice.endpoints ?? []).length === 0;
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint);
    const desired = left.get(key);
    left.delete(key);
    if (desired === undefined) isChanged = true;
    else if (
      isSameEndpoint(desired, endpoint) &&
      !(comparesHints && differInHints(desired, endpoint))
    )
      endpoints.push(endpoint);
    else {
      endpoints.push(desired);
      isChanged = true;
    }
  }
  return { slice, endpoints, isChanged };
}

/** Compared by hand: this runs for every endpoint of a Service whenever one changes. */
function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.hostname === b.hostname &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    a.targetRef?.name === b.targetRef?.name &&
    a.addresses.length === b.addresses.length
  );
}

function differInHints({ hints: a }: Endpoint, { hints: b }: Endpoint): boolean {
  return (a !== undefined || b !== undefined) && !isSemanticallyEqual(a, b);
}

function fill(draft: Draft, left: Map<string, Endpoint>, endpointsMax: number): void {
  for (const [key, endpoint] of left) {
    if (draft.endpoints.length >= endpointsMax) return;
    draft.endpoints.push(endpoint);
    draft.isChanged = true;
    left.delete(key);
  }
}
