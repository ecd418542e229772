import type { Pod } from "@kubets/api/core/v1";
import { PodInfo } from "../cluster/pod-info.ts";
import { UsedPorts } from "../cluster/used-ports.ts";
import type { Plugin } from "../framework/plugin.ts";
import { SKIP, unschedulable } from "../framework/status.ts";

const REFUSED = unschedulable("node(s) didn't have free ports for the requested pod ports");

/** Host ports must be free. Upstream: nodeports/node_ports.go @1.36 */
export const nodePorts: Plugin = {
  name: "NodePorts",
  isNodeLocal: true,
  events: {
    NodeAdd: true,
    AssignedPodDelete: (pod, { old }) => {
      if (old === undefined) return false;
      // The event is about pods.
      const freed = new UsedPorts();
      for (const port of new PodInfo(old as Pod).hostPorts) freed.add(port);
      return pod.hostPorts.some((port) => freed.conflicts(port));
    },
  },
  preFilter(_state, pod) {
    return pod.hostPorts.length === 0 ? { status: SKIP } : undefined;
  },
  filter(_state, pod, node) {
    for (const port of pod.hostPorts) if (!node.hasFreePort(port)) return REFUSED;
    return undefined;
  },
};
