import type { Fence } from "./storage.ts";

/**
 * Whether the stored Lease still names this holder in this term. A lease that is missing, or cannot be
 * read, holds nobody.
 *
 * Upstream has no fence; the term is what leader election counts up when the holder changes:
 * staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go tryAcquireOrRenew @1.36
 */
export function holdsFence(fence: Fence, leaseBytes: Buffer | undefined): boolean {
  if (leaseBytes === undefined) return false;
  let lease: unknown;
  try {
    lease = JSON.parse(leaseBytes.toString("utf8"));
  } catch {
    // Not a JSON document: nobody holds it.
    return false;
  }
  const spec = field(lease, "spec");
  // Upstream leaves the field out until the first change of the holder.
  const epoch = field(spec, "leaseTransitions") ?? 0;
  return epoch === fence.epoch && field(spec, "holderIdentity") === fence.holderIdentity;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
