/**
 * Frees pods that a Job was tracking and that have no Job any more: their finalizer would keep them for ever.
 *
 * Upstream: pkg/controller/job/job_controller.go syncOrphanPod @1.36
 */
import { controllerOf, isStatusError } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { type Client, controllerRunnable, DONE, jobs, objectKey, pods } from "@kubets/client";
import type { Runnable } from "@kubets/service";
import type { ControllerContext } from "../controller-context.ts";
import { CONTROLLER_INDEX } from "../manager/informer-indexes.ts";
import { ownerFor } from "../pod-control/owned-pods.ts";
import { isTracked } from "./job-pods.ts";
import { removeFinalizer } from "./remove-finalizer.ts";

export function orphanedJobPods(context: ControllerContext, client: Client): Runnable {
  const { logger } = context;
  const queue = context.queue("job_orphan_pod");
  const owners = context.informer(jobs);
  const podInformer = context.informer(pods);
  const jobOf = (pod: Pod) =>
    ownerFor({ owners, kind: "Job", group: "batch" }, pod.metadata.namespace, controllerOf(pod));
  /** A Job's pod whose Job is not known, or a pod that nobody controls any more. */
  const isSuspect = (pod: Pod): boolean => {
    if (!isTracked(pod)) return false;
    const controller = controllerOf(pod);
    if (controller === undefined) return true;
    return controller.kind === "Job" && jobOf(pod) === undefined;
  };
  podInformer.onChange(({ key, current }) => {
    if (current !== undefined && isSuspect(current)) queue.add(key);
  });
  owners.onChange(({ old, current }) => {
    if (current !== undefined) return;
    for (const pod of podInformer.store.byIndex(CONTROLLER_INDEX, old?.metadata.uid ?? "")) {
      if (isTracked(pod)) queue.add(objectKey(pod));
    }
  });
  return controllerRunnable({
    name: "job-controller orphans",
    queue,
    informers: [owners, podInformer],
    logger,
    async reconcile(key, signal) {
      const pod = podInformer.store.get(key);
      if (pod === undefined || !isSuspect(pod)) return DONE;
      const controller = controllerOf(pod);
      if (controller !== undefined) {
        // The informer of Jobs may be behind that of pods.
        try {
          const { namespace = "" } = pod.metadata;
          const job = await client.get(jobs, namespace, controller.name, { signal });
          if (job.metadata.uid === controller.uid) return DONE;
        } catch (error) {
          if (!isStatusError(error, "NotFound")) throw error;
        }
      }
      await removeFinalizer(client, pod, signal);
      return DONE;
    },
  });
}
