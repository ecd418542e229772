/**
 * CronJobs.
 *
 * Upstream: pkg/controller/cronjob/cronjob_controllerv2.go @1.36
 */
import { controllerOf, formatTime, isControlledBy, isStatusError } from "@kubets/api";
import type { CronJob, Job } from "@kubets/api/batch/v1";
import { controllerRunnable, cronJobs, DONE, jobs, objectKey } from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { ownerFor } from "../pod-control/owned-pods.ts";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { jobReference, planCronJob } from "./plan.ts";

const WORKERS = 5;

export const cronJobController: ControllerDefinition = {
  name: "cronjob-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("cronjob-controller");
    const recorder = context.recorder("cronjob-controller", client);
    const queue = context.queue("cronjob");
    const owners = context.informer(cronJobs);
    const jobInformer = context.informer(jobs);
    const ownWrites = new OwnWrites();
    const localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

    owners.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    jobInformer.onChange(({ old, current }) => {
      for (const job of [old, current]) {
        if (job === undefined) continue;
        const owner = ownerFor(
          { owners, kind: "CronJob", group: "batch" },
          job.metadata.namespace,
          controllerOf(job),
        );
        if (owner !== undefined) queue.add(objectKey(owner));
      }
    });

    /** The uids in status.active whose Jobs the server has not. */
    const goneJobs = async (cronJob: CronJob, signal: AbortSignal): Promise<Set<string>> => {
      const gone = new Set<string>();
      const { namespace = "" } = cronJob.metadata;
      for (const { name = "", uid = "" } of cronJob.status?.active ?? []) {
        const known = jobInformer.store.get(`${namespace}/${name}`);
        if (known?.metadata.uid === uid) continue;
        try {
          const fresh = await client.get(jobs, namespace, name, { signal });
          if (fresh.metadata.uid !== uid) gone.add(uid);
        } catch (error) {
          if (!isStatusError(error, "NotFound")) throw error;
          gone.add(uid);
        }
      }
      return gone;
    };

    const deleteJob = async (cronJob: CronJob, job: Job, signal: AbortSignal): Promise<void> => {
      const { namespace = "", name = "", uid } = job.metadata;
      try {
        await client.delete(jobs, namespace, name, {
          signal,
          propagationPolicy: "Background",
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        });
      } catch (error) {
        if (isStatusError(error, "NotFound") || isStatusError(error, "Conflict")) return;
        recorder.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(error)}`);
        throw error;
      }
      recorder.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
    };

    /** Undefined: the name is taken by a Job of somebody else, or the namespace is ending. */
    const startJob = async (
      cronJob: CronJob,
      wanted: Job,
      signal: AbortSignal,
    ): Promise<Job | undefined> => {
      try {
        const created = await client.create(jobs, wanted, { signal });
        const message = `Created job ${created.metadata.name}`;
        recorder.event(cronJob, "Normal", "SuccessfulCreate", message);
        return created;
      } catch (error) {
        if (isNamespaceEnding(error)) return undefined;
        if (!isStatusError(error, "AlreadyExists")) {
          const message = `Error creating job: ${messageOf(error)}`;
          recorder.event(cronJob, "Warning", "FailedCreate", message);
          throw error;
        }
      }
      // Started before, without the status having been written.
      const { namespace = "", name = "" } = wanted.metadata;
      const existing = await client.get(jobs, namespace, name, { signal });
      return isControlledBy(existing, cronJob) ? existing : undefined;
    };

    return [
      controllerRunnable({
        name: "cronjob-controller",
        queue,
        workers: context.workers("cronjob-controller", WORKERS),
        informers: [owners, jobInformer],
        logger,
        async reconcile(key, signal) {
          const cronJob = owners.store.get(key);
          if (cronJob === undefined || ownWrites.isBehind(cronJob)) return DONE;
          const gone = await goneJobs(cronJob, signal);
          const plan = planCronJob({
            cronJob,
            jobs: jobInformer.store.byIndex(CONTROLLER_INDEX, cronJob.metadata.uid ?? ""),
            gone,
            nowMs: clock.now(),
            localZone,
          });
          for (const { type, reason, message } of plan.events) {
            recorder.event(cronJob, type, reason, message);
          }
          let { status } = plan;
          for (const job of plan.replace) {
            await deleteJob(cronJob, job, signal);
            const active = status.active?.filter(({ uid }) => uid !== job.metadata.uid);
            status = { ...status, active };
          }
          if (plan.start !== undefined) {
            const job = await startJob(cronJob, plan.start.job, signal);
            const active = status.active ?? [];
            const isListed = active.some(({ uid }) => uid === job?.metadata.uid);
            status = {
              ...status,
              ...(job === undefined || isListed ? {} : { active: [...active, jobReference(job)] }),
              lastScheduleTime: formatTime(plan.start.scheduledMs),
            };
          }
          if (!isSemanticallyEqual(cronJob.status ?? {}, status)) {
            ownWrites.wrote(
              await client.updateStatus(cronJobs, { ...cronJob, status }, { signal }),
            );
          }
          for (const job of plan.forget) await deleteJob(cronJob, job, signal);
          return plan.afterMs === undefined
            ? DONE
            : { kind: "requeueAfter", afterMs: plan.afterMs };
        },
      }),
    ];
  },
};
