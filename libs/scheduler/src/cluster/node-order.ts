import type { NodeInfo } from "./node-info.ts";

const ZONE = "topology.kubernetes.io/zone";
const REGION = "topology.kubernetes.io/region";
const OLD_ZONE = "failure-domain.beta.kubernetes.io/zone";
const OLD_REGION = "failure-domain.beta.kubernetes.io/region";

/**
 * The nodes with zones taking turns, so that looking at a part of them looks at all zones.
 *
 * Upstream: pkg/scheduler/backend/cache/node_tree.go nodeTree.list @1.36
 */
export function zonesInTurn(nodes: Iterable<NodeInfo>): readonly NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  let count = 0;
  for (const node of nodes) {
    const zone = zoneOf(node);
    const members = zones.get(zone);
    if (members === undefined) zones.set(zone, [node]);
    else members.push(node);
    count++;
  }
  const ordered: NodeInfo[] = [];
  for (let turn = 0; ordered.length < count; turn++) {
    for (const members of zones.values()) {
      const node = members[turn];
      if (node !== undefined) ordered.push(node);
    }
  }
  return ordered;
}

/** What decides a node's place in the order. */
export function zoneOf({ labels }: Pick<NodeInfo, "labels">): string {
  const zone = labels[ZONE] ?? labels[OLD_ZONE] ?? "";
  const region = labels[REGION] ?? labels[OLD_REGION] ?? "";
  return `${region}:\u0000:${zone}`;
}
