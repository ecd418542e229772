/**
 * The pods that have no node yet, in one of three places: active (to be tried, in the order of QueueSort),
 * backing off (to be tried when their time has come), unschedulable (to be tried when something happens that
 * may help them, or after five minutes).
 *
 * Bounded by the number of pods in the cluster. Attempts are synchronous, so no event can slip in between
 * a pod's refusal and its return to the queue; a pod whose binding failed goes to the back-off.
 *
 * Upstream: pkg/scheduler/backend/queue/scheduling_queue.go PriorityQueue @1.36
 */
import { KeyedHeap } from "@kubets/client";
import type { Clock } from "@kubets/service";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { ClusterEvent, EventObjects, QueueingHint } from "../framework/cluster-event.ts";
import type { Status } from "../framework/status.ts";
import { NONE, newQueuedPod, type QueuedPod } from "./queued-pod.ts";

/** What the queue asks of the plugins of a pod's profile. */
export interface QueuePlugins {
  less(a: QueuedPod, b: QueuedPod): boolean;
  /** Why the pod must stay out of the queue; absent: it need not. */
  preEnqueue(info: PodInfo): Status | undefined;
  /** Plugin name → what it makes of the event. */
  hints(event: ClusterEvent): ReadonlyMap<string, QueueingHint | true>;
}

export interface SchedulingQueueOptions {
  readonly clock: Clock;
  readonly plugins: QueuePlugins;
  /** Default 1,000 and 10,000; upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
  readonly backoffInitialMs?: number;
  readonly backoffMaxMs?: number;
  /** A pod does not stay unschedulable for longer without being tried. Default 300,000. */
  readonly unschedulableMaxMs?: number;
  /** Counts pods that come into a part of the queue: scheduler_queue_incoming_pods_total. */
  readonly onIncoming?: (queue: QueueName, cause: string) => void;
}

export type QueueName = "active" | "backoff" | "unschedulable" | "gated";

const FLUSH_MS = 30_000;

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: QueuePlugins;
  readonly #backoffInitialMs: number;
  readonly #backoffMaxMs: number;
  readonly #unschedulableMaxMs: number;
  readonly #onIncoming: (queue: QueueName, cause: string) => void;
  readonly #active: KeyedHeap<string, QueuedPod>;
  /** Pods that were refused; they may be tried early when nothing else is to be done. */
  readonly #backoff = new KeyedHeap<string, QueuedPod>(
    (a, b) => a.backoffUntilMs < b.backoffUntilMs,
  );
  /** Pods whose attempt failed; their back-off protects the server and is always kept. */
  readonly #errorBackoff = new KeyedHeap<string, QueuedPod>(
    (a, b) => a.backoffUntilMs < b.backoffUntilMs,
  );
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** The same by each plugin that refused them: an event is held against those that it may help. */
  readonly #byPlugin = new Map<string, Set<QueuedPod>>();
  #gated = 0;
  #onReady: () => void = () => {};
  #cancelBackoff: (() => void) | undefined;
  #backoffTimerMs = Number.POSITIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #isClosed = false;

  constructor(options: SchedulingQueueOptions) {
    this.#clock = options.clock;
    this.#plugins = options.plugins;
    this.#backoffInitialMs = options.backoffInitialMs ?? 1_000;
    this.#backoffMaxMs = options.backoffMaxMs ?? 10_000;
    this.#unschedulableMaxMs = options.unschedulableMaxMs ?? 300_000;
    this.#onIncoming = options.onIncoming ?? (() => {});
    this.#active = new KeyedHeap((a, b) => options.plugins.less(a, b));
  }

  /** Called whenever `pop` may have something. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }
  close(): void {
    this.#isClosed = true;
    this.#cancelBackoff?.();
    this.#cancelFlush?.();
  }
  size(queue: QueueName): number {
    switch (queue) {
      case "active":
        return this.#active.size;
      case "backoff":
        return this.#backoff.size + this.#errorBackoff.size;
      case "unschedulable":
        return this.#unschedulable.size - this.#gated;
      case "gated":
        return this.#gated;
    }
  }

  /** A pod without a node appeared. */
  add(info: PodInfo): void {
    const queued = newQueuedPod(info, this.#clock.monotonicMs());
    this.#activate(queued, "UnscheduledPodAdd");
  }

  /** A pod without a node changed. */
  update(info: PodInfo, isRelevant: boolean): void {
    const { uid } = info;
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) {
      const queued = heap.get(uid);
      if (queued === undefined) continue;
      queued.info = info;
      heap.set(uid, queued);
      return;
    }
    const queued = this.#unschedulable.get(uid);
    if (queued === undefined) {
      this.add(info);
      return;
    }
    queued.info = info;
    // A gate may have been taken away; a change of its status alone cannot help a pod.
    if (!isRelevant) return;
    this.#takeUnschedulable(queued);
    this.#requeue(queued, "UnscheduledPodUpdate");
  }

  /** The pod is gone, or has a node. */
  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#errorBackoff.delete(uid);
    const queued = this.#unschedulable.get(uid);
    if (queued !== undefined) this.#takeUnschedulable(queued);
  }
  has(uid: string): boolean {
    return (
      this.#active.has(uid) ||
      this.#backoff.has(uid) ||
      this.#errorBackoff.has(uid) ||
      this.#unschedulable.has(uid)
    );
  }

  /** The next pod to try; without one to try, the refused one whose back-off ends first. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backoff.pop();
    if (queued === undefined) return undefined;
    queued.attempts++;
    queued.firstAttemptMs ??= this.#clock.monotonicMs();
    return queued;
  }
  get isEmpty(): boolean {
    return this.#active.size === 0 && this.#backoff.size === 0;
  }

  /** No node was found: the pod waits for an event that a plugin that refused it asks for. */
  refused(queued: QueuedPod, by: ReadonlySet<string>, pendingBy: ReadonlySet<string> = NONE): void {
    if (by.size === 0 && pendingBy.size === 0) {
      // No plugin is known that could say what helps.
      this.failed(queued);
      return;
    }
    queued.refusals++;
    queued.errors = 0;
    queued.rejectedBy = by;
    queued.pendingBy = pendingBy;
    this.#setBackoff(queued, queued.refusals);
    this.#toUnschedulable(queued, "ScheduleAttemptFailure");
  }

  /** The attempt or the binding failed: again after the back-off. */
  failed(queued: QueuedPod): void {
    queued.errors++;
    queued.rejectedBy = NONE;
    queued.pendingBy = NONE;
    this.#setBackoff(queued, queued.errors);
    this.#toBackoff(queued, this.#errorBackoff, "ScheduleAttemptFailure");
  }

  /** Something happened in the cluster: pods that it may help are tried again. */
  happened(event: ClusterEvent, objects: EventObjects): void {
    if (this.#unschedulable.size === 0) return;
    for (const [plugin, hint] of this.#plugins.hints(event)) {
      // A pod may come back to the same place at once, so not while going through it.
      for (const queued of [...(this.#byPlugin.get(plugin) ?? [])]) {
        if (!this.#unschedulable.has(queued.info.uid)) continue;
        if (hint !== true && !hint(queued.info, objects)) continue;
        const isAwaited = queued.pendingBy.has(plugin);
        this.#takeUnschedulable(queued);
        if (isAwaited) this.#activate(queued, event);
        else this.#requeue(queued, event);
      }
    }
  }

  /** What kept the pod out of the queue may have ended; asks again. */
  ungate(uid: string): void {
    const queued = this.#unschedulable.get(uid);
    if (queued?.gatedBy === undefined) return;
    this.#takeUnschedulable(queued);
    this.#activate(queued, "ForceActivate");
  }

  /** How many pods wait because of each plugin, by profile. */
  *rejections(): Iterable<{
    readonly plugin: string;
    readonly profile: string;
    readonly pods: number;
  }> {
    for (const [plugin, rejected] of this.#byPlugin) {
      const byProfile = new Map<string, number>();
      for (const { info } of rejected) {
        byProfile.set(info.schedulerName, (byProfile.get(info.schedulerName) ?? 0) + 1);
      }
      for (const [profile, pods] of byProfile) yield { plugin, profile, pods };
    }
  }

  /** Tries these at once, whatever they wait for. */
  activate(uids: Iterable<string>): void {
    for (const uid of uids) {
      const queued =
        this.#unschedulable.get(uid) ?? this.#backoff.delete(uid) ?? this.#errorBackoff.delete(uid);
      if (queued === undefined) continue;
      this.#takeUnschedulable(queued);
      this.#activate(queued, "ForceActivate");
    }
  }

  #requeue(queued: QueuedPod, cause: string): void {
    if (queued.backoffUntilMs > this.#clock.monotonicMs()) {
      if (this.#gate(queued, cause)) return;
      this.#toBackoff(queued, this.#backoff, cause);
    } else this.#activate(queued, cause);
  }

  #activate(queued: QueuedPod, cause: string): void {
    if (this.#gate(queued, cause)) return;
    queued.enqueuedMs = this.#clock.monotonicMs();
    this.#active.set(queued.info.uid, queued);
    this.#onIncoming("active", cause);
    this.#onReady();
  }

  /** Whether a plugin keeps the pod out; it then waits among the unschedulable. */
  #gate(queued: QueuedPod, cause: string): boolean {
    const status = this.#plugins.preEnqueue(queued.info);
    queued.gatedBy = status?.plugin ?? (status === undefined ? undefined : "");
    if (queued.gatedBy === undefined) return false;
    queued.rejectedBy = new Set([queued.gatedBy]);
    this.#toUnschedulable(queued, cause);
    return true;
  }

  #toUnschedulable(queued: QueuedPod, cause: string): void {
    queued.enqueuedMs = this.#clock.monotonicMs();
    this.#unschedulable.set(queued.info.uid, queued);
    for (const plugin of queued.rejectedBy) this.#rejectedBy(plugin).add(queued);
    for (const plugin of queued.pendingBy) this.#rejectedBy(plugin).add(queued);
    if (queued.gatedBy !== undefined) this.#gated++;
    this.#onIncoming(queued.gatedBy === undefined ? "unschedulable" : "gated", cause);
    this.#armFlush();
  }
  #takeUnschedulable(queued: QueuedPod): void {
    if (!this.#unschedulable.delete(queued.info.uid)) return;
    for (const plugin of queued.rejectedBy) this.#byPlugin.get(plugin)?.delete(queued);
    for (const plugin of queued.pendingBy) this.#byPlugin.get(plugin)?.delete(queued);
    if (queued.gatedBy !== undefined) this.#gated--;
    queued.gatedBy = undefined;
  }

  #rejectedBy(plugin: string): Set<QueuedPod> {
    let rejected = this.#byPlugin.get(plugin);
    if (rejected === undefined) {
      rejected = new Set();
      this.#byPlugin.set(plugin, rejected);
    }
    return rejected;
  }

  #toBackoff(queued: QueuedPod, heap: KeyedHeap<string, QueuedPod>, cause: string): void {
    heap.set(queued.info.uid, queued);
    this.#onIncoming("backoff", cause);
    this.#armBackoff();
    if (heap === this.#backoff) this.#onReady();
  }
  /** The initial delay, doubled for each further failure in a row. */
  #setBackoff(queued: QueuedPod, failures: number): void {
    const delayMs = Math.min(
      this.#backoffInitialMs * 2 ** Math.min(failures - 1, 30),
      this.#backoffMaxMs,
    );
    queued.backoffUntilMs = this.#clock.monotonicMs() + delayMs;
  }

  #armBackoff(): void {
    const untilMs = Math.min(
      this.#backoff.peek()?.backoffUntilMs ?? Number.POSITIVE_INFINITY,
      this.#errorBackoff.peek()?.backoffUntilMs ?? Number.POSITIVE_INFINITY,
    );
    if (this.#isClosed || untilMs >= this.#backoffTimerMs) return;
    this.#cancelBackoff?.();
    this.#backoffTimerMs = untilMs;
    this.#cancelBackoff = this.#clock.setTimer(untilMs - this.#clock.monotonicMs(), () => {
      this.#backoffTimerMs = Number.POSITIVE_INFINITY;
      this.#endBackoffs();
    });
  }
  #endBackoffs(): void {
    // Timers may fire a fraction of a millisecond early.
    const nowMs = this.#clock.monotonicMs() + 1;
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (;;) {
        const next = heap.peek();
        if (next === undefined || next.backoffUntilMs > nowMs) break;
        heap.pop();
        this.#activate(next, "BackoffComplete");
      }
    }
    this.#armBackoff();
  }

  #armFlush(): void {
    if (this.#isClosed || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#clock.setTimer(FLUSH_MS, () => {
      this.#cancelFlush = undefined;
      const oldestMs = this.#clock.monotonicMs() - this.#unschedulableMaxMs;
      for (const queued of [...this.#unschedulable.values()]) {
        if (queued.gatedBy !== undefined || queued.enqueuedMs > oldestMs) continue;
        this.#takeUnschedulable(queued);
        this.#requeue(queued, "UnschedulableTimeout");
      }
      if (this.#unschedulable.size > 0) this.#armFlush();
    });
  }
}
