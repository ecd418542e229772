/**
 * How many objects of each resource there are, under both of upstream's names: every dashboard has one of them.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/metrics/metrics.go @1.36
 */
import type { Metrics } from "@kubets/service";
import type { WatchCache } from "@kubets/watch-cache";

export function addCacheMetrics(metrics: Metrics, cache: Pick<WatchCache, "stats">): void {
  metrics.gauge({
    name: "apiserver_storage_objects",
    help: "Objects of each resource.",
    labels: ["resource"],
    collect: (gauge) => {
      gauge.reset();
      for (const { group, resource, objects } of cache.stats()) {
        gauge.set({ resource: group === "" ? resource : `${resource}.${group}` }, objects);
      }
    },
  });
  metrics.gauge({
    name: "apiserver_resource_objects",
    help: "Objects of each resource, by its group.",
    labels: ["group", "resource"],
    collect: (gauge) => {
      gauge.reset();
      for (const { group, resource, objects } of cache.stats()) {
        gauge.set({ group, resource }, objects);
      }
    },
  });
}
