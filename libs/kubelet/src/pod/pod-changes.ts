import type { Pod } from "@kubets/api/core/v1";
import { isEqual } from "../status/status-patch.ts";
import { isFinishedPhase, specOf } from "./pod-facts.ts";

/**
 * Whether a pod's worker has anything to do about a new version of it. Most new versions are the kubelet's own
 * statuses coming back; acting on those would repeat what was just done.
 *
 * Upstream: pkg/kubelet/config/config.go podsDifferSemantically @1.36
 */
export function concernsWorker(old: Pod, now: Pod): boolean {
  const [before, after] = [old.metadata, now.metadata];
  const hasNewSpec =
    before.generation === undefined || after.generation === undefined
      ? !isEqual(old.spec, now.spec)
      : before.generation !== after.generation;
  return (
    hasNewSpec ||
    before.deletionTimestamp !== after.deletionTimestamp ||
    before.deletionGracePeriodSeconds !== after.deletionGracePeriodSeconds ||
    !isEqual(before.labels, after.labels) ||
    !isEqual(before.annotations, after.annotations) ||
    isFinishedPhase(old.status?.phase) !== isFinishedPhase(now.status?.phase) ||
    gatesChanged(old, now)
  );
}

/** Others decide about readiness gates, by conditions in the status. */
function gatesChanged(old: Pod, now: Pod): boolean {
  const gates = specOf(now).readinessGates ?? [];
  return gates.some(({ conditionType }) => {
    const [before, after] = [old, now].map(({ status }) =>
      (status?.conditions ?? []).find(({ type }) => type === conditionType),
    );
    return before?.status !== after?.status;
  });
}
