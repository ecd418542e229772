/** What has to be there before clients are let in; /readyz names each step as upstream does. */
import { ensureCluster, type Registry, systemRandomness } from "@kubets/registry";
import type { HealthChecks, Runnable } from "@kubets/service";

const hooks = [
  "start-system-namespaces-controller",
  "rbac/bootstrap-roles",
  "scheduling/bootstrap-system-priority-classes",
  "priority-and-fairness-config-producer",
  "start-service-ip-repair-controllers",
];

export function bootstrapRunnable(options: {
  readonly registry: Registry;
  readonly health: HealthChecks;
  readonly serviceClusterIPRange: readonly string[];
}): Runnable {
  const { registry, health, serviceClusterIPRange } = options;
  const gates = hooks.map((hook) =>
    health.gate(`poststarthook/${hook}`, "not finished", ["healthz", "readyz"]),
  );
  return {
    name: "bootstrap",
    start: async (signal) => {
      await ensureCluster({
        registry,
        randomness: systemRandomness,
        signal,
        serviceClusterIPRange,
      });
      for (const gate of gates) gate.open();
    },
    stop: () => Promise.resolve(),
  };
}
