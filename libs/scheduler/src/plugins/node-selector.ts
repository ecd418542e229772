/**
 * Whether a node's labels and name satisfy node selectors.
 *
 * Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go @1.36
 */
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
} from "@kubets/api/core/v1";
import type { NodeInfo } from "../cluster/node-info.ts";

type Labelled = Pick<NodeInfo, "labels" | "name">;

/** The pod's nodeSelector and required node affinity. */
export function matchesRequiredAffinity({ spec }: Pod, node: Labelled): boolean {
  for (const [key, value] of Object.entries(spec?.nodeSelector ?? {})) {
    if (node.labels[key] !== value) return false;
  }
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Any term is enough. */
export function matchesNodeSelector(selector: NodeSelector, node: Labelled): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** An empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Labelled): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((each) => matches(each, node.labels[each.key])) &&
    matchFields.every((each) => each.key === "metadata.name" && matches(each, node.name))
  );
}

function matches({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined) {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
    case "Lt":
      return compares(operator, actual, values);
    default:
      return false;
  }
}

const INTEGER = /^[+-]?\d+$/;

function compares(operator: "Gt" | "Lt", actual: string | undefined, values: readonly string[]) {
  const [limit] = values;
  if (actual === undefined || limit === undefined || values.length !== 1) return false;
  if (!INTEGER.test(actual) || !INTEGER.test(limit)) return false;
  const difference = BigInt(actual) - BigInt(limit);
  return operator === "Gt" ? difference > 0n : difference < 0n;
}
