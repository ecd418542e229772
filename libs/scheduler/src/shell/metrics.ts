import { exponentialBuckets, type Metrics } from "@kubets/service";
import type { QueueName } from "../queue/scheduling-queue.ts";

export type AttemptResult = "scheduled" | "unschedulable" | "error";

/** Upstream: pkg/scheduler/metrics/metrics.go @1.36 */
export interface SchedulerMetrics {
  attempt(result: AttemptResult, profile: string, seconds: number): void;
  algorithm(seconds: number): void;
  bound(attempts: number, sinceFirstAttemptSeconds: number): void;
  incoming(queue: QueueName, cause: string): void;
  preemption(victims: number): void;
}

export interface SchedulerGauges {
  pending(queue: QueueName): number;
  cacheSize(type: "nodes" | "pods" | "assumed_pods"): number;
  bindings(): number;
  rejections(): Iterable<{
    readonly plugin: string;
    readonly profile: string;
    readonly pods: number;
  }>;
}

const DURATIONS = exponentialBuckets({ start: 0.001, factor: 2, count: 15 });
const QUEUES: readonly QueueName[] = ["active", "backoff", "unschedulable", "gated"];

export function createSchedulerMetrics(
  metrics: Metrics,
  gauges: SchedulerGauges,
): SchedulerMetrics {
  const attempts = metrics.counter({
    name: "scheduler_schedule_attempts_total",
    help: "Number of attempts to schedule pods, by the result.",
    labels: ["result", "profile"],
  });
  const durations = metrics.histogram({
    name: "scheduler_scheduling_attempt_duration_seconds",
    help: "Scheduling attempt latency in seconds (scheduling algorithm + binding)",
    labels: ["result", "profile"],
    buckets: DURATIONS,
  });
  const algorithm = metrics.histogram({
    name: "scheduler_scheduling_algorithm_duration_seconds",
    help: "Scheduling algorithm latency in seconds",
    buckets: DURATIONS,
  });
  const podAttempts = metrics.histogram({
    name: "scheduler_pod_scheduling_attempts",
    help: "Number of attempts to successfully schedule a pod.",
    buckets: exponentialBuckets({ start: 1, factor: 2, count: 5 }),
  });
  const sli = metrics.histogram({
    name: "scheduler_pod_scheduling_sli_duration_seconds",
    help: "E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue.",
    labels: ["attempts"],
    buckets: exponentialBuckets({ start: 0.01, factor: 2, count: 20 }),
  });
  const incoming = metrics.counter({
    name: "scheduler_queue_incoming_pods_total",
    help: "Number of pods added to scheduling queues by event and queue type.",
    labels: ["queue", "event"],
  });
  const preemptions = metrics.counter({
    name: "scheduler_preemption_attempts_total",
    help: "Total preemption attempts in the cluster till now",
  });
  const victims = metrics.histogram({
    name: "scheduler_preemption_victims",
    help: "Number of selected preemption victims",
    buckets: exponentialBuckets({ start: 1, factor: 2, count: 7 }),
  });
  metrics.gauge({
    name: "scheduler_pending_pods",
    help: "Number of pending pods, by the queue type.",
    labels: ["queue"],
    collect: (gauge) => {
      for (const queue of QUEUES) gauge.set({ queue }, gauges.pending(queue));
    },
  });
  metrics.gauge({
    name: "scheduler_unschedulable_pods",
    help: "The number of unschedulable pods broken down by plugin name.",
    labels: ["plugin", "profile"],
    collect: (gauge) => {
      gauge.reset();
      for (const { plugin, profile, pods } of gauges.rejections())
        gauge.set({ plugin, profile }, pods);
    },
  });
  metrics.gauge({
    name: "scheduler_cache_size",
    help: "Number of nodes, pods, and assumed (bound) pods in the scheduler cache.",
    labels: ["type"],
    collect: (gauge) => {
      for (const type of ["nodes", "pods", "assumed_pods"] as const) {
        gauge.set({ type }, gauges.cacheSize(type));
      }
    },
  });
  metrics.gauge({
    name: "scheduler_goroutines",
    help: "Number of running bindings.",
    labels: ["operation"],
    collect: (gauge) => gauge.set({ operation: "binding" }, gauges.bindings()),
  });
  return {
    attempt(result, profile, seconds) {
      const labels = { result, profile };
      attempts.inc(labels);
      durations.observe(labels, seconds);
    },
    algorithm: (seconds) => algorithm.observe(seconds),
    bound(tries, seconds) {
      podAttempts.observe(tries);
      sli.observe({ attempts: tries >= 15 ? "15+" : String(tries) }, seconds);
    },
    incoming: (queue, event) => incoming.inc({ queue, event }),
    preemption(count) {
      preemptions.inc();
      victims.observe(count);
    },
  };
}
