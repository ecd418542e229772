/** What plans are made from and the parts they consist of. */
import type { Container, Pod } from "@kubets/api/core/v1";
import type { BackOffReader } from "./back-off.ts";
import type { ContainerKind } from "./pod-facts.ts";
import type { PodRuntime, RuntimeContainer } from "./pod-runtime.ts";

export interface PlanInput {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly probes: ProbeResults;
  readonly backOff: BackOffReader;
  readonly nowMs: number;
}

export type ProbeKind = "startup" | "liveness" | "readiness";
export type ProbeResult = "unknown" | "success" | "failure";

/** The latest results by container id; undefined: nothing is known yet. */
export interface ProbeResults {
  result(containerId: string, kind: ProbeKind): ProbeResult | undefined;
}

export type KillReason = "startupProbe" | "livenessProbe" | "unknownState" | "definitionChanged";

export interface ContainerKill {
  readonly id: string;
  readonly name: string;
  /** The text of the Killing event. */
  readonly message: string;
  readonly reason: KillReason;
}

export interface ContainerStart {
  readonly kind: ContainerKind;
  readonly container: Container;
  readonly restartCount: number | undefined;
  /** Key and time to advance the back-off with, when it was started before. */
  readonly backOff?: { readonly key: string; readonly sinceMs: number };
}

/** A container that would be started if its back-off were over. */
export interface ContainerWait {
  readonly kind: ContainerKind;
  readonly container: Container;
  readonly untilMs: number;
  readonly message: string;
}

export function unknownStateKill(
  latest: RuntimeContainer,
  what: "Container" | "Init container",
): ContainerKill {
  return {
    id: latest.id,
    name: latest.name,
    reason: "unknownState",
    message: `${what} is in "unknown" state, try killing it before restart`,
  };
}
