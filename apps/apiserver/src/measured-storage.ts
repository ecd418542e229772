/**
 * The store with upstream's metrics about it: dashboards ask for them under etcd's name.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/metrics/metrics.go @1.36
 */
import type { Clock, Metrics } from "@kubets/service";
import type { Storage } from "@kubets/storage";

const buckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

export function measuredStorage(storage: Storage, metrics: Metrics, clock: Clock): Storage {
  const labels = ["operation", "group", "resource"];
  const duration = metrics.histogram({
    name: "etcd_request_duration_seconds",
    help: "Latency of requests to the store by operation and resource.",
    labels,
    buckets,
  });
  const total = metrics.counter({
    name: "etcd_requests_total",
    help: "Requests to the store by operation and resource.",
    labels,
  });
  const failed = metrics.counter({
    name: "etcd_request_errors_total",
    help: "Requests to the store that failed, by operation and resource.",
    labels,
  });

  async function measure<T>(
    operation: string,
    { group, resource }: { readonly group: string; readonly resource: string },
    run: () => Promise<T>,
  ): Promise<T> {
    const labelled = { operation, group, resource };
    const beganMs = clock.monotonicMs();
    try {
      return await run();
    } catch (error) {
      failed.inc(labelled);
      throw error;
    } finally {
      total.inc(labelled);
      duration.observe(labelled, (clock.monotonicMs() - beganMs) / 1_000);
    }
  }

  return {
    write: (write) => measure(write.op, write.key, () => storage.write(write)),
    get: (key) => measure("get", key, () => storage.get(key)),
    list: (scope, options) => measure("list", scope, () => storage.list(scope, options)),
    loadAll: () => storage.loadAll(),
    currentRevision: () => storage.currentRevision(),
    compactedRevision: () => storage.compactedRevision(),
    readLog: (after, limit) => storage.readLog(after, limit),
    subscribe: (...args) => storage.subscribe(...args),
    compact: (revision) => storage.compact(revision),
    clusterId: () => storage.clusterId(),
    close: () => storage.close(),
  };
}
