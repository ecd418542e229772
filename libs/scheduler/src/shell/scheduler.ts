/**
 * The scheduler: follows the cluster through informers, tries the pods of its queue one after another, and
 * binds those that found a node in the background.
 *
 * Guarantees: an attempt sees one state of the cluster; a pod that was given a node counts to that node from
 * then on, so that two pods never take the same room; a pod whose binding failed is tried again. The number of
 * bindings under way is bounded; when it is reached no further pod is tried.
 *
 * Upstream: pkg/scheduler/{scheduler,schedule_one}.go @1.36
 */
import type { Pod } from "@kubets/api/core/v1";
import {
  type Client,
  type EventSource,
  Informer,
  type InformerRunnable,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
} from "@kubets/client";
import type { Clock, Logger, Metrics } from "@kubets/service";
import { ClusterState } from "../cluster/cluster-state.ts";
import type { PodInfo } from "../cluster/pod-info.ts";
import type { ClusterEvent, QueueingHint } from "../framework/cluster-event.ts";
import type { Framework } from "../framework/framework.ts";
import { defaultBinder } from "../plugins/default-binder.ts";
import { defaultPreemption } from "../preemption/default-preemption.ts";
import { buildFramework, defaultPlugins, type ProfileConfig } from "../profiles.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import { SchedulingQueue } from "../queue/scheduling-queue.ts";
import { ScoreIndexes } from "../schedule/score-indexes.ts";
import { AttemptRunner } from "./attempt-runner.ts";
import { evictVictims } from "./evict-victims.ts";
import { followNodes, followPods } from "./follow-cluster.ts";
import { followVolumes } from "./follow-volumes.ts";
import { followWorkloads } from "./follow-workloads.ts";
import { createSchedulerMetrics } from "./metrics.ts";
import { StatusPatcher } from "./status-patcher.ts";
import { WaitingPods } from "./waiting-pods.ts";
import { withoutManagedFields } from "./without-managed-fields.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** At least one. */
  readonly profiles: readonly ProfileConfig[];
  /** Where a profile's events go. */
  readonly events: (profile: string) => EventSource;
  /** Gives numbers from 0 to 1. */
  readonly random?: () => number;
  /** Bindings under way at a time. Default 100: half of what a server takes at once by default. */
  readonly bindingsMax?: number;
  /** 0, the default, adapts to the number of nodes. Upstream's percentageOfNodesToScore. */
  readonly percentageOfNodesToScore?: number;
  /** Default 1,000. Upstream's podInitialBackoffSeconds. */
  readonly backoffInitialMs?: number;
  /** Default 10,000. Upstream's podMaxBackoffSeconds. */
  readonly backoffMaxMs?: number;
}

/** After so long other work gets its turn. */
const SLICE_MS = 10;

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #cluster = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #pods: Informer<Pod>;
  readonly #informers: readonly InformerRunnable[];
  readonly #statusPatcher: StatusPatcher;
  readonly #runner: AttemptRunner;
  readonly #stopping = new AbortController();
  #isRunning = false;
  #isSliceDue = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { client, clock, logger, random = Math.random } = options;
    const cluster = this.#cluster;
    const frameworks = new Map<string, Framework>();
    const waitingPods = new WaitingPods(clock);
    this.#statusPatcher = new StatusPatcher({ client, clock, logger });
    const gauges = {
      pending: (queue: Parameters<SchedulingQueue["size"]>[0]) => this.#queue.size(queue),
      cacheSize: (type: string) =>
        type === "nodes"
          ? cluster.nodes.length
          : type === "pods"
            ? cluster.podCount
            : cluster.assumedPods,
      bindings: () => this.#runner.bindings,
      rejections: () => this.#queue.rejections(),
    };
    const metrics = createSchedulerMetrics(options.metrics, gauges);
    this.#queue = new SchedulingQueue({
      clock,
      plugins: queuePlugins(frameworks),
      ...(options.backoffInitialMs === undefined
        ? {}
        : { backoffInitialMs: options.backoffInitialMs }),
      ...(options.backoffMaxMs === undefined ? {} : { backoffMaxMs: options.backoffMaxMs }),
      onIncoming: (queue, cause) => metrics.incoming(queue, cause),
    });
    const informed = { client, clock, logger, random };
    this.#pods = new Informer<Pod>({
      ...informed,
      type: pods,
      fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
      transform: withoutManagedFields,
    });
    const nodeInformer = new Informer({
      ...informed,
      type: nodes,
      transform: withoutManagedFields,
    });
    const budgets = new Informer({ ...informed, type: podDisruptionBudgets });
    const namespaceInformer = new Informer({ ...informed, type: namespaces });
    const volumes = followVolumes({ ...informed, queue: this.#queue });
    const workloads = followWorkloads(informed);
    this.#informers = [
      nodeInformer,
      this.#pods,
      budgets,
      namespaceInformer,
      ...volumes.informers,
      ...workloads.informers,
    ];

    for (const profile of options.profiles) {
      const evictions = evictVictims({
        client,
        clock,
        logger,
        cluster,
        waitingPods,
        statusPatcher: this.#statusPatcher,
        events: options.events(profile.schedulerName),
        onFinished: (uid, isFailed) =>
          isFailed ? this.#queue.activate([uid]) : this.#queue.ungate(uid),
        onVictims: (count) => metrics.preemption(count),
        signal: this.#stopping.signal,
      });
      const plugins = defaultPlugins(
        {
          defaultBinder: defaultBinder(client),
          volumes: volumes.surroundings,
          workloads: workloads.workloads,
          namespaceLabels: (name) => namespaceInformer.store.get(name)?.metadata.labels,
          defaultPreemption: defaultPreemption({
            framework: () => frameworkOf(frameworks, profile.schedulerName),
            evictions,
            budgets: () => budgets.store.list(),
            random,
          }),
        },
        profile,
      );
      if (frameworks.has(profile.schedulerName)) {
        throw new RangeError(`duplicate profile with scheduler name "${profile.schedulerName}"`);
      }
      frameworks.set(profile.schedulerName, buildFramework(profile, plugins));
    }

    this.#runner = new AttemptRunner({
      cluster,
      queue: this.#queue,
      clock,
      logger,
      random,
      metrics,
      waitingPods,
      statusPatcher: this.#statusPatcher,
      events: options.events,
      framework: (name) => frameworks.get(name),
      indexes: new Map([...frameworks.keys()].map((name) => [name, new ScoreIndexes()])),
      percentageOfNodesToScore: options.percentageOfNodesToScore ?? 0,
      latest: (key) => this.#pods.store.get(key),
      onBindingEnded: () => this.#schedule(),
      signal: this.#stopping.signal,
    });
    // Nodes first: a pod that is tried before its nodes are known is told that there are none.
    nodeInformer.onChange(followNodes({ cluster, queue: this.#queue }));
    this.#pods.onChange(
      followPods({
        cluster,
        queue: this.#queue,
        isOurs: (name) => frameworks.has(name),
        onPodGone: (uid) => waitingPods.reject(uid, "", "removed"),
      }),
    );
    this.#queue.onReady(() => this.#schedule());
  }

  get hasSynced(): boolean {
    return this.#informers.every((informer) => informer.hasSynced);
  }

  /** Begins to follow the cluster; nothing is scheduled yet. */
  async start(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.start(signal)));
  }

  /** Schedules until the signal. Waits for the informers first. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.waitForSync(signal)));
    if (signal.aborted) return;
    this.#isRunning = true;
    this.#schedule();
    await new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    this.#isRunning = false;
    await this.#runner.settled();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#stopping.abort();
    this.#queue.close();
    await this.#runner.settled();
    await this.#statusPatcher.stop();
    await Promise.all(this.#informers.map((informer) => informer.stop()));
  }

  /** Tries pods soon, after what is being handled now. */
  #schedule(): void {
    if (!this.#isRunning || this.#isSliceDue) return;
    this.#isSliceDue = true;
    setImmediate(() => {
      this.#isSliceDue = false;
      this.#slice();
    });
  }

  #slice(): void {
    const { clock, bindingsMax = 100 } = this.#options;
    const endMs = clock.monotonicMs() + SLICE_MS;
    while (this.#isRunning && this.#runner.bindings < bindingsMax) {
      const queued = this.#queue.pop();
      if (queued === undefined) return;
      this.#runner.attempt(queued);
      if (clock.monotonicMs() < endMs) continue;
      this.#schedule();
      return;
    }
  }
}

/** All profiles sort alike; the first one's plugin does it. */
function queuePlugins(frameworks: ReadonlyMap<string, Framework>) {
  const hintsByEvent = new Map<ClusterEvent, ReadonlyMap<string, QueueingHint | true>>();
  return {
    less(a: QueuedPod, b: QueuedPod): boolean {
      for (const framework of frameworks.values()) return framework.less(a, b);
      return false;
    },
    preEnqueue: (info: PodInfo) => frameworks.get(info.schedulerName)?.preEnqueue(info),
    hints(event: ClusterEvent): ReadonlyMap<string, QueueingHint | true> {
      let hints = hintsByEvent.get(event);
      if (hints === undefined) {
        hints = new Map([...frameworks.values()].flatMap((each) => [...each.hints(event)]));
        hintsByEvent.set(event, hints);
      }
      return hints;
    },
  };
}

function frameworkOf(frameworks: ReadonlyMap<string, Framework>, name: string): Framework {
  const framework = frameworks.get(name);
  if (framework === undefined) throw new RangeError(`there is no profile "${name}"`);
  return framework;
}
