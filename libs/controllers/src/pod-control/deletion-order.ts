/**
 * Which pods go first when there are too many: those that would be missed least.
 *
 * Upstream: pkg/controller/controller_utils.go ActivePodsWithRanks @1.36
 */
import { ANNOTATION_POD_DELETION_COST, isPodReady, parseTime, podCondition } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface Rated {
  readonly pod: Pod;
  /** Smaller parts first; the first that differs decides. */
  readonly parts: readonly number[];
}

/** `related`: active pods beside which these stand, for spreading: pods on crowded nodes go first. */
export function inDeletionOrder(
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const nodeName = pod.spec?.nodeName ?? "";
    if (nodeName !== "") perNode.set(nodeName, (perNode.get(nodeName) ?? 0) + 1);
  }
  const rated = pods.map((pod): Rated => ({ pod, parts: partsOf(pod, perNode, nowMs) }));
  rated.sort(compareRated);
  return rated.map(({ pod }) => pod);
}

/**
 * The same without costs and spreading, and with exact ages: how Jobs give up pods.
 *
 * Upstream: pkg/controller/controller_utils.go ActivePods @1.36
 */
export function inPlainDeletionOrder(pods: readonly Pod[]): Pod[] {
  const rated = pods.map((pod): Rated => ({ pod, parts: plainPartsOf(pod) }));
  rated.sort(compareRated);
  return rated.map(({ pod }) => pod);
}

function plainPartsOf(pod: Pod): number[] {
  const isReady = isPodReady(pod);
  // The newer goes first; no time is the newest.
  const newness = (time: string | undefined) => -(parseTime(time ?? "") ?? Number.MAX_SAFE_INTEGER);
  return [
    (pod.spec?.nodeName ?? "") === "" ? 0 : 1,
    PHASES[pod.status?.phase ?? ""] ?? 0,
    isReady ? 1 : 0,
    isReady ? newness(podCondition(pod, "Ready")?.lastTransitionTime) : 0,
    -restarts(pod, true),
    -restarts(pod, false),
    newness(pod.metadata.creationTimestamp),
  ];
}

function partsOf(pod: Pod, perNode: ReadonlyMap<string, number>, nowMs: number): number[] {
  const nodeName = pod.spec?.nodeName ?? "";
  const isReady = isPodReady(pod);
  return [
    nodeName === "" ? 0 : 1,
    PHASES[pod.status?.phase ?? ""] ?? 0,
    isReady ? 1 : 0,
    deletionCost(pod),
    -(perNode.get(nodeName) ?? 0),
    isReady ? ageRank(podCondition(pod, "Ready")?.lastTransitionTime, nowMs) : 0,
    -restarts(pod, true),
    -restarts(pod, false),
    ageRank(pod.metadata.creationTimestamp, nowMs),
  ];
}

function compareRated(a: Rated, b: Rated): number {
  for (const [index, part] of a.parts.entries()) {
    const difference = part - (b.parts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const [uidA = "", uidB = ""] = [a.pod.metadata.uid, b.pod.metadata.uid];
  return uidA < uidB ? -1 : uidA > uidB ? 1 : 0;
}

/** A cost that is no number counts as none. */
export function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[ANNOTATION_POD_DELETION_COST];
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return Math.abs(cost) > 2 ** 31 ? 0 : cost;
}

/** Ages are alike within the same power of two, so that not always the youngest goes; no time is the youngest. */
function ageRank(time: string | undefined, nowMs: number): number {
  const sinceMs = time === undefined ? undefined : parseTime(time);
  if (sinceMs === undefined) return -2;
  const ageNs = (nowMs - sinceMs) * 1e6;
  return ageNs <= 0 ? -1 : Math.floor(Math.log2(ageNs));
}

/** The most restarts of one container; sidecars are counted apart. */
function restarts(pod: Pod, isMain: boolean): number {
  const sidecars = new Set(
    (pod.spec?.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const statuses = isMain
    ? (pod.status?.containerStatuses ?? [])
    : (pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
  return statuses.reduce((most, { restartCount = 0 }) => Math.max(most, restartCount), 0);
}
