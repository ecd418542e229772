/**
 * Why a pod got no node, and how it is told.
 *
 * Upstream: pkg/scheduler/framework/types.go FitError, Diagnosis @1.36
 */
import type { Refusals } from "../framework/plugin.ts";
import { type Status, unresolvable } from "../framework/status.ts";

export interface Diagnosis extends Refusals {
  readonly allNodes: number;
  /** What PreFilter said, when it ended the attempt for all nodes. */
  readonly preFilterMessage: string;
  readonly unschedulablePlugins: ReadonlySet<string>;
  readonly pendingPlugins: ReadonlySet<string>;
}

/** Nodes that nobody looked at and nobody has anything to say about. */
export const NOT_LOOKED_AT: Status = unresolvable();

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
export function fitErrorMessage(
  diagnosis: Pick<Diagnosis, "allNodes" | "byNode" | "absent" | "preFilterMessage">,
  postFilterMessage: string,
): string {
  const { allNodes, preFilterMessage } = diagnosis;
  let message = `0/${allNodes} nodes are available:`;
  if (preFilterMessage !== "") {
    message += ` ${preFilterMessage}.`;
  } else {
    const counted = countReasons(diagnosis);
    if (counted.length > 0) message += ` ${counted.join(", ")}.`;
  }
  return postFilterMessage === "" ? message : `${message} ${postFilterMessage}`;
}

/** "2 node(s) were unschedulable", sorted as texts: by the count's digits first. */
function countReasons({
  allNodes,
  byNode,
  absent,
}: Pick<Diagnosis, "allNodes" | "byNode" | "absent">): readonly string[] {
  const counts = new Map<string, number>();
  const count = (reasons: readonly string[], by: number) => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + by);
  };
  for (const { reasons } of byNode.values()) count(reasons, 1);
  if (byNode.size < allNodes) count(absent.reasons, allNodes - byNode.size);
  return [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort(byCodeUnits);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
