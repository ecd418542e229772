import type { Container, ContainerRestartRule, Pod, PodSpec } from "@kubets/api/core/v1";
import { isTerminating, specOf } from "./pod-facts.ts";
import { latestContainer, type PodRuntime } from "./pod-runtime.ts";

/**
 * Whether a container that ended with `exitCode` is started again: its own rules first, then its own
 * policy, then the pod's.
 *
 * Upstream: pkg/api/v1/pod/util.go ContainerShouldRestart @1.36
 */
export function restartsAfterExit(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const rule = (container.restartPolicyRules ?? []).find((each) => applies(each, exitCode));
    if (rule !== undefined) return rule.action === "Restart";
  }
  switch (container.restartPolicy ?? spec.restartPolicy ?? "Always") {
    case "Never":
      return false;
    case "OnFailure":
      return exitCode !== 0;
    default:
      return true;
  }
}

function applies(rule: ContainerRestartRule, exitCode: number): boolean {
  const { operator, values = [] } = rule.exitCodes ?? {};
  if (operator === "In") return values.includes(exitCode);
  if (operator === "NotIn") return !values.includes(exitCode);
  return false;
}

/** Upstream: pkg/kubelet/container/helpers.go ShouldContainerBeRestarted @1.36 */
export function shouldBeStarted(container: Container, pod: Pod, runtime: PodRuntime): boolean {
  if (isTerminating(pod)) return false;
  const latest = latestContainer(runtime, container.name);
  switch (latest?.state) {
    case "running":
      return false;
    case "exited":
      return restartsAfterExit(container, specOf(pod), latest.exitCode);
    default:
      return true;
  }
}

/** Whether a container that is killed while it runs (a failed probe) comes back. */
export function restartsAfterKill(container: Container, spec: PodSpec): boolean {
  return (container.restartPolicy ?? spec.restartPolicy ?? "Always") !== "Never";
}
