/**
 * Jobs.
 *
 * Upstream: pkg/controller/job/job_controller.go @1.36
 */
import { isPodTerminal, type LabelSelectorMatcher, labelSelectorFrom } from "@kubets/api";
import type { Job, JobStatus } from "@kubets/api/batch/v1";
import type { Pod } from "@kubets/api/core/v1";
import {
  controllerRunnable,
  DONE,
  Expectations,
  jobs,
  objectKey,
  pods,
  type ReconcileResult,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { followOwnedPods } from "../pod-control/owned-pods.ts";
import { isNamespaceEnding, PodWriter } from "../pod-control/pod-writer.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import { isJobFinished, isTrue, jobCondition } from "./job-conditions.ts";
import { isTracked, TRACKING_FINALIZER } from "./job-pods.ts";
import { orphanedJobPods } from "./orphaned-pods.ts";
import { afterRemoval, type JobPlan, planJob } from "./plan.ts";
import { removeFinalizer } from "./remove-finalizer.ts";

const WORKERS = 5;
const CONTROLLER_NAME = "kubernetes.io/job-controller";
const UNMET_CHECK_MS = 30_000;
const COMPLETION_MODES: ReadonlySet<string> = new Set(["NonIndexed", "Indexed"]);

/** False for Jobs that another controller looks after. */
export function isOurs(job: Job): boolean {
  return job.spec?.managedBy === undefined || job.spec.managedBy === CONTROLLER_NAME;
}

export const jobController: ControllerDefinition = {
  name: "job-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("job-controller");
    const recorder = context.recorder("job-controller", client);
    const writer = new PodWriter({ client, recorder });
    const queue = context.queue("job");
    const owners = context.informer(jobs);
    const podInformer = context.informer(pods);
    const expectations = new Expectations({ clock });
    const ownWrites = new OwnWrites();
    /** Pods, by uid, whose finalizer is gone though the informer may still show it. */
    const untracked = new Set<string>();
    const selectorOf: (job: Job) => LabelSelectorMatcher = memoizedSelector(({ spec }) =>
      labelSelectorFrom(spec?.selector),
    );

    owners.onChange(({ key, old, current }) => {
      if (current === undefined && old !== undefined) {
        expectations.forget(key);
        ownWrites.forget(key);
      }
      queue.add(key);
    });
    podInformer.onChange(({ old, current }) => {
      const pod = current ?? old;
      if (pod === undefined || untracked.size === 0) return;
      if (current === undefined || !isTracked(current)) untracked.delete(pod.metadata.uid ?? "");
    });
    followOwnedPods({
      owners,
      pods: podInformer,
      kind: "Job",
      group: "batch",
      selectorOf,
      queue,
      expectations,
      gatherMs: (job) => gatherMs(job.spec?.parallelism ?? 1),
    });

    const claim = async (job: Job, signal: AbortSignal): Promise<Pod[]> => {
      const { uid = "", namespace = "" } = job.metadata;
      const held = await claimObjects({
        owner: job,
        ownerType: jobs,
        type: pods,
        selector: selectorOf(job),
        candidates: [
          ...podInformer.store.byIndex(CONTROLLER_INDEX, uid),
          ...podInformer.store
            .byIndex(ORPHAN_INDEX, namespace)
            .filter((pod) => !isPodTerminal(pod)),
        ],
        finalizers: [TRACKING_FINALIZER],
        client,
        signal,
      });
      return held.map((pod) =>
        untracked.has(pod.metadata.uid ?? "") ? withoutFinalizer(pod) : pod,
      );
    };

    /** Gives back the uids of those that are not tracked any more. */
    const release = async (
      tracked: readonly Pod[],
      signal: AbortSignal,
    ): Promise<ReadonlySet<string>> => {
      const released = new Set<string>();
      const results = await Promise.allSettled(
        tracked.map(async (pod) => {
          const { uid = "" } = pod.metadata;
          // Before the patch: its event may come before the answer.
          untracked.add(uid);
          try {
            await removeFinalizer(client, pod, signal);
          } catch (error) {
            untracked.delete(uid);
            throw error;
          }
          released.add(uid);
        }),
      );
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return released;
    };

    /** Gives back how many pods could not be created, and why. */
    const work = async (
      job: Job,
      plan: JobPlan,
      signal: AbortSignal,
    ): Promise<{ readonly lacking: number; readonly error?: unknown }> => {
      const key = objectKey(job);
      const uids = plan.delete.map(({ metadata }) => metadata.uid ?? "");
      if (plan.create.length + uids.length > 0) {
        expectations.expect(key, { creations: plan.create.length, deletions: uids });
      }
      const deletions = await Promise.allSettled(
        plan.delete.map(async (pod) => {
          let isDeleted = false;
          try {
            // What is one too many has not failed, so it is not to be counted.
            if (plan.verdict === undefined && isTracked(pod)) await release([pod], signal);
            isDeleted = await writer.delete(job, pod, signal);
          } finally {
            if (!isDeleted) expectations.deleted(key, pod.metadata.uid ?? "");
          }
        }),
      );
      const { succeeded, error } = await slowStart(plan.create.length, async (index) => {
        const pod = plan.create[index];
        if (pod !== undefined) await writer.create(job, pod, signal);
      });
      const lacking = plan.create.length - succeeded;
      for (let count = lacking; count > 0; count--) expectations.created(key);
      const failed = deletions.find((deletion) => deletion.status === "rejected");
      return { lacking, error: error ?? failed?.reason };
    };

    const writeStatus = async (job: Job, status: JobStatus, signal: AbortSignal): Promise<Job> => {
      if (isSemanticallyEqual(statusShape(job.status), statusShape(status))) return job;
      const written = await client.updateStatus(jobs, { ...job, status }, { signal });
      ownWrites.wrote(written);
      tell(job, status);
      return written;
    };

    const tell = (before: Job, status: JobStatus): void => {
      const hasBecome = (type: string, value = "True") =>
        jobCondition(status, type)?.status === value &&
        jobCondition(before.status, type)?.status !== value;
      if (hasBecome("Failed")) {
        const { reason = "", message = "" } = jobCondition(status, "Failed") ?? {};
        recorder.event(before, "Warning", reason, message);
      }
      if (hasBecome("Complete")) {
        const { completions } = before.spec ?? {};
        if (completions !== undefined && (status.succeeded ?? 0) > completions) {
          recorder.event(
            before,
            "Warning",
            "TooManySucceededPods",
            "Too many succeeded pods running after completion count reached",
          );
        }
        recorder.event(before, "Normal", "Completed", "Job completed");
      }
      if (hasBecome("Suspended")) recorder.event(before, "Normal", "Suspended", "Job suspended");
      if (isTrue(before.status, "Suspended") && hasBecome("Suspended", "False")) {
        recorder.event(before, "Normal", "Resumed", "Job resumed");
      }
    };

    const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
      const job = owners.store.get(key);
      if (job === undefined) return DONE;
      if (!isOurs(job) || ownWrites.isBehind(job)) return DONE;
      if (!COMPLETION_MODES.has(job.spec?.completionMode ?? "NonIndexed")) {
        recorder.event(
          job,
          "Warning",
          "UnknownCompletionMode",
          "Skipped Job sync because completion mode is unknown",
        );
        return DONE;
      }
      if (isJobFinished(job)) {
        const { uid = "" } = job.metadata;
        await release(podInformer.store.byIndex(CONTROLLER_INDEX, uid).filter(isTracked), signal);
        return DONE;
      }
      // Its own pods are not all in view: their events bring it back, and if one is lost, time does.
      if (!expectations.isMet(key)) return { kind: "requeueAfter", afterMs: UNMET_CHECK_MS };
      const held = await claim(job, signal);
      const plan = planJob({ job, pods: held, mayAct: true, nowMs: clock.now() });
      const { lacking, error } = await work(job, plan, signal);
      const status = { ...plan.status, active: Math.max(0, (plan.status.active ?? 0) - lacking) };
      const counted = await writeStatus(job, status, signal);
      if (plan.removeFinalizers.length > 0) {
        const released = await release(plan.removeFinalizers, signal);
        const stillTracked = new Set(
          held
            .filter((pod) => isTracked(pod) && !released.has(pod.metadata.uid ?? ""))
            .map(({ metadata }) => metadata.uid ?? ""),
        );
        const settled = afterRemoval(status, plan.verdict, { stillTracked, nowMs: clock.now() });
        await writeStatus(counted, settled, signal);
      }
      if (error !== undefined && !isNamespaceEnding(error)) return { kind: "error", error };
      return plan.afterMs === undefined
        ? DONE
        : { kind: "requeueAfter", afterMs: Math.max(1, plan.afterMs) };
    };

    return [
      controllerRunnable({
        name: "job-controller",
        queue,
        workers: context.workers("job-controller", WORKERS),
        informers: [owners, podInformer],
        logger,
        reconcile,
      }),
      orphanedJobPods(context, client),
    ];
  },
};

/** What is left out when it is nothing is the same as nothing. */
function statusShape(status: JobStatus | undefined): unknown {
  const { active = 0, succeeded = 0, failed = 0, completedIndexes = "", ...rest } = status ?? {};
  return { ...rest, active, succeeded, failed, completedIndexes };
}

function withoutFinalizer(pod: Pod): Pod {
  const finalizers = pod.metadata.finalizers?.filter((name) => name !== TRACKING_FINALIZER);
  return { ...pod, metadata: { ...pod.metadata, finalizers } };
}
