/**
 * Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer.
 *
 * Upstream: pkg/controller/tainteviction/taint_eviction.go @1.36
 */
import { formatTime, isStatusError } from "@kubets/api";
import { controllerRunnable, DONE, nodes, pods } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { POD_NODE_INDEX } from "../node-lifecycle/controller.ts";
import { observedGeneration } from "../pod-control/observed-generation.ts";
import { evictionTime, isEvictable, noExecuteTaints } from "./plan.ts";

const WORKERS = 8;

export const taintEvictionController: ControllerDefinition = {
  name: "taint-eviction-controller",
  build(context) {
    const { clock } = context;
    const client = context.client("node-controller");
    const recorder = context.recorder("taint-eviction-controller", client);
    const queue = context.queue("taint_eviction_controller");
    const nodeInformer = context.informer(nodes);
    const podInformer = context.informer(pods);
    /** Pods that have to go when their time is over: when they were first seen beside the taints. */
    const waiting = new Map<string, number>();
    nodeInformer.onChange(({ key, old, current }) => {
      const isTainted = [old, current].some(
        (each) => noExecuteTaints(each?.spec?.taints).length > 0,
      );
      if (!isTainted) return;
      for (const pod of podInformer.store.byIndex(POD_NODE_INDEX, key)) {
        queue.add(`${pod.metadata.namespace}/${pod.metadata.name}`);
      }
    });
    podInformer.onChange(({ key, current }) => {
      if (current === undefined) waiting.delete(key);
      const node = nodeInformer.store.get(current?.spec?.nodeName ?? "");
      if (node !== undefined && noExecuteTaints(node.spec?.taints).length > 0) queue.add(key);
    });
    return [
      controllerRunnable({
        name: "taint-eviction-controller",
        queue,
        workers: WORKERS,
        informers: [nodeInformer, podInformer],
        logger: context.logger,
        async reconcile(key, signal) {
          const pod = podInformer.store.get(key);
          if (pod === undefined || !isEvictable(pod)) return DONE;
          const taints = noExecuteTaints(
            nodeInformer.store.get(pod.spec?.nodeName ?? "")?.spec?.taints,
          );
          const nowMs = clock.now();
          const seenMs = waiting.get(key) ?? nowMs;
          const leaveMs = evictionTime(pod, taints, { nowMs, seenMs });
          if (leaveMs === undefined) {
            if (waiting.delete(key)) {
              const message = `Cancelling deletion of Pod ${key}`;
              recorder.event(pod, "Normal", "TaintManagerEviction", message);
            }
            return DONE;
          }
          if (leaveMs > nowMs) {
            waiting.set(key, seenMs);
            return { kind: "requeueAfter", afterMs: leaveMs - nowMs };
          }
          waiting.delete(key);
          const { namespace = "", name = "", uid } = pod.metadata;
          recorder.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`);
          const condition = {
            type: "DisruptionTarget",
            status: "True",
            reason: "DeletionByTaintManager",
            message: "Taint manager: deleting due to NoExecute taint",
            lastTransitionTime: formatTime(nowMs),
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
            await client.delete(pods, namespace, name, {
              signal,
              ...(uid === undefined ? {} : { preconditions: { uid } }),
            });
          } catch (error) {
            // Gone, or another pod of this name: its own event brings it back.
            if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
          }
          return DONE;
        },
      }),
    ];
  },
};
