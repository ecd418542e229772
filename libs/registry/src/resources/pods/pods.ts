/** Upstream: pkg/registry/core/pod/strategy.go @1.36 */
import { formatTime, qosClass } from "@kubets/api";
import type { PodCondition, PodStatus } from "@kubets/api/core/v1";
import { compileGeneration } from "../../strategy/compile.ts";
import { resetMetadata } from "../../strategy/reset-paths.ts";
import type { StrategyHooks, UpdateStrategy } from "../../strategy/strategy.ts";
import { matchLabelKeysOf } from "./match-label-keys.ts";
import { keepObservedGenerations } from "./observed-generation.ts";
import { podDraft, storedPod } from "./pod-draft.ts";
import { onlyResize } from "./resize.ts";

const raiseGeneration = compileGeneration(["spec"]);

const status: UpdateStrategy = {
  reset(draft, old) {
    draft.spec = old.spec;
    // Old kubelets wrote owner references that broke garbage collection.
    draft.metadata.ownerReferences = old.metadata.ownerReferences;
  },
  prepare(draft, old) {
    const pod = podDraft(draft);
    const stored = storedPod(old);
    pod.status = keepObservedGenerations(pod.status, stored.status);
    // With the gate DRANodeAllocatableResources off; nothing else of a status is dropped.
    if (
      pod.status.nodeAllocatableResourceClaimStatuses !== undefined &&
      !stored.status.nodeAllocatableResourceClaimStatuses?.length
    ) {
      const { nodeAllocatableResourceClaimStatuses: _, ...others } = pod.status;
      pod.status = others;
    }
    if (!pod.status.qosClass && stored.status.qosClass) {
      pod.status = { ...pod.status, qosClass: stored.status.qosClass };
    }
  },
};

const ephemeralContainers: UpdateStrategy = {
  reset(draft, old) {
    const { ephemeralContainers: wanted } = podDraft(draft).spec;
    draft.spec = { ...storedPod(old).spec, ephemeralContainers: wanted };
    draft.status = old.status;
    resetMetadata(draft, old);
  },
  prepare: (draft, old) => raiseGeneration?.(draft, old),
};

const resize: UpdateStrategy = {
  reset(draft, old) {
    const spec = onlyResize(podDraft(draft).spec, storedPod(old).spec);
    // Containers that were added, removed or renamed are left for validation to refuse.
    if (spec === undefined) return;
    draft.spec = spec;
    draft.status = old.status;
    resetMetadata(draft, old);
  },
  prepare: (draft, old) => raiseGeneration?.(draft, old),
};

export const pods: StrategyHooks = {
  prepareForCreate(draft, { nowMs }) {
    const pod = podDraft(draft);
    const initial: PodStatus = { phase: "Pending" };
    if (pod.spec.schedulingGates !== undefined && pod.spec.schedulingGates.length > 0) {
      // Go writes a time that was never set as null.
      const gated: object = {
        type: "PodScheduled",
        status: "False",
        lastProbeTime: null,
        lastTransitionTime: formatTime(nowMs),
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      };
      initial.conditions = [gated as PodCondition];
    }
    initial.qosClass = qosClass(pod);
    pod.status = initial;
    pod.spec = matchLabelKeysOf(pod.spec, pod.metadata.labels ?? {});
  },
  subresources: { status, ephemeralcontainers: ephemeralContainers, resize },
  /** Upstream: podStrategy.CheckGracefulDelete @1.36 */
  gracePeriodSeconds(object, requested) {
    const { spec, status: now } = storedPod(object);
    if (!spec.nodeName || now.phase === "Failed" || now.phase === "Succeeded") return 0;
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
};
