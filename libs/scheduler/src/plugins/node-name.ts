import type { Plugin } from "../framework/plugin.ts";
import { unresolvable } from "../framework/status.ts";

const REFUSED = unresolvable("node(s) didn't match the requested node name");

/** A pod that names its node goes nowhere else. Upstream: nodename/node_name.go @1.36 */
export const nodeName: Plugin = {
  name: "NodeName",
  isNodeLocal: true,
  events: { NodeAdd: true },
  filter(_state, pod, node) {
    return pod.nodeName === "" || pod.nodeName === node.name ? undefined : REFUSED;
  },
};
