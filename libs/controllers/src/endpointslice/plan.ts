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
import { desiredEndpoints, groupKey } from "./desired-endpoints.ts";
import { hintingOf } from "./hints.ts";
import { packSlices } from "./pack-slices.ts";
import { topologyHints, withoutHints } from "./topology-hints.ts";

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
  /** Endpoints have hints by their zones' shares. */
  readonly isHinted: boolean;
  readonly events: readonly SliceEvent[];
}

export interface SliceEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: "TopologyAwareHintsEnabled" | "TopologyAwareHintsDisabled";
  readonly message: string;
}

export interface SliceInput {
  readonly service: Service;
  /** Those the Service selects. */
  readonly pods: readonly Pod[];
  /** Those that are the Service's and the controller's. */
  readonly slices: readonly EndpointSlice[];
  nodeOf(name: string): Node | undefined;
  /** For Services that ask for topology hints; undefined: the nodes do not say enough. */
  readonly zoneShares?: ReadonlyMap<string, number> | undefined;
  /** The last plan gave topology hints. */
  readonly wasHinted?: boolean;
  /** --max-endpoints-per-slice. */
  readonly endpointsMax: number;
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
    const packed = packSlices(group, existing.get(key) ?? [], {
      endpointsMax: input.endpointsMax,
      comparesHints: hintingOf(service) !== "topology",
    });
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
  return withHints(input, reuse({ create, update, delete: remove, isIncomplete }, owner.uid));
}

type Writes = Omit<SlicePlan, "isHinted" | "events">;

/** A slice that goes and one that comes make one that changes: a write less, and nobody sees a moment without either. */
function reuse(writes: Writes, ownerUid: string): Writes {
  const create = [...writes.create];
  const update = [...writes.update];
  const remove = writes.delete.filter((old) => {
    const isOwned = old.metadata.ownerReferences?.some(({ uid }) => uid === ownerUid) ?? false;
    const at = create.findLastIndex((slice) => slice.addressType === old.addressType);
    const fresh = create[at];
    if (!isOwned || fresh === undefined) return true;
    create.splice(at, 1);
    const { generateName: _, ...metadata } = fresh.metadata;
    update.push({ ...fresh, metadata: { ...old.metadata, ...metadata } });
    return false;
  });
  return { ...writes, create, update, delete: remove };
}

/** Upstream: k8s.io/endpointslice/reconciler.go reconcileByAddressType @1.36 */
function withHints(input: SliceInput, writes: Writes): SlicePlan {
  const { service, slices } = input;
  if (hintingOf(service) !== "topology") {
    const message = "Topology Aware Hints has been disabled";
    const events =
      input.wasHinted === true
        ? serviceFamilies(service).map((family) => event("Disabled", message, family))
        : [];
    return { ...writes, isHinted: false, events };
  }
  const written = new Set([...writes.update, ...writes.delete].map(({ metadata }) => metadata.uid));
  const unchanged = slices.filter(({ metadata }) => !written.has(metadata.uid));
  const events: SliceEvent[] = [];
  const changed = new Map<EndpointSlice, EndpointSlice>();
  let isHinted = false;
  for (const family of serviceFamilies(service)) {
    const ofFamily = (each: EndpointSlice) => each.addressType === family;
    const [ours, kept] = [[...writes.create, ...writes.update], unchanged].map((all) =>
      all.filter(ofFamily),
    );
    if (ours === undefined || kept === undefined) continue;
    const result = topologyHints({ shares: input.zoneShares, written: ours, unchanged: kept });
    if (result.kind === "given") {
      isHinted = true;
      for (const [before, after] of result.hinted) changed.set(before, after);
    } else {
      events.push(event("Disabled", result.message, family));
      for (const slice of [...ours, ...kept]) {
        if (withoutHints(slice) !== slice) changed.set(slice, withoutHints(slice));
      }
    }
    if (result.kind === "given" && input.wasHinted !== true) {
      events.push(event("Enabled", "Topology Aware Hints has been enabled", family));
    }
  }
  const after = (slice: EndpointSlice) => changed.get(slice) ?? slice;
  return {
    ...writes,
    create: writes.create.map(after),
    update: [...writes.update.map(after), ...unchanged.flatMap((each) => changed.get(each) ?? [])],
    isHinted,
    events,
  };
}

function event(what: "Enabled" | "Disabled", message: string, family: string): SliceEvent {
  return {
    type: what === "Enabled" ? "Normal" : "Warning",
    reason: `TopologyAwareHints${what}`,
    message: `${message}, addressType: ${family}`,
  };
}

function isPlaceholder({ endpoints, ports }: EndpointSlice): boolean {
  return (endpoints ?? []).length === 0 && (ports ?? []).length === 0;
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
