import { exponentialBuckets, type Metrics } from "@kubets/service";
import type { WorkQueueMetrics } from "./work-queue.ts";

const BUCKETS = exponentialBuckets({ start: 1e-8, factor: 10, count: 10 });

/**
 * The workqueue_* metrics of one queue.
 *
 * Upstream: k8s.io/component-base/metrics/prometheus/workqueue/metrics.go @1.36
 */
export function createWorkQueueMetrics(metrics: Metrics, name: string): WorkQueueMetrics {
  const labels = { name };
  const labelled = { labels: ["name"] };
  const depth = metrics.gauge({
    name: "workqueue_depth",
    help: "Current depth of workqueue",
    ...labelled,
  });
  const adds = metrics.counter({
    name: "workqueue_adds_total",
    help: "Total number of adds handled by workqueue",
    ...labelled,
  });
  const waited = metrics.histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long in seconds an item stays in workqueue before being requested.",
    buckets: BUCKETS,
    ...labelled,
  });
  const worked = metrics.histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long in seconds processing an item from workqueue takes.",
    buckets: BUCKETS,
    ...labelled,
  });
  const retries = metrics.counter({
    name: "workqueue_retries_total",
    help: "Total number of retries handled by workqueue",
    ...labelled,
  });
  return {
    added(size) {
      adds.inc(labels);
      depth.set(labels, size);
    },
    taken(size, waitedSeconds) {
      depth.set(labels, size);
      waited.observe(labels, waitedSeconds);
    },
    finished(workedSeconds) {
      worked.observe(labels, workedSeconds);
    },
    retried() {
      retries.inc(labels);
    },
    observe(unfinished) {
      observers(metrics).set(name, unfinished);
    },
  };
}

type Unfinished = () => { totalSeconds: number; longestSeconds: number };

const observersByMetrics = new WeakMap<Metrics, Map<string, Unfinished>>();

/** The two gauges that are read at the scrape are shared by all queues of a process. */
function observers(metrics: Metrics): Map<string, Unfinished> {
  const known = observersByMetrics.get(metrics);
  if (known !== undefined) return known;
  const byName = new Map<string, Unfinished>();
  observersByMetrics.set(metrics, byName);
  metrics.gauge({
    name: "workqueue_unfinished_work_seconds",
    help: "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
    labels: ["name"],
    collect: (gauge) => {
      for (const [name, read] of byName) gauge.set({ name }, read().totalSeconds);
    },
  });
  metrics.gauge({
    name: "workqueue_longest_running_processor_seconds",
    help: "How many seconds has the longest running processor for workqueue been running.",
    labels: ["name"],
    collect: (gauge) => {
      for (const [name, read] of byName) gauge.set({ name }, read().longestSeconds);
    },
  });
  return byName;
}
