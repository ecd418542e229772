import type { Plugin } from "../framework/plugin.ts";
import type { Status } from "../framework/status.ts";

/** Pods with gates stay out of the queue. Upstream: schedulinggates/scheduling_gates.go @1.36 */
export const schedulingGates: Plugin = {
  name: "SchedulingGates",
  isNodeLocal: true,
  events: { UnscheduledPodUpdate: true },
  preEnqueue({ pod }): Status | undefined {
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    const names = gates.map((gate) => gate.name).join(" ");
    return {
      code: "UnschedulableAndUnresolvable",
      reasons: [`waiting for scheduling gates: [${names}]`],
    };
  },
};
