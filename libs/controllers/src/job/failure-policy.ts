/**
 * What a Job's pod failure policy says about a failed pod.
 *
 * Upstream: pkg/controller/job/pod_failure_policy.go @1.36
 */
import type { PodFailurePolicy, PodFailurePolicyRule } from "@kubets/api/batch/v1";
import type { ContainerStatus, Pod } from "@kubets/api/core/v1";

export interface FailureVerdict {
  readonly action: "Count" | "Ignore" | "FailIndex" | "FailJob";
  /** Why, for FailJob. */
  readonly message?: string;
}

const COUNT: FailureVerdict = { action: "Count" };

/** The first rule that matches decides; none: the failure counts. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const reason = matchOf(rule, pod);
    if (reason === undefined) continue;
    switch (rule.action) {
      case "Ignore":
      case "FailIndex":
        return { action: rule.action };
      case "FailJob":
        return {
          action: "FailJob",
          message: `${reason} matching ${rule.action} rule at index ${index}`,
        };
      default:
        return COUNT;
    }
  }
  return COUNT;
}

function matchOf(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (rule.onExitCodes !== undefined) {
    const { containerName, operator, values } = rule.onExitCodes;
    const statuses = [
      ...(pod.status?.containerStatuses ?? []),
      ...(pod.status?.initContainerStatuses ?? []),
    ];
    for (const status of statuses) {
      const exitCode = exitCodeOf(status);
      if (exitCode === undefined || exitCode === 0) continue;
      if (containerName !== undefined && containerName !== status.name) continue;
      if ((values ?? []).includes(exitCode) === (operator === "In")) {
        return `Container ${status.name} for pod ${name} failed with exit code ${exitCode}`;
      }
    }
    return undefined;
  }
  const found = pod.status?.conditions?.find(({ type, status }) =>
    rule.onPodConditions?.some(
      (pattern) => pattern.type === type && (pattern.status ?? "True") === status,
    ),
  );
  return found === undefined ? undefined : `Pod ${name} has condition ${found.type}`;
}

function exitCodeOf({ state }: ContainerStatus): number | undefined {
  return state?.terminated?.exitCode;
}
