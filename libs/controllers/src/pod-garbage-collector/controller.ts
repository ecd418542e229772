/**
 * Deletes pods that nobody else would.
 *
 * Upstream: pkg/controller/podgc/gc_controller.go @1.36
 */
import { formatTime, isPodTerminal, isStatusError } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { controllerRunnable, nodes, pods } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { observedGeneration } from "../pod-control/observed-generation.ts";
import { type Collected, planCollection } from "./plan.ts";

const ROUND_MS = 20_000;
/** A node has to be missing for so long: it may be about to come back under the same name. */
const QUARANTINE_MS = 40_000;
const ALL = "pods";

export function podGarbageCollector(options: {
  /** --terminated-pod-gc-threshold. Default 12,500; 0 or less: no limit. */
  readonly terminatedMax?: number;
}): ControllerDefinition {
  const { terminatedMax = 12_500 } = options;
  return {
    name: "pod-garbage-collector-controller",
    build(context) {
      const { clock, logger } = context;
      const client = context.client("pod-garbage-collector");
      const queue = context.queue("orphaned_pods_nodes");
      const podInformer = context.informer(pods);
      const nodeInformer = context.informer(nodes);
      /** By name, when it was first seen to be missing. */
      const missingSinceMs = new Map<string, number>();
      queue.add(ALL);

      const isGone = async (nodeName: string, signal: AbortSignal): Promise<boolean> => {
        try {
          await client.get(nodes, "", nodeName, { signal });
          return false;
        } catch (error) {
          if (isStatusError(error, "NotFound")) return true;
          throw error;
        }
      };

      /** The names of nodes that are known to be gone for good. */
      const goneNodes = async (
        collected: readonly Collected[],
        signal: AbortSignal,
      ): Promise<Set<string>> => {
        const names = new Set<string>();
        for (const each of collected) if (each.why === "orphaned") names.add(each.nodeName);
        for (const name of missingSinceMs.keys()) if (!names.has(name)) missingSinceMs.delete(name);
        const gone = new Set<string>();
        const nowMs = clock.monotonicMs();
        for (const name of names) {
          const sinceMs = missingSinceMs.get(name);
          if (sinceMs === undefined) missingSinceMs.set(name, nowMs);
          else if (nowMs - sinceMs >= QUARANTINE_MS && (await isGone(name, signal))) gone.add(name);
        }
        return gone;
      };

      const remove = async ({ pod, why }: Collected, signal: AbortSignal): Promise<void> => {
        const { namespace = "", name = "", uid } = pod.metadata;
        logger.info("collecting a pod", { pod: `${namespace}/${name}`, why });
        try {
          if (!isPodTerminal(pod)) await markFailed(pod, why, signal);
          await client.delete(pods, namespace, name, {
            signal,
            gracePeriodSeconds: 0,
            ...(uid === undefined ? {} : { preconditions: { uid } }),
          });
        } catch (error) {
          if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
        }
      };

      const markFailed = async (
        pod: Pod,
        why: Collected["why"],
        signal: AbortSignal,
      ): Promise<void> => {
        const { namespace = "", name = "", uid } = pod.metadata;
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "DeletionByPodGC",
          message: "PodGC: node no longer exists",
          lastTransitionTime: formatTime(clock.now()),
          ...observedGeneration(pod),
        };
        const conditions = why === "orphaned" ? { conditions: [condition] } : {};
        await client.patch(
          pods,
          { namespace, name, subresource: "status" },
          {
            type: "application/strategic-merge-patch+json",
            body: {
              metadata: { uid },
              status: { phase: "Failed", ...observedGeneration(pod), ...conditions },
            },
          },
          { signal },
        );
      };

      return [
        controllerRunnable({
          name: "pod-garbage-collector-controller",
          queue,
          informers: [podInformer, nodeInformer],
          logger,
          async reconcile(_, signal) {
            const collected = planCollection({
              pods: podInformer.store.list(),
              nodeOf: (name) => nodeInformer.store.get(name),
              terminatedMax,
            });
            const gone = await goneNodes(collected, signal);
            const failures: unknown[] = [];
            for (const each of collected) {
              if (each.why === "orphaned" && !gone.has(each.nodeName)) continue;
              // One that cannot be collected must not keep the others.
              await remove(each, signal).catch((error: unknown) => failures.push(error));
            }
            return failures.length === 0
              ? { kind: "requeueAfter", afterMs: ROUND_MS }
              : { kind: "error", error: failures[0] };
          },
        }),
      ];
    },
  };
}
