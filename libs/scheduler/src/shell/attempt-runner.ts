/**
 * Takes a pod through one attempt: find a node, count the pod to it, and bind in the background; or tell
 * why there is none.
 *
 * Upstream: pkg/scheduler/schedule_one.go ScheduleOne, bindingCycle, handleSchedulingFailure @1.36
 */
import { isStatusError } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { EventSource } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import type { ClusterState } from "../cluster/cluster-state.ts";
import { PodInfo } from "../cluster/pod-info.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { Framework } from "../framework/framework.ts";
import { errorStatus, isRejected, type Status, statusMessage } from "../framework/status.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";
import { type Diagnosis, fitErrorMessage, NOT_LOOKED_AT } from "../schedule/diagnosis.ts";
import { schedule } from "../schedule/schedule.ts";
import type { ScoreIndexes } from "../schedule/score-indexes.ts";
import type { SchedulerMetrics } from "./metrics.ts";
import type { PodStatusChange, StatusPatcher } from "./status-patcher.ts";
import type { WaitingPods } from "./waiting-pods.ts";

export interface AttemptRunnerOptions {
  readonly cluster: ClusterState;
  readonly queue: SchedulingQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly metrics: SchedulerMetrics;
  readonly waitingPods: WaitingPods;
  readonly statusPatcher: StatusPatcher;
  readonly events: (profile: string) => EventSource;
  readonly framework: (schedulerName: string) => Framework | undefined;
  readonly indexes: ReadonlyMap<string, ScoreIndexes>;
  readonly percentageOfNodesToScore: number;
  /** The pod as the informer shows it now. */
  readonly latest: (key: string) => Pod | undefined;
  readonly onBindingEnded: () => void;
  readonly signal: AbortSignal;
}

/** One pod on its way to a node. */
interface Placement {
  readonly queued: QueuedPod;
  readonly framework: Framework;
  readonly state: CycleState;
  readonly nodeName: string;
  readonly startedMs: number;
}

export class AttemptRunner {
  readonly #options: AttemptRunnerOptions;
  readonly #start = { index: 0 };
  readonly #bindings = new Set<Promise<void>>();

  constructor(options: AttemptRunnerOptions) {
    this.#options = options;
  }

  /** How many are under way. */
  get bindings(): number {
    return this.#bindings.size;
  }
  async settled(): Promise<void> {
    await Promise.all(this.#bindings);
  }

  attempt(queued: QueuedPod): void {
    const { cluster, clock } = this.#options;
    const { info } = queued;
    const framework = this.#options.framework(info.schedulerName);
    if (framework === undefined || cluster.hasPod(info.uid)) return;
    const { profile } = framework;
    if (info.isDeleting) {
      this.#tell(profile, info, `skip schedule deleting pod: ${info.key}`);
      return;
    }
    const startedMs = clock.monotonicMs();
    try {
      this.#findNode(queued, framework, startedMs);
    } catch (error) {
      // One pod that a plugin cannot cope with must not keep all others from being scheduled.
      cluster.forget(info.uid);
      this.#fail(queued, profile, errorStatus(error), startedMs);
    }
  }

  #findNode(queued: QueuedPod, framework: Framework, startedMs: number): void {
    const { cluster, clock, random, metrics, indexes, percentageOfNodesToScore } = this.#options;
    const { info } = queued;
    const { profile } = framework;
    const kept = indexes.get(profile);
    const result = schedule(info, {
      cluster,
      framework,
      random,
      start: this.#start,
      percentageOfNodesToScore,
      ...(kept === undefined ? {} : { indexes: kept }),
    });
    metrics.algorithm((clock.monotonicMs() - startedMs) / 1000);
    switch (result.kind) {
      case "node":
        this.#place({
          queued,
          framework,
          state: result.state,
          nodeName: result.nodeName,
          startedMs,
        });
        return;
      case "unschedulable":
        this.#noNode(queued, framework, result, startedMs);
        return;
      case "noNodes": {
        const message = "no nodes available to schedule pods";
        this.#refuse(queued, profile, { message, startedMs, by: new Set(), pendingBy: new Set() });
        return;
      }
      case "error":
        this.#fail(queued, profile, result.status, startedMs);
    }
  }

  /** Asks for room to be made, and says why there is none. */
  #noNode(
    queued: QueuedPod,
    framework: Framework,
    { diagnosis, state }: { readonly diagnosis: Diagnosis; readonly state: CycleState },
    startedMs: number,
  ): void {
    const { cluster } = this.#options;
    const { info } = queued;
    const made = framework.hasPostFilter
      ? framework.postFilter(state, info, cluster, diagnosis)
      : { nominatedNodeName: "" };
    const postMessage = made.status === undefined ? "" : statusMessage(made.status);
    if (made.nominatedNodeName === "") cluster.unnominate(info.uid);
    else if (made.nominatedNodeName !== undefined) cluster.nominate(info, made.nominatedNodeName);
    this.#refuse(queued, framework.profile, {
      message: fitErrorMessage(diagnosis, postMessage),
      startedMs,
      by: diagnosis.unschedulablePlugins,
      pendingBy: diagnosis.pendingPlugins,
      ...(made.nominatedNodeName === undefined
        ? {}
        : { nominatedNodeName: made.nominatedNodeName }),
    });
  }

  #place(placement: Placement): void {
    const { cluster, waitingPods, onBindingEnded } = this.#options;
    const { queued, framework, state, nodeName } = placement;
    const { info } = queued;
    cluster.assume(info, nodeName);
    const refused = framework.reserve(state, info, nodeName);
    if (refused !== undefined) {
      cluster.forget(info.uid);
      this.#refusedOnNode(placement, refused);
      return;
    }
    const permit = framework.permit(state, info, nodeName);
    if (permit !== undefined && "code" in permit) {
      framework.unreserve(state, info, nodeName);
      cluster.forget(info.uid);
      this.#refusedOnNode(placement, permit);
      return;
    }
    cluster.unnominate(info.uid);
    const permitted = permit === undefined ? undefined : waitingPods.wait(info.uid, permit.waiting);
    const binding = this.#bind(placement, permitted)
      .catch((error: unknown) => this.#bindingFailed(placement, errorStatus(error)))
      .finally(() => {
        this.#bindings.delete(binding);
        onBindingEnded();
      });
    this.#bindings.add(binding);
  }

  async #bind(
    placement: Placement,
    permitted: Promise<Status | undefined> | undefined,
  ): Promise<void> {
    const { clock, metrics, events, signal } = this.#options;
    const { queued, framework, state, nodeName, startedMs } = placement;
    const { info } = queued;
    const status =
      (permitted === undefined ? undefined : await permitted) ??
      (await framework.preBind(state, info, nodeName, signal)) ??
      (await framework.bind(state, info, nodeName, signal));
    if (status !== undefined) {
      this.#bindingFailed(placement, status);
      return;
    }
    const nowMs = clock.monotonicMs();
    metrics.attempt("scheduled", framework.profile, (nowMs - startedMs) / 1000);
    metrics.bound(queued.attempts, (nowMs - (queued.firstAttemptMs ?? startedMs)) / 1000);
    events(framework.profile).event(
      info.pod,
      "Normal",
      "Scheduled",
      `Successfully assigned ${info.key} to ${nodeName}`,
      { action: "Binding" },
    );
    framework.postBind(state, info, nodeName);
  }

  #bindingFailed(placement: Placement, status: Status): void {
    const { cluster, queue } = this.#options;
    const { queued, framework, state, nodeName } = placement;
    const { info } = queued;
    framework.unreserve(state, info, nodeName);
    cluster.forget(info.uid);
    // Its room is free again for others.
    queue.happened("AssignedPodDelete", { old: info.pod });
    this.#refusedOnNode(placement, status);
  }

  #refusedOnNode({ queued, framework, nodeName, startedMs }: Placement, status: Status): void {
    if (!this.#isStillWanted(queued, status)) return;
    if (!isRejected(status)) {
      this.#fail(queued, framework.profile, status, startedMs);
      return;
    }
    const by = new Set(status.plugin === undefined ? [] : [status.plugin]);
    const isPending = status.code === "Pending";
    this.#refuse(queued, framework.profile, {
      message: fitErrorMessage(
        {
          allNodes: 1,
          byNode: new Map([[nodeName, status]]),
          absent: NOT_LOOKED_AT,
          preFilterMessage: "",
        },
        "",
      ),
      startedMs,
      by: isPending ? new Set() : by,
      pendingBy: isPending ? by : new Set(),
    });
  }

  /** Time has passed since the pod was taken from the queue: it may be gone, or have a node. */
  #isStillWanted(queued: QueuedPod, { error }: Status): boolean {
    const { latest, queue, signal } = this.#options;
    const { info } = queued;
    const pod = latest(info.key);
    if (signal.aborted || pod === undefined || pod.metadata.uid !== info.uid) return false;
    if ((pod.spec?.nodeName ?? "") !== "" || queue.has(info.uid)) return false;
    if (isStatusError(error, "NotFound")) return false;
    queued.info = new PodInfo(pod);
    return true;
  }

  #refuse(
    queued: QueuedPod,
    profile: string,
    refusal: {
      readonly message: string;
      readonly startedMs: number;
      readonly by: ReadonlySet<string>;
      readonly pendingBy: ReadonlySet<string>;
      readonly nominatedNodeName?: string;
    },
  ): void {
    const { queue, clock, metrics } = this.#options;
    const { message, startedMs, by, pendingBy, nominatedNodeName } = refusal;
    metrics.attempt("unschedulable", profile, (clock.monotonicMs() - startedMs) / 1000);
    queue.refused(queued, by, pendingBy);
    this.#report(profile, queued.info, {
      condition: { reason: "Unschedulable", message },
      ...(nominatedNodeName === undefined ? {} : { nominatedNodeName }),
    });
  }

  #fail(queued: QueuedPod, profile: string, status: Status, startedMs: number): void {
    const { queue, clock, metrics, logger } = this.#options;
    const message = statusMessage(status);
    const { plugin, error } = status;
    logger.error("scheduling failed", { pod: queued.info.key, plugin, error: error ?? message });
    metrics.attempt("error", profile, (clock.monotonicMs() - startedMs) / 1000);
    queue.failed(queued);
    this.#report(profile, queued.info, { condition: { reason: "SchedulerError", message } });
  }

  #report(profile: string, info: PodInfo, change: Required<Pick<PodStatusChange, "condition">>) {
    this.#tell(profile, info, change.condition.message);
    this.#options.statusPatcher.patch(info, change);
  }

  #tell(profile: string, info: PodInfo, message: string): void {
    const details = { action: "Scheduling" };
    this.#options.events(profile).event(info.pod, "Warning", "FailedScheduling", message, details);
  }
}
