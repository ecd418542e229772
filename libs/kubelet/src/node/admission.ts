/**
 * Whether the node takes a pod that was bound to it: the scheduler counted with what it knew, the node counts
 * with what it runs.
 *
 * Upstream: pkg/kubelet/lifecycle/predicate.go predicateAdmitHandler.Admit @1.36
 */
import { podRequests } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { bytes, milli } from "../container/linux-resources.ts";
import { specOf } from "../pod/pod-facts.ts";

export interface AdmissionInput {
  readonly pod: Pod;
  /** Pods that take part of the node now. */
  readonly active: readonly Pod[];
  readonly allocatable: Readonly<Record<string, string>>;
}

export function admissionVerdict(
  input: AdmissionInput,
): { readonly reason: string; readonly message: string } | undefined {
  const podsMax = Number(input.allocatable.pods ?? "0");
  if (input.active.length + 1 > podsMax) {
    return shortOf("pods", 1, input.active.length, podsMax);
  }
  const requests = podRequests(input.pod);
  for (const [resource, scale] of COUNTED) {
    const requested = toNumber(requests.get(resource), scale);
    if (requested === 0) continue;
    const used = input.active.reduce(
      (sum, pod) => sum + toNumber(podRequests(pod).get(resource), scale),
      0,
    );
    const text = input.allocatable[resource];
    const capacity = scale === 1 ? milli(text) : bytes(text);
    if (used + requested > capacity) return shortOf(resource, requested, used, capacity);
  }
  return portConflict(input);
}

/** Resource and how many thousandths make the unit it is reported in. */
const COUNTED: readonly (readonly [string, 1 | 1000])[] = [
  ["cpu", 1],
  ["memory", 1000],
  ["ephemeral-storage", 1000],
];

function toNumber(milliAmount: bigint | undefined, scale: 1 | 1000): number {
  return Number((milliAmount ?? 0n) / BigInt(scale));
}

function shortOf(resource: string, requested: number, used: number, capacity: number) {
  return {
    reason: `OutOf${resource}`,
    message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

function portConflict({ pod, active }: AdmissionInput) {
  const taken = new Set(active.flatMap(hostPorts));
  if (!hostPorts(pod).some((port) => taken.has(port))) return undefined;
  return {
    reason: "NodePorts",
    message:
      "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}

function hostPorts(pod: Pod): string[] {
  return specOf(pod).containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ hostPort, protocol = "TCP", hostIP = "" }) => `${hostIP}/${protocol}/${hostPort}`),
  );
}
