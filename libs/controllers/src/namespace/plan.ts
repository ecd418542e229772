/**
 * What a namespace that is going away still holds, and what its conditions say about it.
 *
 * Upstream: pkg/controller/namespace/deletion/{namespaced_resources_deleter,status_condition_utils}.go @1.36
 */
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { Namespace, NamespaceCondition } from "@kubets/api/core/v1";

/** Resources that can be deleted one by one and listed, once each, in their preferred version. */
export function deletableResources(resources: readonly ResourceInfo[]): ResourceInfo[] {
  const seen = new Set<string>();
  return resources.filter((info) => {
    const name = `${info.resource}.${info.group}`;
    const isDeletable =
      info.namespaced && info.verbs.includes("delete") && info.verbs.includes("list");
    if (!isDeletable || !info.servedByDefault || seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** What one pass over one resource found. */
export interface Remaining {
  /** `resource.group`; the group is empty for core. */
  readonly resource: string;
  readonly objects: readonly KubeObject[];
}

export interface PassResult {
  readonly remaining: readonly Remaining[];
  /** Messages of deletions and lists that failed. */
  readonly failures: readonly string[];
}

export const isEmpty = ({ remaining, failures }: PassResult): boolean =>
  failures.length === 0 && remaining.every(({ objects }) => objects.length === 0);

/** How long the slowest pod may take to end, in milliseconds: when to look again. */
export function longestGraceMs({ remaining }: PassResult): number {
  const graces = remaining
    .filter(({ resource }) => resource === "pods.")
    .flatMap(({ objects }) => objects)
    .map((pod) => pod.metadata.deletionGracePeriodSeconds ?? 0);
  return Math.max(0, ...graces) * 1000;
}

function count(values: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function condition(
  type: string,
  problem: { readonly reason: string; readonly message: string } | undefined,
  fine: { readonly reason: string; readonly message: string },
): NamespaceCondition {
  return { type, status: problem === undefined ? "False" : "True", ...(problem ?? fine) };
}

/** The five conditions of a terminating namespace, without times. */
export function plannedConditions(result: PassResult): NamespaceCondition[] {
  const left = result.remaining.filter(({ objects }) => objects.length > 0);
  const finalizers = count(
    left.flatMap(({ objects }) => objects.flatMap((object) => object.metadata.finalizers ?? [])),
  );
  const contents = left
    .map(({ resource, objects }) => `${resource} has ${objects.length} resource instances`)
    .sort();
  return [
    condition("NamespaceDeletionDiscoveryFailure", undefined, {
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    }),
    condition("NamespaceDeletionGroupVersionParsingFailure", undefined, {
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    }),
    condition(
      "NamespaceDeletionContentFailure",
      result.failures.length === 0
        ? undefined
        : {
            reason: "ContentDeletionFailed",
            message: `Failed to delete all resource types, ${result.failures.length} remaining: ${[...result.failures].sort().join(", ")}`,
          },
      {
        reason: "ContentDeleted",
        message: "All content successfully deleted, may be waiting on finalization",
      },
    ),
    condition(
      "NamespaceContentRemaining",
      contents.length === 0
        ? undefined
        : {
            reason: "SomeResourcesRemain",
            message: `Some resources are remaining: ${contents.join(", ")}`,
          },
      { reason: "ContentRemoved", message: "All content successfully removed" },
    ),
    condition(
      "NamespaceFinalizersRemaining",
      finalizers.length === 0
        ? undefined
        : {
            reason: "SomeFinalizersRemain",
            message: `Some content in the namespace has finalizers remaining: ${finalizers.map(([name, times]) => `${name} in ${times} resource instances`).join(", ")}`,
          },
      { reason: "ContentHasNoFinalizers", message: "All content-preserving finalizers finished" },
    ),
  ];
}

/** The namespace with these conditions, or undefined when it says so already. */
export function withConditions(
  namespace: Namespace,
  planned: readonly NamespaceCondition[],
  now: string,
): Namespace | undefined {
  const before = namespace.status?.conditions ?? [];
  let changed = false;
  const conditions = planned.map((wanted) => {
    const old = before.find(({ type }) => type === wanted.type);
    if (
      old?.status === wanted.status &&
      old.reason === wanted.reason &&
      old.message === wanted.message
    ) {
      return old;
    }
    changed = true;
    const sameStatus = old?.status === wanted.status;
    return {
      ...wanted,
      lastTransitionTime: (sameStatus ? old?.lastTransitionTime : undefined) ?? now,
    };
  });
  if (!changed) return undefined;
  const others = before.filter(({ type }) => !planned.some((wanted) => wanted.type === type));
  return {
    ...namespace,
    status: { ...namespace.status, conditions: [...others, ...conditions] },
  };
}
