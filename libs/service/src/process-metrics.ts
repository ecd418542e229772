import { readdirSync } from "node:fs";
import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import { kubernetesVersion } from "./version.ts";

/**
 * What each process says of itself. All of it is read at the scrape: nothing runs in between, so an idle process
 * stays idle.
 */
export function registerProcessMetrics(metrics: Metrics, clock: Clock): void {
  const startSeconds = clock.now() / 1_000 - process.uptime();
  let loop = performance.eventLoopUtilization();
  metrics
    .gauge({
      name: "kubernetes_build_info",
      help: "The release whose behaviour this process has; always 1.",
      labels: ["major", "minor", "git_version", "platform"],
    })
    .set(
      {
        major: kubernetesVersion.major,
        minor: kubernetesVersion.minor,
        git_version: kubernetesVersion.gitVersion,
        platform: `${process.platform}/${process.arch}`,
      },
      1,
    );
  metrics.gauge({
    name: "process_start_time_seconds",
    help: "Start time of the process since the epoch.",
    collect: (gauge) => gauge.set(startSeconds),
  });
  metrics.gauge({
    name: "process_cpu_seconds_total",
    help: "User and system processor time spent.",
    collect: (gauge) => {
      const { user, system } = process.cpuUsage();
      gauge.set((user + system) / 1e6);
    },
  });
  metrics.gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    collect: (gauge) => gauge.set(process.memoryUsage.rss()),
  });
  metrics.gauge({
    name: "process_open_fds",
    help: "Open file descriptors.",
    collect: (gauge) => gauge.set(openDescriptors()),
  });
  metrics.gauge({
    name: "nodejs_heap_size_used_bytes",
    help: "JavaScript heap in use.",
    collect: (gauge) => gauge.set(process.memoryUsage().heapUsed),
  });
  metrics.gauge({
    name: "nodejs_eventloop_utilization",
    help: "Share of the time since the last scrape in which the event loop was busy.",
    collect: (gauge) => {
      const now = performance.eventLoopUtilization();
      gauge.set(performance.eventLoopUtilization(now, loop).utilization);
      loop = now;
    },
  });
}

/** Only Linux has the list; elsewhere the metric stays 0. */
function openDescriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}
