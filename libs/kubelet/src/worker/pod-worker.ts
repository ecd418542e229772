/**
 * The life of one pod on this node. One step at a time: read the runtime, decide, act, tell the API; then
 * wait to be woken by a change of the pod, of the runtime, of what the pod refers to, or by a timer.
 *
 *     syncing ──deleted, finished or refused──▶ ending ──nothing runs──▶ cleaning ──▶ finished ──deleted──▶ gone
 *
 * A pod that finished stays on the node, for its logs, until it is deleted.
 *
 * Upstream: pkg/kubelet/pod_workers.go, pkg/kubelet/kubelet.go SyncPod, SyncTerminatingPod, SyncTerminatedPod @1.36
 */
import { rm } from "node:fs/promises";
import { parseTime } from "@kubets/api";
import type { Pod, PodStatus } from "@kubets/api/core/v1";
import { podLogDirectory } from "../container/sandbox-config.ts";
import { podReference } from "../events/event-sink.ts";
import { errorText, KubeletError } from "../kubelet-error.ts";
import { type PlannedStart, type PodPlan, planPod } from "../pod/plan.ts";
import { concernsWorker } from "../pod/pod-changes.ts";
import {
  isFinishedPhase,
  isHostNetwork,
  isTerminating,
  podText,
  specOf,
  uidOf,
} from "../pod/pod-facts.ts";
import { hasRunningContainers, type PodRuntime } from "../pod/pod-runtime.ts";
import type { StartFailure } from "../status/container-statuses.ts";
import { finalStatus, podStatus } from "../status/pod-status.ts";
import { VolumeError } from "../volumes/volume-manager.ts";
import { executePlan } from "./execute-plan.ts";
import { killPod } from "./kill-pod.ts";
import type { PodContext, Verdict } from "./pod-context.ts";
import { PodResources } from "./pod-resources.ts";

export type PodStage = "syncing" | "ending" | "cleaning" | "finished" | "gone";

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 120_000;
/** A pod is looked at this often even if nothing happens. Upstream: SyncFrequency. */
const RESYNC_MS = 60_000;

export class PodWorker {
  readonly #context: PodContext;
  readonly #onGone: (podUid: string) => void;
  readonly #failures = new Map<string, StartFailure>();
  readonly #firstSeenMs: number;
  #pod: Pod;
  #stage: PodStage = "syncing";
  #verdict: Verdict | undefined;
  /** Known only from the runtime: the API has no such pod. */
  readonly #isOrphan: boolean;
  #isRemovedFromApi: boolean;
  #isAdmitted = false;
  #hasStarted = false;
  readonly #resources: PodResources;
  #interrupt = new AbortController();
  #isDirty = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failuresInARow = 0;

  constructor(
    context: PodContext,
    pod: Pod,
    options: { readonly isOrphan?: boolean; readonly onGone: (podUid: string) => void },
  ) {
    this.#context = context;
    this.#pod = pod;
    this.#isOrphan = options.isOrphan ?? false;
    this.#isRemovedFromApi = this.#isOrphan;
    this.#onGone = options.onGone;
    this.#resources = new PodResources(context);
    this.#firstSeenMs = context.clock.monotonicMs();
    if (!this.#isOrphan) context.config.addPod(pod);
  }

  get pod(): Pod {
    return this.#pod;
  }
  get stage(): PodStage {
    return this.#stage;
  }
  /** It takes part of the node's resources. */
  get isActive(): boolean {
    return this.#isAdmitted && (this.#stage === "syncing" || this.#stage === "ending");
  }

  update(pod: Pod): void {
    const wasEnding = this.#mustEnd();
    const oldGrace = this.#pod.metadata.deletionGracePeriodSeconds;
    const old = this.#pod;
    this.#pod = pod;
    if (!concernsWorker(old, pod)) return;
    this.#resources.contentsChanged();
    if (this.#stage === "syncing") this.#context.config.addPod(pod);
    const grace = pod.metadata.deletionGracePeriodSeconds;
    const isHastened = grace !== undefined && oldGrace !== undefined && grace < oldGrace;
    if ((!wasEnding && this.#mustEnd()) || isHastened) this.#interrupt.abort();
    this.wake();
  }

  /** The API does not have the pod any more: nothing of it may stay. */
  removedFromApi(last: Pod | undefined): void {
    const wasEnding = this.#mustEnd();
    this.#isRemovedFromApi = true;
    // A status sent now could only meet another pod of the same name.
    this.#context.statuses.forget(uidOf(this.#pod));
    if (last !== undefined) this.#pod = last;
    if (!wasEnding) this.#interrupt.abort();
    this.wake();
  }

  /** What the pod refers to has changed. */
  configChanged(): void {
    this.#resources.contentsChanged();
    this.wake();
  }

  wake(): void {
    this.#isDirty = true;
    if (this.#isStopped) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isDirty) this.wake();
    });
  }

  /** Leaves containers running; the next kubelet goes on with them. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#interrupt.abort();
    this.#cancelTimer?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isDirty && !this.#isStopped && this.#stage !== "gone") {
      this.#isDirty = false;
      this.#cancelTimer?.();
      if (this.#interrupt.signal.aborted) this.#interrupt = new AbortController();
      const { signal } = this.#interrupt;
      const startMs = this.#context.clock.monotonicMs();
      try {
        const wakeAtMs = await this.#step(signal);
        this.#failuresInARow = 0;
        this.#wakeAt(Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, this.#now() + RESYNC_MS));
      } catch (error) {
        if (signal.aborted) this.#isDirty ||= !this.#isStopped;
        else this.#retryAfter(error);
      }
      const spent = (this.#context.clock.monotonicMs() - startMs) / 1000;
      this.#context.metrics.podWorkerDuration.observe({ operation_type: "sync" }, spent);
    }
    this.#isDirty &&= this.#stage !== "gone";
  }

  #retryAfter(error: unknown): void {
    const delayMs = Math.min(RETRY_MS_MIN * 2 ** this.#failuresInARow, RETRY_MS_MAX);
    this.#failuresInARow += 1;
    const { logger, events } = this.#context;
    logger.warn("a pod could not be brought to its state", {
      pod: podText(this.#pod),
      stage: this.#stage,
      retryMs: delayMs,
      error,
    });
    if (error instanceof VolumeError) {
      events.warning(podReference(this.#pod), "FailedMount", error.message);
    }
    this.#wakeAt(this.#now() + delayMs);
  }

  #wakeAt(atMs: number): void {
    if (this.#stage === "gone") return;
    const delayMs = Math.max(0, atMs - this.#now());
    this.#cancelTimer = this.#context.clock.setTimer(delayMs, () => this.wake());
  }

  /** Resolves with the time of the next look, where one is known. */
  async #step(signal: AbortSignal): Promise<number | undefined> {
    if (this.#stage === "syncing") {
      if (!this.#mustEnd()) {
        const wakeAtMs = await this.#sync(signal);
        if (this.#stage === "syncing") return wakeAtMs;
      } else this.#stage = "ending";
    }
    if (this.#stage === "ending") await this.#end(signal);
    if (this.#stage === "cleaning") await this.#clean();
    if (this.#stage === "finished" && this.#isUnwanted()) await this.#remove(signal);
    return undefined;
  }

  async #sync(signal: AbortSignal): Promise<number | undefined> {
    const context = this.#context;
    const uid = uidOf(this.#pod);
    let runtime = await this.#read(signal);
    if (!this.#isAdmitted && !this.#admit(runtime)) return undefined;
    const before = this.#makeStatus(runtime, false);
    if (isFinishedPhase(before.phase)) {
      this.#stage = "ending";
      return undefined;
    }
    this.#tell(() => before);
    const networkError = isHostNetwork(this.#pod) ? undefined : context.networkError();
    if (networkError !== undefined && !hasRunningContainers(runtime)) {
      const message = `network is not ready: ${networkError}`;
      context.events.warning(podReference(this.#pod), "NetworkNotReady", message);
      throw new KubeletError("notReady", message);
    }
    const volumes = await this.#resources.ensure(this.#pod, runtime);
    const plan = this.#plan(runtime);
    const isBusy = plan.killAll || plan.kill.length > 0 || plan.start.length > 0;
    const execution = await executePlan(context, {
      pod: this.#pod,
      runtime,
      plan,
      volumes,
      failures: this.#failures,
      onSandboxReady: async () => {
        const now = await this.#read(signal);
        this.#tell(() => this.#makeStatus(now, false));
      },
      signal,
    });
    if (isBusy) {
      runtime = await this.#read(signal);
      // A sidecar that runs lets the next container begin; nobody else will tell.
      const isNext = ({ action, container }: PlannedStart) =>
        action === "start" && !this.#failures.has(container.name);
      this.#isDirty ||= this.#plan(runtime).start.some(isNext);
    }
    context.probes.observe(this.#pod, runtime, { isEnding: false, previous: before });
    const after = this.#makeStatus(runtime, false);
    if (isFinishedPhase(after.phase)) {
      this.#stage = "ending";
      return undefined;
    }
    this.#tell(() => after);
    this.#noteStart(after);
    return this.#nextLook(uid, execution.wakeAtMs);
  }

  #plan(runtime: PodRuntime): PodPlan {
    return planPod({
      pod: this.#pod,
      runtime,
      probes: this.#context.probes,
      backOff: this.#context.restartBackOff,
      nowMs: this.#now(),
    });
  }

  #nextLook(uid: string, wakeAtMs: number | undefined): number | undefined {
    const times = [wakeAtMs, this.#context.tokens.nextRefreshMs(uid), this.#deadlineMs()].filter(
      (time) => time !== undefined,
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A pod that runs already was let in by an earlier kubelet. */
  #admit(runtime: PodRuntime): boolean {
    const isKnown = runtime.sandboxes.length > 0 || runtime.containers.length > 0;
    const verdict = isKnown ? undefined : this.#context.admit(this.#pod);
    this.#isAdmitted = true;
    if (verdict === undefined) return true;
    this.#verdict = verdict;
    this.#context.events.warning(podReference(this.#pod), verdict.reason, verdict.message);
    this.#stage = "ending";
    return false;
  }

  async #end(signal: AbortSignal): Promise<void> {
    const context = this.#context;
    let runtime = await this.#read(signal);
    const previous = context.statuses.get(uidOf(this.#pod)) ?? this.#pod.status ?? {};
    context.probes.observe(this.#pod, runtime, { isEnding: true, previous });
    this.#tell(() => this.#makeStatus(runtime, false, true));
    try {
      await killPod(context, this.#pod, runtime, {
        ...(this.#isOrphan ? { graceSeconds: 1 } : {}),
        signal,
      });
    } catch (error) {
      if (!signal.aborted) {
        const message = `error killing pod: ${errorText(error)}`;
        context.events.warning(podReference(this.#pod), "FailedKillPod", message);
      }
      throw error;
    }
    runtime = await this.#read(signal);
    if (hasRunningContainers(runtime)) {
      throw new KubeletError("hostFailure", "containers still run after they were stopped");
    }
    this.#tell(() => this.#makeStatus(runtime, true));
    this.#stage = "cleaning";
  }

  /** Takes away what only running containers need. */
  async #clean(): Promise<void> {
    const context = this.#context;
    const uid = uidOf(this.#pod);
    context.probes.remove(uid);
    await this.#resources.remove(uid);
    const last = context.statuses.get(uid);
    if (last !== undefined) this.#tell(() => finalStatus(last));
    this.#stage = "finished";
  }

  /** Takes away the rest, and then the pod itself from the API. */
  async #remove(signal: AbortSignal): Promise<void> {
    const context = this.#context;
    const uid = uidOf(this.#pod);
    const runtime = await this.#read(signal);
    for (const { id } of runtime.containers) await context.runtime.removeContainer(id, { signal });
    for (const { id } of runtime.sandboxes) {
      await context.runtime.stopSandbox(id, { signal });
      await context.runtime.removeSandbox(id, { signal });
    }
    context.reader.forget(uid);
    const logs = podLogDirectory(context.podLogsDir, this.#pod);
    await rm(logs, { recursive: true, force: true });
    this.#stage = "gone";
    if (this.#isRemovedFromApi) context.statuses.forget(uid);
    else context.statuses.removeFromApi(this.#pod);
    this.#onGone(uid);
  }

  async #read(signal: AbortSignal): Promise<PodRuntime> {
    const runtime = await this.#context.reader.read(uidOf(this.#pod), signal);
    this.#context.runtimeWatch.note(uidOf(this.#pod), runtime);
    return runtime;
  }

  /** Only a pod that the API has can have a status there. */
  #tell(make: () => PodStatus): void {
    if (!this.#isRemovedFromApi) this.#context.statuses.set(this.#pod, make());
  }

  /** `isEnding`: still of the phase it had; the last phase comes when nothing runs any more. */
  #makeStatus(runtime: PodRuntime, isTerminal: boolean, isEnding = false): PodStatus {
    const context = this.#context;
    const previous = context.statuses.get(uidOf(this.#pod)) ?? this.#pod.status ?? {};
    const status = podStatus({
      pod: this.#pod,
      previous,
      runtime,
      runtimeName: context.runtime.name,
      failures: this.#failures,
      probes: context.probes,
      isTerminal,
      ...(this.#verdict === undefined || isEnding ? {} : { verdict: this.#verdict }),
      hostIps: context.node().hostIps,
      supportsRecursiveReadOnly: context.supportsRecursiveReadOnly(),
      nowMs: this.#now(),
    });
    if (!isEnding || isFinishedPhase(previous.phase)) return status;
    const phase = isFinishedPhase(status.phase) ? (previous.phase ?? "Pending") : status.phase;
    return { ...status, ...(phase === undefined ? {} : { phase }) };
  }

  #mustEnd(): boolean {
    if (this.#stage !== "syncing") return true;
    const deadlineMs = this.#deadlineMs();
    if (deadlineMs !== undefined && this.#now() >= deadlineMs) {
      this.#verdict ??= {
        reason: "DeadlineExceeded",
        message: "Pod was active on the node longer than the specified deadline",
      };
    }
    return (
      this.#isUnwanted() || this.#verdict !== undefined || isFinishedPhase(this.#pod.status?.phase)
    );
  }

  #isUnwanted(): boolean {
    return this.#isRemovedFromApi || isTerminating(this.#pod);
  }

  #deadlineMs(): number | undefined {
    const seconds = specOf(this.#pod).activeDeadlineSeconds;
    const startTime =
      this.#context.statuses.get(uidOf(this.#pod))?.startTime ?? this.#pod.status?.startTime;
    if (seconds === undefined || startTime === undefined) return undefined;
    const startMs = parseTime(startTime);
    return startMs === undefined ? undefined : startMs + seconds * 1000;
  }

  #noteStart(status: PodStatus): void {
    if (this.#hasStarted || status.phase !== "Running") return;
    this.#hasStarted = true;
    const seconds = (this.#context.clock.monotonicMs() - this.#firstSeenMs) / 1000;
    this.#context.metrics.podStartDuration.observe(seconds);
  }

  #now(): number {
    return this.#context.clock.now();
  }
}
