/** Upstream: staging/src/k8s.io/component-base/config/options/leaderelectionconfig.go @1.36 */
import type { FlagTable, FlagValues } from "@kubets/service";
import type { LeaderElectorOptions } from "../leader/leader-elector.ts";

const LEADER = "Leader election flags";

/** `help` says what only one replica does at a time. */
export function leaderElectionFlags(leaseName: string, help: string) {
  return {
    "leader-elect": { kind: "bool", default: true, group: LEADER, help },
    "leader-elect-lease-duration": {
      kind: "duration",
      default: 15_000,
      group: LEADER,
      help: "how long others wait for a silent leader",
    },
    "leader-elect-renew-deadline": {
      kind: "duration",
      default: 10_000,
      group: LEADER,
      help: "a leader that cannot renew for so long stops",
    },
    "leader-elect-retry-period": {
      kind: "duration",
      default: 2_000,
      group: LEADER,
      help: "how often the lease is tried or renewed",
    },
    "leader-elect-resource-name": {
      kind: "string",
      default: leaseName,
      group: LEADER,
      help: "name of the Lease",
    },
    "leader-elect-resource-namespace": {
      kind: "string",
      default: "kube-system",
      group: LEADER,
      help: "namespace of the Lease",
    },
  } as const satisfies FlagTable;
}

type LeaseSettings = Required<
  Pick<
    LeaderElectorOptions,
    "leaseNamespace" | "leaseName" | "leaseDurationMs" | "renewDeadlineMs" | "retryPeriodMs"
  >
>;

/** The elector's settings; whether there is one at all, `leader-elect` says. */
export function leaderElectionOf(
  config: FlagValues<ReturnType<typeof leaderElectionFlags>>,
): LeaseSettings {
  return {
    leaseNamespace: config["leader-elect-resource-namespace"],
    leaseName: config["leader-elect-resource-name"],
    leaseDurationMs: config["leader-elect-lease-duration"],
    renewDeadlineMs: config["leader-elect-renew-deadline"],
    retryPeriodMs: config["leader-elect-retry-period"],
  };
}
