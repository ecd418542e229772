/**
 * What a pod violates of a standard.
 *
 * Upstream: staging/src/k8s.io/pod-security-admission/policy/registry.go @1.36
 */
import { kubernetesVersion } from "@kubets/service";
import { baselineChecks } from "./baseline-checks.ts";
import { restrictedChecks } from "./restricted-checks.ts";
import type { CheckedPod, SecurityCheck, Violation } from "./security-check.ts";
import type { LevelVersion } from "./security-policy.ts";

const NEWEST_MINOR = Number(kubernetesVersion.minor);

const checksByLevel = {
  privileged: (_: number): readonly SecurityCheck[] => [],
  baseline: (minor: number) => baselineChecks.filter(({ since }) => since <= minor),
  restricted: (minor: number) => {
    const own = restrictedChecks.filter(({ since }) => since <= minor);
    const replaced = new Set(own.flatMap(({ replaces = [] }) => replaces));
    const base = checksByLevel.baseline(minor).filter(({ id }) => !replaced.has(id));
    return [...base, ...own];
  },
} as const;

/** Baseline first, each standard in the order of its checks' identifiers. */
export function evaluatePod({ level, version }: LevelVersion, pod: CheckedPod): Violation[] {
  const minor = version === "latest" ? NEWEST_MINOR : Math.min(version, NEWEST_MINOR);
  return checksByLevel[level](minor).flatMap((check) => check.check(pod, minor) ?? []);
}

/** For one pod: "hostPort (container "a" uses hostPort 80), privileged (…)". */
export function describeViolations(violations: readonly Violation[]): string {
  return violations
    .map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`))
    .join(", ");
}
