/**
 * Pods keep to the security standard of their namespace; workloads that would make others are warned of.
 *
 * Upstream: staging/src/k8s.io/pod-security-admission/admission/admission.go and
 * plugin/pkg/admission/security/podsecurity/admission.go @1.36
 */
import { controllerOf, invalid, type KubeObject } from "@kubets/api";
import type { Pod, PodTemplateSpec } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import { type AdmissionReader, namespaces, pods } from "../../admission-reader.ts";
import { forbiddenByAdmission } from "../../forbidden-by-admission.ts";
import { isPod } from "../../object-kinds.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../plugin.ts";
import { describeViolations, evaluatePod } from "./evaluate-pod.ts";
import { type CheckedPod, templatePod } from "./security-check.ts";
import {
  compareLevels,
  formatLevelVersion,
  type LevelVersion,
  type ParsedPolicy,
  policyOfLabels,
  sameLevelVersion,
} from "./security-policy.ts";

export interface PodSecurityOptions {
  readonly reader: AdmissionReader;
  readonly clock: Clock;
}

/** Subresources that do not change what a pod may do; every other one carries a pod and is looked at. */
const IGNORED_SUBRESOURCES: ReadonlySet<string> = new Set([
  "exec",
  "attach",
  "binding",
  "eviction",
  "log",
  "portforward",
  "proxy",
  "status",
]);

const WORKLOADS: ReadonlySet<string> = new Set([
  "/replicationcontrollers",
  "/podtemplates",
  "apps/replicasets",
  "apps/deployments",
  "apps/statefulsets",
  "apps/daemonsets",
  "batch/jobs",
  "batch/cronjobs",
]);

const PODS_TO_CHECK_MAX = 3_000;
const PODS_CHECK_MS = 1_000;

export function createPodSecurity(options: PodSecurityOptions): AdmissionPlugin {
  const { reader } = options;
  return {
    name: "PodSecurity",
    handles: (operation, { group, resource }, subresource) => {
      if (operation !== "CREATE" && operation !== "UPDATE") return false;
      if (group === "" && resource === "pods") return !IGNORED_SUBRESOURCES.has(subresource);
      if (subresource !== "") return false;
      if (group === "" && resource === "namespaces") return true;
      return WORKLOADS.has(`${group}/${resource}`);
    },
    validate(request) {
      const { resource } = request;
      if (resource.group === "" && resource.resource === "namespaces") {
        checkNamespace(request, options);
        return;
      }
      const namespace = reader.peek(namespaces, "", request.namespace);
      const parsed = policyOfLabels(namespace?.metadata.labels);
      if (isPod(request.object)) checkPod(request, request.object, parsed);
      else checkWorkload(request, parsed);
    },
  };
}

function checkPod(request: AdmissionRequest, pod: Pod, { policy }: ParsedPolicy): void {
  const { enforce, warn } = policy;
  if (enforce.level === "privileged" && warn.level === "privileged") return;
  const { oldObject: old } = request;
  if (request.operation === "UPDATE" && isPod(old) && !isSignificant(pod, old)) return;
  if (pod.spec === undefined) return;
  const checked: CheckedPod = { metadata: pod.metadata, spec: pod.spec };
  const violations = evaluatePod(enforce, checked);
  if (violations.length > 0) {
    throw forbiddenByAdmission(
      request,
      `violates PodSecurity ${JSON.stringify(formatLevelVersion(enforce))}: ${describeViolations(violations)}`,
    );
  }
  warnOf(request, warn, checked);
}

function checkWorkload(request: AdmissionRequest, { policy }: ParsedPolicy): void {
  if (policy.warn.level === "privileged") return;
  const pod = podOfWorkload(request.object);
  if (pod !== undefined) warnOf(request, policy.warn, pod);
}

function warnOf(request: AdmissionRequest, warn: LevelVersion, pod: CheckedPod): void {
  const violations = evaluatePod(warn, pod);
  if (violations.length === 0) return;
  request.warn(
    `would violate PodSecurity ${JSON.stringify(formatLevelVersion(warn))}: ${describeViolations(violations)}`,
  );
}

function checkNamespace(request: AdmissionRequest, options: PodSecurityOptions): void {
  const { object, oldObject, operation } = request;
  const now = policyOfLabels(object?.metadata.labels);
  const before = policyOfLabels(oldObject?.metadata.labels);
  const sameErrors = JSON.stringify(now.errors) === JSON.stringify(before.errors);
  if (now.errors.length > 0 && (operation === "CREATE" || !sameErrors)) {
    throw invalid({ group: "", kind: "Namespace" }, object?.metadata.name ?? "", now.errors);
  }
  if (operation === "CREATE") return;
  const { enforce } = now.policy;
  const old = before.policy.enforce;
  if (sameLevelVersion(enforce, old) || enforce.level === "privileged") return;
  if (enforce.version === old.version && compareLevels(enforce.level, old.level) < 1) return;
  const name = object?.metadata.name ?? "";
  for (const text of warningsOfPods(name, enforce, options)) request.warn(text);
}

/** Pods that are there already stay; who tightens the standard is told which would not come again. */
function warningsOfPods(
  namespace: string,
  enforce: LevelVersion,
  { reader, clock }: PodSecurityOptions,
): string[] {
  const all = prioritized(reader.peekAll(pods, namespace));
  const untilMs = clock.monotonicMs() + PODS_CHECK_MS;
  const byReasons = new Map<string, { first: string; count: number }>();
  let checked = 0;
  for (const pod of all.slice(0, PODS_TO_CHECK_MAX)) {
    checked++;
    if (pod.spec !== undefined) {
      const violations = evaluatePod(enforce, { metadata: pod.metadata, spec: pod.spec });
      if (violations.length > 0) {
        const reasons = violations.map(({ reason }) => reason).join(", ");
        const name = pod.metadata.name ?? "";
        const known = byReasons.get(reasons);
        byReasons.set(reasons, {
          first: known === undefined || name < known.first ? name : known.first,
          count: (known?.count ?? 0) + 1,
        });
      }
    }
    if (clock.monotonicMs() > untilMs) break;
  }
  const warnings: string[] = [];
  if (checked < all.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${all.length} existing pods`,
    );
  }
  if (byReasons.size === 0) return warnings;
  warnings.push(
    `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(formatLevelVersion(enforce))}`,
  );
  return [...warnings, ...[...byReasons].map(describePods).sort()];
}

function describePods([reasons, { first, count }]: [string, { first: string; count: number }]) {
  if (count === 1) return `${first}: ${reasons}`;
  const others = count === 2 ? "1 other pod" : `${count - 1} other pods`;
  return `${first} (and ${others}): ${reasons}`;
}

/** One pod of each controller first: its others say nothing new. */
function prioritized(all: Iterable<Pod>): Pod[] {
  const first: Pod[] = [];
  const others: Pod[] = [];
  const seen = new Set<string>();
  for (const pod of all) {
    const owner = controllerOf(pod)?.uid;
    if (owner !== undefined && seen.has(owner)) others.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...others];
}

/** Of what may change in a pod, only images and ephemeral containers matter here. */
function isSignificant(pod: Pod, old: Pod): boolean {
  return (
    imagesDiffer(pod.spec?.containers ?? [], old.spec?.containers ?? []) ||
    imagesDiffer(pod.spec?.initContainers ?? [], old.spec?.initContainers ?? []) ||
    (pod.spec?.ephemeralContainers ?? []).some((container) => {
      const before = old.spec?.ephemeralContainers?.find(({ name }) => name === container.name);
      return before === undefined || before.image !== container.image;
    })
  );
}

function imagesDiffer(
  now: readonly { readonly image?: string | undefined }[],
  before: readonly { readonly image?: string | undefined }[],
): boolean {
  return (
    now.length !== before.length || now.some(({ image }, index) => image !== before[index]?.image)
  );
}

function podOfWorkload(object: KubeObject | undefined): CheckedPod | undefined {
  return templatePod(templateOf(object));
}

/** Workloads have their template at one of three places; what is not there has none. */
function templateOf(object: unknown): PodTemplateSpec | undefined {
  const template =
    field(object, "template") ??
    field(field(object, "spec"), "template") ??
    field(field(field(field(object, "spec"), "jobTemplate"), "spec"), "template");
  return template === undefined ? undefined : (template as PodTemplateSpec);
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
