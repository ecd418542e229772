const NODES_MIN = 100;
const PERCENT_MIN = 5;

/**
 * How many suitable nodes are enough to choose from: all of a small cluster, a part of a large one.
 * `percentage` 0: adapted to the size.
 *
 * Upstream: pkg/scheduler/schedule_one.go numFeasibleNodesToFind @1.36
 */
export function nodesToFind(allNodes: number, percentage = 0): number {
  if (allNodes < NODES_MIN) return allNodes;
  const adapted =
    percentage === 0 ? Math.max(50 - Math.trunc(allNodes / 125), PERCENT_MIN) : percentage;
  const nodes = Math.trunc((allNodes * Math.min(adapted, 100)) / 100);
  return Math.max(nodes, NODES_MIN);
}
