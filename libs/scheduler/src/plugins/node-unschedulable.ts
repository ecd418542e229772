import { tolerates } from "@kubets/api";
import type { Node, Taint } from "@kubets/api/core/v1";
import type { Plugin } from "../framework/plugin.ts";
import { unresolvable } from "../framework/status.ts";

const REFUSED = unresolvable("node(s) were unschedulable");
const UNSCHEDULABLE: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** Cordoned nodes take only pods that tolerate it. Upstream: nodeunschedulable/node_unschedulable.go @1.36 */
export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  isNodeLocal: true,
  events: {
    NodeAdd: true,
    NodeTaintChange: (_pod, { old, current }) => isCordoned(old) && !isCordoned(current),
    UnscheduledPodUpdate: true,
  },
  filter(_state, { pod }, { node }) {
    if (node?.spec?.unschedulable !== true) return undefined;
    return tolerates(pod.spec?.tolerations, UNSCHEDULABLE) ? undefined : REFUSED;
  },
};

function isCordoned(node: unknown): boolean {
  // The event is about nodes.
  return (node as Node | undefined)?.spec?.unschedulable === true;
}
