/**
 * Takes the DisruptionTarget condition back from pods that were to be disrupted and were not.
 *
 * Upstream: pkg/controller/disruption/disruption.go syncStalePodDisruption @1.36
 */
import {
  formatTime,
  isPodTerminal,
  isPodTerminating,
  isStatusError,
  parseTime,
  podCondition,
} from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { type Client, controllerRunnable, DONE, pods } from "@kubets/client";
import type { Runnable } from "@kubets/service";
import type { ControllerContext } from "../controller-context.ts";
import { observedGeneration } from "../pod-control/observed-generation.ts";

const STALE_MS = 120_000;

/** After how long the condition is stale; undefined: there is nothing to take back. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  if (isPodTerminating(pod) || isPodTerminal(pod)) return undefined;
  const condition = podCondition(pod, "DisruptionTarget");
  // A kubelet that ends a pod needs no deletion for it.
  if (condition?.status !== "True" || condition.reason === "TerminationByKubelet") return undefined;
  const sinceMs = parseTime(condition.lastTransitionTime ?? "") ?? nowMs;
  return Math.max(0, sinceMs + STALE_MS - nowMs);
}

export function staleDisruptions(context: ControllerContext, client: Client): Runnable {
  const { clock, logger } = context;
  const queue = context.queue("stale_pod_disruption");
  const informer = context.informer(pods);
  informer.onChange(({ key, current }) => {
    const waitMs = current === undefined ? undefined : staleInMs(current, clock.now());
    if (waitMs !== undefined) queue.addAfter(key, waitMs);
  });
  return controllerRunnable({
    name: "disruption-controller stale conditions",
    queue,
    informers: [informer],
    logger,
    async reconcile(key, signal) {
      const pod = informer.store.get(key);
      const waitMs = pod === undefined ? undefined : staleInMs(pod, clock.now());
      if (pod === undefined || waitMs === undefined) return DONE;
      if (waitMs > 0) return { kind: "requeueAfter", afterMs: waitMs };
      const { namespace = "", name = "", uid } = pod.metadata;
      const condition = {
        type: "DisruptionTarget",
        status: "False",
        lastTransitionTime: formatTime(clock.now()),
        ...observedGeneration(pod),
      };
      try {
        await client.patch(
          pods,
          { namespace, name, subresource: "status" },
          {
            type: "application/strategic-merge-patch+json",
            body: { metadata: { uid }, status: { conditions: [condition] } },
          },
          { signal },
        );
      } catch (error) {
        if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
      }
      return DONE;
    },
  });
}
