/**
 * Pods that nobody else takes away: those of nodes that are gone, those that end without ever having had a node, and
 * the oldest of those that have ended, beyond a limit.
 *
 * Upstream: pkg/controller/podgc/gc_controller.go @1.36
 */
import {
  isNodeReady,
  isPodTerminal,
  isPodTerminating,
  TAINT_NODE_OUT_OF_SERVICE,
} from "@kubets/api";
import type { Node, Pod } from "@kubets/api/core/v1";

export type Collected =
  | { readonly pod: Pod; readonly why: "orphaned"; readonly nodeName: string }
  | { readonly pod: Pod; readonly why: "terminated" | "unscheduled" | "outOfService" };

export function planCollection(input: {
  readonly pods: readonly Pod[];
  nodeOf(name: string): Node | undefined;
  /** --terminated-pod-gc-threshold; 0 or less: no limit. */
  readonly terminatedMax: number;
}): Collected[] {
  const { pods, nodeOf, terminatedMax } = input;
  const collected: Collected[] = [];
  const ended: Pod[] = [];
  for (const pod of pods) {
    const nodeName = pod.spec?.nodeName ?? "";
    const node = nodeOf(nodeName);
    if (nodeName === "") {
      if (isPodTerminating(pod)) collected.push({ pod, why: "unscheduled" });
      else if (isPodTerminal(pod)) ended.push(pod);
    } else if (node === undefined) collected.push({ pod, why: "orphaned", nodeName });
    else if (isPodTerminating(pod)) {
      if (isOutOfService(node)) collected.push({ pod, why: "outOfService" });
    } else if (isPodTerminal(pod)) ended.push(pod);
  }
  if (terminatedMax > 0 && ended.length > terminatedMax) {
    ended.sort(byEvictionAndAge);
    const surplus = ended.slice(0, ended.length - terminatedMax);
    collected.push(...surplus.map((pod): Collected => ({ pod, why: "terminated" })));
  }
  return collected;
}

/** Those that a node put out first, then the oldest. */
function byEvictionAndAge(a: Pod, b: Pod): number {
  const isKept = ({ status }: Pod) => (status?.reason === "Evicted" ? 0 : 1);
  const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  const [nameA = "", nameB = ""] = [a.metadata.name, b.metadata.name];
  return isKept(a) - isKept(b) || created(a) - created(b) || (nameA < nameB ? -1 : 1);
}

function isOutOfService(node: Node): boolean {
  const isTainted = node.spec?.taints?.some(({ key }) => key === TAINT_NODE_OUT_OF_SERVICE);
  return isTainted === true && !isNodeReady(node);
}
