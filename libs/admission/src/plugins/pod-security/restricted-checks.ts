/**
 * The restricted standard: what a hardened pod has to say for itself.
 *
 * Upstream: staging/src/k8s.io/pod-security-admission/policy/check_*.go of level restricted @1.36
 */
import type { Volume } from "@kubets/api/core/v1";
import { isAllowedSeccomp, seccompProfiles, unmaskedProc } from "./baseline-checks.ts";
import {
  badContainers,
  type CheckedPod,
  hasOwnUserNamespace,
  isWindows,
  joinQuote,
  namedContainers,
  pluralize,
  type SecurityCheck,
  setters,
  sorted,
  type Violation,
} from "./security-check.ts";

/** From here on pods for Windows are not asked for what only Linux has. */
const WINDOWS_EXEMPT_SINCE = 25;
/** From here on pods in a user namespace may be root in it. */
const USER_NAMESPACE_SINCE = 35;

/** In the order of their identifiers, which is the order of the messages. */
export const restrictedChecks: readonly SecurityCheck[] = [
  { id: "allowPrivilegeEscalation", since: 8, check: onLinux(privilegeEscalation) },
  {
    id: "capabilities_restricted",
    since: 22,
    replaces: ["capabilities_baseline"],
    check: onLinux(capabilities),
  },
  { id: "procMount_restricted", since: 35, replaces: ["procMount"], check: unmaskedProc },
  { id: "restrictedVolumes", since: 0, replaces: ["hostPathVolumes"], check: volumeTypes },
  { id: "runAsNonRoot", since: 0, check: outsideUserNamespace(runAsNonRoot) },
  { id: "runAsUser", since: 23, check: outsideUserNamespace(runAsUser) },
  {
    id: "seccompProfile_restricted",
    since: 19,
    replaces: ["seccompProfile_baseline"],
    check: onLinux(seccompRequired),
  },
];

type Check = (pod: CheckedPod) => Violation | undefined;

function onLinux(check: Check): SecurityCheck["check"] {
  return (pod, minor) => (minor >= WINDOWS_EXEMPT_SINCE && isWindows(pod) ? undefined : check(pod));
}

function outsideUserNamespace(check: Check): SecurityCheck["check"] {
  return (pod, minor) =>
    minor >= USER_NAMESPACE_SINCE && hasOwnUserNamespace(pod) ? undefined : check(pod);
}

function privilegeEscalation(pod: CheckedPod): Violation | undefined {
  const bad = badContainers(
    pod,
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
  );
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${namedContainers(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const forbidden = new Set<string>();
  const keeping = badContainers(
    pod,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes("ALL"),
  );
  const adding = badContainers(pod, ({ securityContext }) => {
    const added = (securityContext?.capabilities?.add ?? []).filter(
      (capability) => capability !== "NET_BIND_SERVICE",
    );
    for (const capability of added) forbidden.add(capability);
    return added.length > 0;
  });
  const details = [
    keeping.length > 0
      ? `${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`
      : "",
    adding.length > 0
      ? `${namedContainers(adding)} must not include ${joinQuote(sorted(forbidden))} in securityContext.capabilities.add`
      : "",
  ].filter((each) => each !== "");
  return details.length === 0
    ? undefined
    : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

const ALLOWED_VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
] as const satisfies readonly (keyof Volume)[];

const RESTRICTED_VOLUMES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
] as const satisfies readonly (keyof Volume)[];

function volumeTypes({ spec }: CheckedPod): Violation | undefined {
  const bad = (spec.volumes ?? []).filter(
    (volume) => !ALLOWED_VOLUMES.some((type) => volume[type] !== undefined),
  );
  if (bad.length === 0) return undefined;
  const types = sorted(
    bad.map((volume) => RESTRICTED_VOLUMES.find((type) => volume[type] !== undefined) ?? "unknown"),
  );
  const volumes = pluralize("volume", "volumes", bad.length);
  const uses = pluralize("uses", "use", bad.length);
  const what = pluralize("restricted volume type", "restricted volume types", types.length);
  return {
    reason: "restricted volume types",
    detail: `${volumes} ${joinQuote(bad.map(({ name }) => name))} ${uses} ${what} ${joinQuote(types)}`,
  };
}

function runAsNonRoot(pod: CheckedPod): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const explicit = badContainers(
    pod,
    ({ securityContext }) => securityContext?.runAsNonRoot === false,
  );
  if (ofPod === false || explicit.length > 0) {
    return {
      reason,
      detail: `${setters(ofPod === false, explicit)} must not set securityContext.runAsNonRoot=false`,
    };
  }
  if (ofPod === true) return undefined;
  const silent = badContainers(
    pod,
    ({ securityContext }) => securityContext?.runAsNonRoot === undefined,
  );
  if (silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true`,
  };
}

function runAsUser(pod: CheckedPod): Violation | undefined {
  const podIsBad = pod.spec.securityContext?.runAsUser === 0;
  const bad = badContainers(pod, ({ securityContext }) => securityContext?.runAsUser === 0);
  if (!podIsBad && bad.length === 0) return undefined;
  return { reason: "runAsUser=0", detail: `${setters(podIsBad, bad)} must not set runAsUser=0` };
}

function seccompRequired(pod: CheckedPod): Violation | undefined {
  const named = seccompProfiles(pod);
  if (named !== undefined) return named;
  const ofPod = pod.spec.securityContext?.seccompProfile?.type;
  if (ofPod !== undefined && isAllowedSeccomp(ofPod)) return undefined;
  const silent = badContainers(
    pod,
    ({ securityContext }) => securityContext?.seccompProfile === undefined,
  );
  if (silent.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${namedContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}
