/**
 * What a plugin says about a pod. No status at all means success.
 *
 * Upstream: staging/src/k8s.io/kube-scheduler/framework/interface.go Status, Code @1.36
 */
export type StatusCode =
  /** Something that should not happen; the pod comes back after its back-off. */
  | "Error"
  /** Not on this node now; taking other pods away might help. */
  | "Unschedulable"
  /** Not on this node, and preemption would not help. */
  | "UnschedulableAndUnresolvable"
  /** Permit: wait. */
  | "Wait"
  /** The plugin has nothing to say about this pod: leave out its Filter or Score. Bind: not mine. */
  | "Skip"
  /** Unschedulable until something outside is done; retried without back-off once it is. */
  | "Pending";

export interface Status {
  readonly code: StatusCode;
  readonly reasons: readonly string[];
  /** The plugin that gave it; filled in by the framework. */
  readonly plugin?: string;
  readonly error?: unknown;
}

export const SKIP: Status = { code: "Skip", reasons: [] };

export function unschedulable(...reasons: string[]): Status {
  return { code: "Unschedulable", reasons };
}

export function unresolvable(...reasons: string[]): Status {
  return { code: "UnschedulableAndUnresolvable", reasons };
}

export function errorStatus(error: unknown): Status {
  return {
    code: "Error",
    reasons: [error instanceof Error ? error.message : String(error)],
    error,
  };
}

/** The pod was refused, as opposed to an error. */
export function isRejected(status: Status): boolean {
  return (
    status.code === "Unschedulable" ||
    status.code === "UnschedulableAndUnresolvable" ||
    status.code === "Pending"
  );
}

/** The reasons in one line, as events and conditions have them. */
export function statusMessage(status: Status): string {
  return status.reasons.join(", ");
}
