/**
 * What one try to get or keep a Lease comes to, as a function of what is stored and what was observed.
 *
 * Upstream: client-go tools/leaderelection/leaderelection.go LeaderElector.tryAcquireOrRenew @1.36
 */
import { formatMicroTime } from "@kubets/api";
import type { Lease } from "@kubets/api/coordination/v1";

export interface LeaseTarget {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
}

/** The last different Lease that was seen, and when by our own clock: other machines' clocks are not trusted. */
export interface Observation {
  readonly lease: Lease;
  readonly atMonotonicMs: number;
}

export type LeasePlan =
  | { readonly kind: "create"; readonly lease: Lease }
  | { readonly kind: "update"; readonly lease: Lease }
  /** Somebody else holds it, for so long if it falls silent. */
  | { readonly kind: "wait"; readonly holder: string; readonly freeInMs: number };

export function planLease(input: {
  readonly target: LeaseTarget;
  readonly observed: Observation | undefined;
  readonly nowMs: number;
  readonly monotonicMs: number;
}): LeasePlan {
  const { target, observed, nowMs, monotonicMs } = input;
  const renewTime = formatMicroTime(nowMs);
  const held = {
    holderIdentity: target.identity,
    leaseDurationSeconds: Math.round(target.leaseDurationMs / 1000),
    renewTime,
  };
  if (observed === undefined) {
    return {
      kind: "create",
      lease: {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { namespace: target.namespace, name: target.name },
        spec: { ...held, acquireTime: renewTime, leaseTransitions: 0 },
      },
    };
  }
  const { lease, atMonotonicMs } = observed;
  const holder = lease.spec?.holderIdentity ?? "";
  const transitions = lease.spec?.leaseTransitions ?? 0;
  if (holder === target.identity) {
    return {
      kind: "update",
      lease: {
        ...lease,
        spec: {
          ...lease.spec,
          ...held,
          acquireTime: lease.spec?.acquireTime ?? renewTime,
          leaseTransitions: transitions,
        },
      },
    };
  }
  const validMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  const freeInMs = atMonotonicMs + validMs - monotonicMs;
  if (holder !== "" && freeInMs > 0) return { kind: "wait", holder, freeInMs };
  return {
    kind: "update",
    lease: {
      ...lease,
      spec: { ...lease.spec, ...held, acquireTime: renewTime, leaseTransitions: transitions + 1 },
    },
  };
}

/** The Lease as its holder leaves it, so that the next one need not wait. */
export function releasedLease(lease: Lease, nowMs: number): Lease {
  const now = formatMicroTime(nowMs);
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      renewTime: now,
      acquireTime: now,
    },
  };
}
