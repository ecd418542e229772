import { leaderElectionOf } from "@kubets/client";
import type { SchedulerConfiguration } from "@kubets/scheduler";
import type { FlagValues } from "@kubets/service";
import { flags } from "./flags.ts";

/** The leader's Lease: by the flags that say other than they do by default, then by the configuration file. */
export function leaseOf(config: FlagValues<typeof flags>, settings: SchedulerConfiguration) {
  const standard = leaderElectionOf({
    "leader-elect": flags["leader-elect"].default,
    "leader-elect-lease-duration": flags["leader-elect-lease-duration"].default,
    "leader-elect-renew-deadline": flags["leader-elect-renew-deadline"].default,
    "leader-elect-retry-period": flags["leader-elect-retry-period"].default,
    "leader-elect-resource-name": flags["leader-elect-resource-name"].default,
    "leader-elect-resource-namespace": flags["leader-elect-resource-namespace"].default,
  });
  const byFlags = leaderElectionOf(config);
  const given = Object.entries(byFlags).filter(
    ([name, value]) => value !== standard[name as keyof typeof standard],
  );
  return { ...byFlags, ...settings.lease, ...Object.fromEntries(given) };
}
