/**
 * Which EndpointSlices to create, update and delete: slices that must change anyway are filled first, full ones stay
 * as they are, and no slice holds more than its limit.
 *
 * Upstream: k8s.io/endpointslice/reconciler.go reconcileByPortMapping @1.36
 */
import {
  controllerReference,
  LABEL_ENDPOINT_SLICE_MANAGED_BY,
  LABEL_HEADLESS_SERVICE,
  LABEL_SERVICE_NAME,
  parseTime,
  podCondition,
} from "@kubets/api";
import type { Node, Pod, Service } from "@kubets/api/core/v1";
import type { Endpoint, EndpointPort, EndpointSlice } from "@kubets/api/discovery/v1";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { isHeadless, serviceFamilies } from "../service-pods/pod-endpoint.ts";
import {
  desiredEndpoints,
  type EndpointGroup,
  endpointKey,
  groupKey,
} from "./desired-endpoints.ts";

export const MANAGED_BY = "endpointslice-controller.k8s.io";
export const TRIGGER_TIME_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";
const RESERVED_LABELS = [
  LABEL_HEADLESS_SERVICE,
  LABEL_SERVICE_NAME,
  LABEL_ENDPOINT_SLICE_MANAGED_BY,
];

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
  /** Some pods have nodes that are not known yet: look again. */
  readonly isIncomplete: boolean;
}

export interface SliceInput {
  readonly service: Service;
  /** Those the Service selects. */
  readonly pods: readonly Pod[];
  /** Those that are the Service's and the controller's. */
  readonly slices: readonly EndpointSlice[];
  nodeOf(name: string): Node | undefined;
  /** --max-endpoints-per-slice. */
  readonly endpointsMax: number;
}

/** A slice with other endpoints than it has. */
interface Draft {
  readonly slice: EndpointSlice;
  endpoints: Endpoint[];
  isChanged: boolean;
}

export function planSlices(input: SliceInput): SlicePlan {
  const { service } = input;
  const { groups, isIncomplete } = desiredEndpoints(service, input.pods, input.nodeOf);
  const labels = sliceLabels(service);
  const owner = controllerReference(service);
  const triggerTime = lastTriggerTime(service, input.pods);
  const families = new Set<string>(serviceFamilies(service));
  const existing = new Map<string, EndpointSlice[]>();
  const remove: EndpointSlice[] = [];
  for (const slice of input.slices) {
    if (slice.metadata.deletionTimestamp !== undefined) continue;
    const key = groupKey(slice.addressType, slice.ports ?? []);
    const isOwned = slice.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) ?? false;
    if (!isOwned || !families.has(slice.addressType)) remove.push(slice);
    else existing.set(key, [...(existing.get(key) ?? []), slice]);
  }
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const annotate = (annotations: Readonly<Record<string, string>> | undefined) =>
    triggerTime === undefined
      ? { ...annotations }
      : { ...annotations, [TRIGGER_TIME_ANNOTATION]: triggerTime };
  const fresh = (
    addressType: string,
    ports: readonly EndpointPort[],
    members: readonly Endpoint[],
  ): EndpointSlice => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels,
      annotations: annotate(undefined),
      ownerReferences: [owner],
    },
    addressType,
    endpoints: [...members],
    ports: [...ports],
  });

  for (const [key, group] of groups) {
    const packed = pack(group, existing.get(key) ?? [], input.endpointsMax);
    existing.delete(key);
    for (const draft of packed.drafts) {
      const { slice } = draft;
      if (draft.endpoints.length === 0) {
        remove.push(slice);
      } else if (draft.isChanged || !isSemanticallyEqual(slice.metadata.labels, labels)) {
        const annotations = annotate(slice.metadata.annotations);
        const metadata = { ...slice.metadata, labels, annotations };
        update.push({ ...slice, metadata, endpoints: draft.endpoints });
      }
    }
    for (const members of packed.more) create.push(fresh(group.addressType, group.ports, members));
  }
  // What is left stands for no endpoint any more; each family keeps at least a slice that says "none".
  for (const family of families) {
    const hasEndpoints = [...groups.values()].some(({ addressType }) => addressType === family);
    const leftOver = [...existing.values()].flat().filter((each) => each.addressType === family);
    const placeholder = hasEndpoints ? undefined : leftOver.find(isPlaceholder);
    remove.push(...leftOver.filter((slice) => slice !== placeholder));
    if (hasEndpoints) continue;
    if (placeholder === undefined) create.push(fresh(family, [], []));
    else if (!isSemanticallyEqual(placeholder.metadata.labels, labels)) {
      update.push({ ...placeholder, metadata: { ...placeholder.metadata, labels } });
    }
  }
  return { create, update, delete: remove, isIncomplete };
}

function isPlaceholder({ endpoints = [], ports = [] }: EndpointSlice): boolean {
  return endpoints.length === 0 && ports.length === 0;
}

function pack(
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  endpointsMax: number,
): { drafts: Draft[]; more: Endpoint[][] } {
  const left = new Map(group.endpoints);
  const drafts = slices.map((slice): Draft => keepDesired(slice, left));
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
function keepDesired(slice: EndpointSlice, left: Map<string, Endpoint>): Draft {
  const endpoints: Endpoint[] = [];
  // A slice that says "none" is the first to be filled.
  let isChanged = (slice.endpoints ?? []).length === 0;
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint);
    const desired = left.get(key);
    left.delete(key);
    if (desired === undefined) isChanged = true;
    else if (isSameEndpoint(desired, endpoint)) endpoints.push(endpoint);
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

function fill(draft: Draft, left: Map<string, Endpoint>, endpointsMax: number): void {
  for (const [key, endpoint] of left) {
    if (draft.endpoints.length >= endpointsMax) return;
    draft.endpoints.push(endpoint);
    draft.isChanged = true;
    left.delete(key);
  }
}

function sliceLabels(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  for (const reserved of RESERVED_LABELS) delete labels[reserved];
  if (isHeadless(service)) labels[LABEL_HEADLESS_SERVICE] = "";
  labels[LABEL_SERVICE_NAME] = service.metadata.name ?? "";
  labels[LABEL_ENDPOINT_SLICE_MANAGED_BY] = MANAGED_BY;
  return labels;
}

/** When the newest of the pods became what it is, or the Service was made: for measuring how long the news took. */
function lastTriggerTime(service: Service, pods: readonly Pod[]): string | undefined {
  let latest = service.metadata.creationTimestamp;
  for (const pod of pods) {
    const time = podCondition(pod, "Ready")?.lastTransitionTime;
    if (time === undefined) continue;
    if (latest === undefined || (parseTime(time) ?? 0) > (parseTime(latest) ?? 0)) latest = time;
  }
  return latest;
}
