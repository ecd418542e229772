/**
 * What a pod may ask of the simulated runtime, by annotation:
 *
 * - `simulation.kubets.dev/exit.<container>: "<code>"` or `"<code>@<seconds>"`: the container ends with that
 *   code, that long after each start (at once without a time);
 * - `simulation.kubets.dev/probe.<container>: "readiness=failure,liveness=failure"`: these probes fail; any
 *   that is not named succeeds;
 * - `simulation.kubets.dev/echo: "8080,9090"`: on these ports the pod sends back what it gets.
 */
export const EXIT_ANNOTATION_PREFIX = "simulation.kubets.dev/exit.";
export const PROBE_ANNOTATION_PREFIX = "simulation.kubets.dev/probe.";
export const ECHO_ANNOTATION = "simulation.kubets.dev/echo";

export interface ScriptedExit {
  readonly exitCode: number;
  readonly afterMs: number;
}

export function scriptedExit(
  annotations: Readonly<Record<string, string>>,
  container: string,
): ScriptedExit | undefined {
  const match = /^(\d{1,3})(?:@(\d+(?:\.\d+)?))?$/.exec(
    annotations[`${EXIT_ANNOTATION_PREFIX}${container}`] ?? "",
  );
  if (match === null) return undefined;
  return { exitCode: Number(match[1]), afterMs: Number(match[2] ?? "0") * 1000 };
}

export function simulatedProbeFails(
  annotations: Readonly<Record<string, string>>,
  container: string,
  probe: "startup" | "liveness" | "readiness",
): boolean {
  const script = annotations[`${PROBE_ANNOTATION_PREFIX}${container}`] ?? "";
  return script.split(",").some((part) => part.trim() === `${probe}=failure`);
}

export function simulatedPorts(annotations: Readonly<Record<string, string>>): number[] {
  return (annotations[ECHO_ANNOTATION] ?? "")
    .split(",")
    .map((part) => Number(part.trim()))
    .filter((port) => Number.isInteger(port) && port > 0);
}
