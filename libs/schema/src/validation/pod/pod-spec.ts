/** Upstream: pkg/apis/core/validation/validation.go ValidatePodSpec @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, itemsAt, maybeNumberAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import {
  byteLength,
  dns1123Label,
  dns1123Subdomain,
  type Format,
  qualifiedName,
  rangeError,
} from "../formats.ts";
import { validateLabels } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateAffinity } from "./affinity.ts";
import {
  requireOneOf,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./containers.ts";
import { validateDnsConfig, validateHostAliases } from "./dns.ts";
import { validateFileKeyVolumes } from "./env.ts";
import { validateOperatingSystem } from "./operating-system.ts";
import type { PodContext } from "./pod-context.ts";
import { validatePodResources } from "./pod-resources.ts";
import { validateHostNetworkPorts } from "./ports.ts";
import { validateResources } from "./resources.ts";
import {
  usesHostUsers,
  validateHostUsers,
  validatePodSecurityContext,
} from "./security-context.ts";
import { validateTolerations } from "./tolerations.ts";
import { validateTopologySpread } from "./topology-spread.ts";
import { validateVolumes } from "./volumes.ts";

const RESTART_POLICIES: readonly string[] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: readonly string[] = [
  "ClusterFirstWithHostNet",
  "ClusterFirst",
  "Default",
  "None",
];
const PREEMPTION_POLICIES: readonly string[] = ["PreemptLowerPriority", "Never"];
const INT32_MAX = 2_147_483_647;
const HOSTNAME_OVERRIDE_MAX = 64;
const NO_CLAIMS: ReadonlySet<string> = new Set();

export interface PodSpecRules {
  /** A Pod itself, not a template in another kind. */
  readonly isPod: boolean;
  /** "" for templates. */
  readonly podName: string;
  readonly problems: Problems;
}

export function validatePodSpec(spec: JsonObject, at: Path, rules: PodSpecRules): void {
  const { problems } = rules;
  const gracePeriodSeconds = maybeNumberAt(spec, "terminationGracePeriodSeconds");
  if (gracePeriodSeconds === undefined)
    problems.required(at.child("terminationGracePeriodSeconds"));
  const context: PodContext = {
    ...rules,
    gracePeriodSeconds,
    restartPolicy: textAt(spec, "restartPolicy"),
    hostUsers: usesHostUsers(spec),
    volumes: validateVolumes(spec, at, rules),
    claimNames: validateResourceClaims(spec, at, problems),
  };
  validateContainers(spec, at, context);
  validateInitContainers(spec, at, context);
  validateEphemeralContainers(spec, at, context);
  validatePodResources(spec, at, context);
  if (spec.hostNetwork === true) {
    validateHostNetworkPorts(itemsAt(spec, "containers"), at.child("containers"), rules);
  }
  requireOneOf(spec, "restartPolicy", RESTART_POLICIES, at, problems);
  requireOneOf(spec, "dnsPolicy", DNS_POLICIES, at, problems);
  const nodeSelector = objectAt(spec, "nodeSelector");
  if (nodeSelector !== undefined) validateLabels(nodeSelector, at.child("nodeSelector"), problems);
  validatePodSecurityContext(spec, at, problems);
  validateAffinity(spec, at, problems);
  validateDnsConfig(spec, at, problems);
  validateGates(spec, at, problems);
  validateTopologySpread(spec, at, problems);
  validateHostUsers(spec, at, problems);
  validateNames(spec, at, problems);
  const tolerations = itemsAt(spec, "tolerations");
  if (tolerations.length > 0) validateTolerations(tolerations, at.child("tolerations"), problems);
  validateHostAliases(spec, at, problems);
  validatePreemption(spec, at, problems);
  const overhead = objectAt(spec, "overhead");
  if (overhead !== undefined) {
    validateResources({ limits: overhead }, at.child("overhead"), {
      claimNames: NO_CLAIMS,
      problems,
    });
  }
  validateOperatingSystem(spec, at, problems);
  validateFileKeyVolumes(spec, at, problems);
}

/** The names of the claims, which containers may refer to. */
function validateResourceClaims(
  spec: JsonObject,
  at: Path,
  problems: Problems,
): ReadonlySet<string> {
  const claims = itemsAt(spec, "resourceClaims");
  if (claims.length === 0) return NO_CLAIMS;
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const here = at.child("resourceClaims").index(i);
    const name = textAt(claim, "name");
    if (name === "") problems.required(here.child("name"));
    else if (names.has(name)) problems.duplicate(here.child("name"), name);
    else problems.invalidEach(here.child("name"), name, dns1123Label(name));
    names.add(name);
    const hasName = !isNil(claim.resourceClaimName);
    const hasTemplate = !isNil(claim.resourceClaimTemplateName);
    if (hasName && hasTemplate) {
      const detail =
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      problems.invalid(here, shownClaim(claim), detail);
    }
    if (!hasName && !hasTemplate) {
      const detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
      problems.invalid(here, shownClaim(claim), detail);
    }
    for (const field of ["resourceClaimName", "resourceClaimTemplateName"]) {
      const value = maybeTextAt(claim, field);
      if (value !== undefined)
        problems.invalidEach(here.child(field), value, dns1123Subdomain(value));
    }
  });
  names.delete("");
  return names;
}

/** As Go writes its internal type. */
function shownClaim(claim: JsonObject): JsonObject {
  return {
    Name: textAt(claim, "name"),
    ResourceClaimName: claim.resourceClaimName ?? null,
    ResourceClaimTemplateName: claim.resourceClaimTemplateName ?? null,
  };
}

function validateGates(spec: JsonObject, at: Path, problems: Problems): void {
  itemsAt(spec, "readinessGates").forEach((gate, i) => {
    const type = textAt(gate, "conditionType");
    problems.invalidEach(
      at.child("readinessGates").index(i).child("conditionType"),
      type,
      qualifiedName(type),
    );
  });
  const seen = new Set<string>();
  itemsAt(spec, "schedulingGates").forEach((gate, i) => {
    const name = textAt(gate, "name");
    const here = at.child("schedulingGates").index(i);
    problems.invalidEach(here, name, qualifiedName(name));
    if (seen.has(name)) problems.duplicate(here, name);
    seen.add(name);
  });
}

const NAMES: readonly (readonly [field: string, format: Format])[] = [
  ["serviceAccountName", dns1123Subdomain],
  ["nodeName", dns1123Subdomain],
  ["hostname", dns1123Label],
  ["subdomain", dns1123Label],
  ["priorityClassName", dns1123Subdomain],
];

function validateNames(spec: JsonObject, at: Path, problems: Problems): void {
  for (const [field, format] of NAMES) {
    const name = textAt(spec, field);
    if (name === "") continue;
    const messages = format(name);
    if (messages.length > 0) problems.invalidEach(at.child(field), name, messages);
  }
  const runtimeClass = maybeTextAt(spec, "runtimeClassName");
  if (runtimeClass !== undefined) {
    problems.invalidEach(
      at.child("runtimeClassName"),
      runtimeClass,
      dns1123Subdomain(runtimeClass),
    );
  }
  const deadline = maybeNumberAt(spec, "activeDeadlineSeconds");
  if (deadline !== undefined && (deadline < 1 || deadline > INT32_MAX)) {
    problems.invalid(at.child("activeDeadlineSeconds"), deadline, rangeError(1, INT32_MAX));
  }
  validateHostnameOverride(spec, at.child("hostnameOverride"), problems);
}

function validateHostnameOverride(spec: JsonObject, at: Path, problems: Problems): void {
  const name = maybeTextAt(spec, "hostnameOverride");
  if (name === undefined) return;
  if (byteLength(name) > HOSTNAME_OVERRIDE_MAX) problems.tooLong(at, HOSTNAME_OVERRIDE_MAX);
  problems.invalidEach(at, name, dns1123Subdomain(name));
  if (spec.setHostnameAsFQDN === true) {
    problems.forbidden(at, "may not be specified when setHostnameAsFQDN is true");
  }
  if (spec.hostNetwork === true)
    problems.forbidden(at, "may not be specified when hostNetwork is true");
}

function validatePreemption(spec: JsonObject, at: Path, problems: Problems): void {
  const policy = maybeTextAt(spec, "preemptionPolicy");
  if (policy === "") problems.required(at.child("preemptionPolicy"));
  else if (policy !== undefined && !PREEMPTION_POLICIES.includes(policy)) {
    problems.notSupported(at.child("preemptionPolicy"), policy, PREEMPTION_POLICIES);
  }
}
