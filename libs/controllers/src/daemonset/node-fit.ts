/**
 * Whether a DaemonSet's pod belongs on a node, and which tolerations it gets.
 *
 * Upstream: pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod, util/daemonset_util.go @1.36
 */
import { tolerates } from "@kubets/api";
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Taint,
  Toleration,
} from "@kubets/api/core/v1";

export interface NodeFit {
  readonly shouldRun: boolean;
  /** A pod that is there may stay. */
  readonly mayStay: boolean;
}

const EXISTS: readonly [string, string][] = [
  ["node.kubernetes.io/not-ready", "NoExecute"],
  ["node.kubernetes.io/unreachable", "NoExecute"],
  ["node.kubernetes.io/disk-pressure", "NoSchedule"],
  ["node.kubernetes.io/memory-pressure", "NoSchedule"],
  ["node.kubernetes.io/pid-pressure", "NoSchedule"],
  ["node.kubernetes.io/unschedulable", "NoSchedule"],
];
const HOST_NETWORK: [string, string] = ["node.kubernetes.io/network-unavailable", "NoSchedule"];

/** What the template tolerates and what every daemon does. */
export function daemonTolerations(spec: PodSpec | undefined): Toleration[] {
  const tolerations = [...(spec?.tolerations ?? [])];
  const wanted = spec?.hostNetwork === true ? [...EXISTS, HOST_NETWORK] : EXISTS;
  for (const [key, effect] of wanted) {
    const isThere = tolerations.some(
      (known) => known.key === key && known.effect === effect && known.operator === "Exists",
    );
    if (!isThere) tolerations.push({ key, operator: "Exists", effect });
  }
  return tolerations;
}

export function fitOf(spec: PodSpec | undefined, node: Node): NodeFit {
  const nodeName = spec?.nodeName ?? "";
  const isNamed = nodeName === "" || nodeName === node.metadata.name;
  if (!isNamed || !isSelected(spec, node)) return { shouldRun: false, mayStay: false };
  const tolerations = daemonTolerations(spec);
  const untolerated = (node.spec?.taints ?? []).filter(
    (taint) => isRepelling(taint) && !tolerates(tolerations, taint),
  );
  if (untolerated.length === 0) return { shouldRun: true, mayStay: true };
  return { shouldRun: false, mayStay: untolerated.every(({ effect }) => effect !== "NoExecute") };
}

function isRepelling({ effect }: Taint): boolean {
  return effect === "NoSchedule" || effect === "NoExecute";
}

function isSelected(spec: PodSpec | undefined, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) {
    if (labels[key] !== value) return false;
  }
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** A term that asks for nothing matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node) {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => matches(requirement, labels[requirement.key])) &&
    matchFields.every(
      (requirement) =>
        requirement.key === "metadata.name" && matches(requirement, node.metadata.name),
    )
  );
}

function matches(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return compareIntegers(operator, value, values[0]);
    default:
      return false;
  }
}

function compareIntegers(
  operator: "Gt" | "Lt",
  value: string | undefined,
  bound: string | undefined,
): boolean {
  if (!/^-?\d{1,19}$/.test(value ?? "") || !/^-?\d{1,19}$/.test(bound ?? "")) return false;
  const [left, right] = [BigInt(value ?? ""), BigInt(bound ?? "")];
  return operator === "Gt" ? left > right : left < right;
}
