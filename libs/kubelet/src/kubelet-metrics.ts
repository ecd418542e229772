/** The kubelet's metrics, with upstream's names. Upstream: pkg/kubelet/metrics/metrics.go @1.36 */
import {
  type CounterMetric,
  exponentialBuckets,
  type GaugeMetric,
  type HistogramMetric,
  type Metrics,
} from "@kubets/service";

export interface KubeletMetrics {
  readonly runningPods: GaugeMetric;
  readonly runningContainers: GaugeMetric;
  readonly startedPods: CounterMetric;
  readonly startedPodErrors: CounterMetric;
  readonly startedContainers: CounterMetric;
  readonly startedContainerErrors: CounterMetric;
  readonly podStartDuration: HistogramMetric;
  readonly podWorkerDuration: HistogramMetric;
  readonly podStatusSync: HistogramMetric;
  readonly relistDuration: HistogramMetric;
  readonly imagePull: HistogramMetric;
  readonly nodeName: GaugeMetric;
}

const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createKubeletMetrics(metrics: Metrics): KubeletMetrics {
  return {
    runningPods: metrics.gauge({
      name: "kubelet_running_pods",
      help: "Number of pods that have a running pod sandbox",
    }),
    runningContainers: metrics.gauge({
      name: "kubelet_running_containers",
      help: "Number of containers currently running",
      labels: ["container_state"],
    }),
    startedPods: metrics.counter({
      name: "kubelet_started_pods_total",
      help: "Cumulative number of pods started",
    }),
    startedPodErrors: metrics.counter({
      name: "kubelet_started_pods_errors_total",
      help: "Cumulative number of errors when starting pods",
    }),
    startedContainers: metrics.counter({
      name: "kubelet_started_containers_total",
      help: "Cumulative number of containers started",
      labels: ["container_type"],
    }),
    startedContainerErrors: metrics.counter({
      name: "kubelet_started_containers_errors_total",
      help: "Cumulative number of errors when starting containers",
      labels: ["container_type", "code"],
    }),
    podStartDuration: metrics.histogram({
      name: "kubelet_pod_start_duration_seconds",
      help: "Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run",
      buckets: [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300],
    }),
    podWorkerDuration: metrics.histogram({
      name: "kubelet_pod_worker_duration_seconds",
      help: "Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync",
      labels: ["operation_type"],
      buckets: DEFAULT_BUCKETS,
    }),
    podStatusSync: metrics.histogram({
      name: "kubelet_pod_status_sync_duration_seconds",
      help: "Duration in seconds to sync a pod status update. Measures time from detection of a change to pod status until the API is successfully updated for that pod, even if multiple intevening changes to pod status occur.",
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60],
    }),
    relistDuration: metrics.histogram({
      name: "kubelet_pleg_relist_duration_seconds",
      help: "Duration in seconds for relisting pods in PLEG.",
      buckets: DEFAULT_BUCKETS,
    }),
    imagePull: metrics.histogram({
      name: "kubelet_image_pull_duration_seconds",
      help: "Duration in seconds to pull an image.",
      buckets: exponentialBuckets({ start: 1, factor: 2, count: 12 }),
    }),
    nodeName: metrics.gauge({
      name: "kubelet_node_name",
      help: "The node's name. The count is always 1.",
      labels: ["node"],
    }),
  };
}
