/** Upstream: pkg/proxy/metrics/metrics.go @1.36 */
import { exponentialBuckets, type Metrics } from "@kubets/service";

const SYNC_BUCKETS = exponentialBuckets({ start: 0.001, factor: 2, count: 15 });
const PROGRAMMING_BUCKETS = [
  0.25,
  0.5,
  ...Array.from({ length: 59 }, (_, index) => index + 1),
  ...Array.from({ length: 12 }, (_, index) => 60 + 5 * index),
  ...Array.from({ length: 7 }, (_, index) => 120 + 30 * index),
];

export function createProxyMetrics(metrics: Metrics) {
  const labels = ["ip_family"];
  const prefix = "kubeproxy_sync";
  return {
    syncSeconds: metrics.histogram({
      name: `${prefix}_proxy_rules_duration_seconds`,
      help: "SyncProxyRules latency in seconds",
      labels,
      buckets: SYNC_BUCKETS,
    }),
    fullSyncSeconds: metrics.histogram({
      name: `${prefix}_full_proxy_rules_duration_seconds`,
      help: "SyncProxyRules latency in seconds for full resyncs",
      labels,
      buckets: SYNC_BUCKETS,
    }),
    partialSyncSeconds: metrics.histogram({
      name: `${prefix}_partial_proxy_rules_duration_seconds`,
      help: "SyncProxyRules latency in seconds for partial resyncs",
      labels,
      buckets: SYNC_BUCKETS,
    }),
    programmingSeconds: metrics.histogram({
      name: "kubeproxy_network_programming_duration_seconds",
      help: "In Cluster Network Programming Latency in seconds",
      labels,
      buckets: PROGRAMMING_BUCKETS,
    }),
    lastSync: metrics.gauge({
      name: `${prefix}_proxy_rules_last_timestamp_seconds`,
      help: "The last time proxy rules were successfully synced",
      labels,
    }),
    lastQueued: metrics.gauge({
      name: `${prefix}_proxy_rules_last_queued_timestamp_seconds`,
      help: "The last time a sync of proxy rules was queued",
      labels,
    }),
    syncFailures: metrics.counter({
      name: `${prefix}_proxy_rules_nftables_sync_failures_total`,
      help: "Cumulative proxy nftables sync failures",
      labels,
    }),
    cleanupFailures: metrics.counter({
      name: `${prefix}_proxy_rules_nftables_cleanup_failures_total`,
      help: "Cumulative proxy nftables cleanup failures",
      labels,
    }),
    endpointChanges: metrics.counter({
      name: `${prefix}_proxy_rules_endpoint_changes_total`,
      help: "Cumulative proxy rules Endpoint changes",
      labels,
    }),
    serviceChanges: metrics.counter({
      name: `${prefix}_proxy_rules_service_changes_total`,
      help: "Cumulative proxy rules Service changes",
      labels,
    }),
    endpointsPending: metrics.gauge({
      name: `${prefix}_proxy_rules_endpoint_changes_pending`,
      help: "Pending proxy rules Endpoint changes",
      labels,
    }),
    servicesPending: metrics.gauge({
      name: `${prefix}_proxy_rules_service_changes_pending`,
      help: "Pending proxy rules Service changes",
      labels,
    }),
  };
}

export type ProxyMetrics = ReturnType<typeof createProxyMetrics>;
