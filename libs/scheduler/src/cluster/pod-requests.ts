/** What a pod asks of a node, as numbers: cpu in thousandths, all else in whole units. */
import { podRequests as exactRequests, quantityMilli } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";

export interface PodRequests {
  readonly milliCpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  /** Extended resources and huge pages. */
  readonly others: readonly (readonly [resource: string, amount: number])[];
  /** With a little for each container that asks for nothing: what scores reckon with. */
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemory: number;
}

/**
 * What a container counts for in scores when it asks for nothing: 100m and 200Mi, in thousandths.
 *
 * Upstream: pkg/scheduler/util/pod_resources.go DefaultMilliCPURequest, DefaultMemoryRequest @1.36
 */
const MISSING = new Map([
  ["cpu", 100n],
  ["memory", 200n * 1024n * 1024n * 1000n],
]);

export function podRequests(pod: Pod): PodRequests {
  const exact = exactRequests(pod, { useStatusResources: true });
  const nonZero = exactRequests(pod, { useStatusResources: true, missing: MISSING });
  const others: [string, number][] = [];
  for (const [resource, milli] of exact) {
    if (!FIXED.has(resource) && milli !== 0n) others.push([resource, wholeAmount(resource, milli)]);
  }
  const of = (amounts: ReadonlyMap<string, bigint>, resource: string) =>
    wholeAmount(resource, amounts.get(resource) ?? 0n);
  return {
    milliCpu: of(exact, "cpu"),
    memory: of(exact, "memory"),
    ephemeralStorage: of(exact, "ephemeral-storage"),
    others,
    nonZeroMilliCpu: of(nonZero, "cpu"),
    nonZeroMemory: of(nonZero, "memory"),
  };
}

const FIXED: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** A quantity of a resource in the unit of the resource table. */
export function amountOf(resource: string, quantity: string): number {
  return wholeAmount(resource, quantityMilli(quantity));
}

function wholeAmount(resource: string, milli: bigint): number {
  return resource === "cpu" ? Number(milli) : Number((milli + 999n) / 1000n);
}
