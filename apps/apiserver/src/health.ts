import type { HealthChecks, HealthGate } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { WatchCache } from "@kubets/watch-cache";

/** Checks under upstream's names, where probes exclude some. Returns the gate that a stop closes. */
export function addHealthChecks(
  health: HealthChecks,
  storage: Storage,
  cache: WatchCache,
): HealthGate {
  const checkStore = async () => {
    await storage.currentRevision();
  };
  health.add({ name: "etcd", check: checkStore });
  health.add({ name: "etcd-readiness", on: ["readyz"], check: checkStore });
  health.add({
    name: "informer-sync",
    on: ["readyz"],
    check: () => {
      if (!cache.isReady()) throw new Error("the cache is loading");
    },
  });
  return health.gate("shutdown", "process is starting", ["readyz"]);
}
