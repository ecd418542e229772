/**
 * The next step of a StatefulSet. Ordered sets take one step at a time and wait for it; parallel ones create and
 * delete all at once, but replace old pods one by one too.
 *
 * Upstream: pkg/controller/statefulset/stateful_set_control.go updateStatefulSet @1.36
 */
import { isPodAvailable, isPodReady, isPodTerminal, isPodTerminating } from "@kubets/api";
import type { StatefulSet, StatefulSetStatus } from "@kubets/api/apps/v1";
import type { Pod, PodTemplateSpec } from "@kubets/api/core/v1";
import {
  ordinalOf,
  revisionOfPod,
  startOrdinal,
  statefulPod,
  withIdentity,
} from "./stateful-pod.ts";

/** So many pods are created in one turn, however many are wanted; their events bring the set back. */
const MISSING_MAX = 500;

export interface SetVersion {
  /** The name of its ControllerRevision. */
  readonly revision: string;
  readonly template: PodTemplateSpec | undefined;
}

export interface StatefulInput {
  readonly set: StatefulSet;
  /** All that it controls. */
  readonly pods: readonly Pod[];
  /** What pods had that are not to be updated yet. */
  readonly current: SetVersion;
  /** What pods have to become. */
  readonly update: SetVersion;
  readonly nowMs: number;
}

export type StatefulAction =
  | { readonly kind: "create"; readonly pod: Pod }
  /** The pod waits, maybe for a claim that somebody took away. */
  | { readonly kind: "claim"; readonly pod: Pod }
  /** Give the pod its identity back. */
  | { readonly kind: "repair"; readonly pod: Pod }
  | {
      readonly kind: "delete";
      readonly pod: Pod;
      readonly why: "ended" | "condemned" | "update";
    };

export interface StatefulPlan {
  readonly actions: readonly StatefulAction[];
  readonly status: StatefulSetStatus;
  /** Those that are one too many; their claims may go with them. */
  readonly condemned: readonly Pod[];
}

export function planStatefulSet(input: StatefulInput): StatefulPlan {
  const { set, pods } = input;
  const start = startOrdinal(set);
  const replicas = set.spec?.replicas ?? 1;
  const byOrdinal = new Map<number, Pod>();
  const condemned: { readonly ordinal: number; readonly pod: Pod }[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start && ordinal < start + replicas) byOrdinal.set(ordinal, pod);
    else condemned.push({ ordinal, pod });
  }
  condemned.sort((a, b) => b.ordinal - a.ordinal);
  const slots: Slot[] = [];
  let missing = 0;
  for (let ordinal = start; ordinal < start + replicas && missing < MISSING_MAX; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    slots.push({ ordinal, pod });
    if (pod === undefined) missing++;
  }
  const surplus = condemned.map(({ pod }) => pod);
  const isEnding = set.metadata.deletionTimestamp !== undefined;
  return {
    actions: isEnding ? [] : planActions(input, slots, surplus),
    status: statefulStatus(input),
    condemned: surplus,
  };
}

interface Slot {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

function planActions(
  input: StatefulInput,
  slots: readonly Slot[],
  condemned: readonly Pod[],
): StatefulAction[] {
  const { set } = input;
  const isMonotonic = (set.spec?.podManagementPolicy ?? "OrderedReady") === "OrderedReady";
  const actions: StatefulAction[] = [];
  for (const slot of slots) {
    const step = planSlot(input, slot, isMonotonic);
    actions.push(...step.actions);
    if (isMonotonic && !step.mayGoOn) return actions;
  }
  const unhealthy = firstUnhealthy(input, slots, condemned);
  for (const pod of condemned) {
    if (isPodTerminating(pod)) {
      if (isMonotonic) return actions;
      continue;
    }
    // Only the one that is not healthy itself may go while something is not healthy.
    if (isMonotonic && !isHealthy(input, pod) && pod !== unhealthy) return actions;
    actions.push({ kind: "delete", pod, why: "condemned" });
    if (isMonotonic) return actions;
  }
  const strategy = set.spec?.updateStrategy;
  if (strategy?.type === "OnDelete") return actions;
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  for (const { ordinal, pod } of slots.toReversed()) {
    if (ordinal < startOrdinal(set) + partition) break;
    if (pod === undefined) break;
    if (revisionOfPod(pod) !== input.update.revision && !isPodTerminating(pod)) {
      // A pod that has ended goes anyway.
      if (!isPodTerminal(pod)) actions.push({ kind: "delete", pod, why: "update" });
      break;
    }
    if (!isHealthy(input, pod)) break;
  }
  return actions;
}

interface SlotStep {
  readonly actions: readonly StatefulAction[];
  /** The next ordinal may be looked at. */
  readonly mayGoOn: boolean;
}

/** Upstream: stateful_set_control.go processReplica @1.36 */
function planSlot(input: StatefulInput, { ordinal, pod }: Slot, isMonotonic: boolean): SlotStep {
  const { set } = input;
  if (pod === undefined) {
    const created = statefulPod(set, ordinal, versionFor(input, ordinal));
    return { actions: [{ kind: "create", pod: created }], mayGoOn: false };
  }
  if (isPodTerminal(pod)) {
    const isGoing = isPodTerminating(pod);
    return { actions: isGoing ? [] : [{ kind: "delete", pod, why: "ended" }], mayGoOn: false };
  }
  const actions: StatefulAction[] = [];
  if (pod.status?.phase === "Pending") actions.push({ kind: "claim", pod });
  if (isPodTerminating(pod)) return { actions, mayGoOn: false };
  const mayGoOn = isServing(input, pod);
  if (isMonotonic && !mayGoOn) return { actions, mayGoOn };
  const repaired = withIdentity(set, pod);
  if (repaired !== pod) actions.push({ kind: "repair", pod: repaired });
  return { actions, mayGoOn };
}

/** New pods below the partition get the current version back. */
function versionFor({ set, current, update }: StatefulInput, ordinal: number): SetVersion {
  const { type = "RollingUpdate", rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type !== "RollingUpdate") return update;
  const kept = rollingUpdate?.partition ?? 0;
  return ordinal < startOrdinal(set) + kept ? current : update;
}

/** The one with the lowest ordinal, among slots first. */
function firstUnhealthy(
  input: StatefulInput,
  slots: readonly Slot[],
  condemned: readonly Pod[],
): Pod | undefined {
  for (const { pod } of slots) if (pod !== undefined && !isHealthy(input, pod)) return pod;
  return condemned.toReversed().find((pod) => !isHealthy(input, pod));
}

function isServing({ set, nowMs }: StatefulInput, pod: Pod): boolean {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  return pod.status?.phase === "Running" && isPodAvailable(pod, minReadySeconds, nowMs);
}

function isHealthy(input: StatefulInput, pod: Pod): boolean {
  return isServing(input, pod) && !isPodTerminating(pod);
}

/** Upstream: stateful_set_control.go updateStatefulSet, completeRollingUpdate @1.36 */
function statefulStatus({ set, pods, current, update, nowMs }: StatefulInput): StatefulSetStatus {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  let [replicas, ready, available, ofCurrent, ofUpdate] = [0, 0, 0, 0, 0];
  for (const pod of pods) {
    if ((pod.status?.phase ?? "") !== "") replicas++;
    if (pod.status?.phase === "Running" && isPodReady(pod)) {
      ready++;
      if (isPodAvailable(pod, minReadySeconds, nowMs)) available++;
    }
    if ((pod.status?.phase ?? "") === "" || isPodTerminating(pod)) continue;
    if (revisionOfPod(pod) === current.revision) ofCurrent++;
    if (revisionOfPod(pod) === update.revision) ofUpdate++;
  }
  const type = set.spec?.updateStrategy?.type ?? "RollingUpdate";
  const desired = set.spec?.replicas ?? 1;
  const isRolledOut =
    type === "RollingUpdate" && [ofUpdate, ready, replicas].every((count) => count === desired);
  const { collisionCount, conditions } = set.status ?? {};
  const { generation } = set.metadata;
  const count = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas,
    ...count("readyReplicas", ready),
    availableReplicas: available,
    ...count("currentReplicas", isRolledOut ? ofUpdate : ofCurrent),
    ...count("updatedReplicas", ofUpdate),
    currentRevision: isRolledOut ? update.revision : current.revision,
    updateRevision: update.revision,
    collisionCount: collisionCount ?? 0,
    ...(conditions === undefined ? {} : { conditions }),
  };
}
