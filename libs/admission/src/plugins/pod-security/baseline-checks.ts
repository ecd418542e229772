/**
 * The baseline standard: no known way to more rights on the node.
 *
 * Upstream: staging/src/k8s.io/pod-security-admission/policy/check_*.go of level baseline @1.36
 */
import type { LifecycleHandler, Probe, SELinuxOptions } from "@kubets/api/core/v1";
import {
  badContainers,
  type CheckedPod,
  containersOf,
  hasOwnUserNamespace,
  joinQuote,
  namedContainers,
  pluralize,
  type SecurityCheck,
  setters,
  sorted,
  type Violation,
} from "./security-check.ts";

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/";
const SECCOMP_FIELDS_SINCE = 19;

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** The minor from which on a setting of the kernel counts as safe. */
const SAFE_SYSCTLS: Readonly<Record<string, number | undefined>> = {
  "kernel.shm_rmid_forced": 0,
  "net.ipv4.ip_local_port_range": 0,
  "net.ipv4.tcp_syncookies": 0,
  "net.ipv4.ping_group_range": 0,
  "net.ipv4.ip_unprivileged_port_start": 0,
  "net.ipv4.ip_local_reserved_ports": 27,
  "net.ipv4.tcp_keepalive_time": 29,
  "net.ipv4.tcp_fin_timeout": 29,
  "net.ipv4.tcp_keepalive_intvl": 29,
  "net.ipv4.tcp_keepalive_probes": 29,
  "net.ipv4.tcp_rmem": 32,
  "net.ipv4.tcp_wmem": 32,
};

const SELINUX_TYPES: Readonly<Record<string, number | undefined>> = {
  "": 0,
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};

/** In the order of their identifiers, which is the order of the messages. */
export const baselineChecks: readonly SecurityCheck[] = [
  { id: "appArmorProfile", since: 0, check: appArmorProfile },
  { id: "capabilities_baseline", since: 0, check: addedCapabilities },
  { id: "hostNamespaces", since: 0, check: hostNamespaces },
  { id: "hostPathVolumes", since: 0, check: hostPathVolumes },
  { id: "hostPorts", since: 0, check: hostPorts },
  { id: "hostProbesAndHostLifecycle", since: 34, check: probedHosts },
  { id: "privileged", since: 0, check: privileged },
  {
    id: "procMount",
    since: 0,
    check: (pod, minor) =>
      minor >= 35 && hasOwnUserNamespace(pod) ? undefined : unmaskedProc(pod),
  },
  { id: "seLinuxOptions", since: 0, check: seLinuxOptions },
  {
    id: "seccompProfile_baseline",
    since: 0,
    check: (pod, minor) =>
      minor < SECCOMP_FIELDS_SINCE ? seccompAnnotations(pod) : seccompProfiles(pod),
  },
  { id: "sysctls", since: 0, check: sysctls },
  { id: "windowsHostProcess", since: 0, check: windowsHostProcess },
];

function appArmorProfile(pod: CheckedPod): Violation | undefined {
  const isBad = (type: string | undefined) =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const podType = pod.spec.securityContext?.appArmorProfile?.type;
  const bad = badContainers(pod, (each) => isBad(each.securityContext?.appArmorProfile?.type));
  const types = [
    podType,
    ...containersOf(pod.spec).map((each) => each.securityContext?.appArmorProfile?.type),
  ].filter((type) => type !== undefined && isBad(type));
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAllowedProfile(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const who = [
    setters(isBad(podType), bad),
    annotations.length > 0 ? pluralize("annotation", "annotations", annotations.length) : "",
  ].filter((each) => each !== "");
  if (who.length === 0) return undefined;
  const values = [...sorted(types.map(String)), ...sorted(annotations)];
  return {
    reason: pluralize("forbidden AppArmor profile", "forbidden AppArmor profiles", values.length),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${joinQuote(values)}`,
  };
}

function isAllowedProfile(profile: string): boolean {
  return profile === "" || profile === "runtime/default" || profile.startsWith("localhost/");
}

function addedCapabilities(pod: CheckedPod): Violation | undefined {
  const forbidden = new Set<string>();
  const bad = badContainers(pod, ({ securityContext }) => {
    const added = (securityContext?.capabilities?.add ?? []).filter(
      (capability) => !DEFAULT_CAPABILITIES.has(capability),
    );
    for (const capability of added) forbidden.add(capability);
    return added.length > 0;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "non-default capabilities",
    detail: `${namedContainers(bad)} must not include ${joinQuote(sorted(forbidden))} in securityContext.capabilities.add`,
  };
}

function hostNamespaces({ spec }: CheckedPod): Violation | undefined {
  const shared = [
    spec.hostNetwork === true ? "hostNetwork=true" : "",
    spec.hostPID === true ? "hostPID=true" : "",
    spec.hostIPC === true ? "hostIPC=true" : "",
  ].filter((each) => each !== "");
  return shared.length === 0 ? undefined : { reason: "host namespaces", detail: shared.join(", ") };
}

function hostPathVolumes({ spec }: CheckedPod): Violation | undefined {
  const names = (spec.volumes ?? [])
    .filter(({ hostPath }) => hostPath !== undefined)
    .map(({ name }) => name);
  if (names.length === 0) return undefined;
  const volumes = pluralize("volume", "volumes", names.length);
  return { reason: "hostPath volumes", detail: `${volumes} ${joinQuote(names)}` };
}

function hostPorts(pod: CheckedPod): Violation | undefined {
  const ports = new Set<string>();
  const bad = badContainers(pod, (container) => {
    const own = (container.ports ?? []).filter(({ hostPort = 0 }) => hostPort !== 0);
    for (const { hostPort } of own) ports.add(String(hostPort));
    return own.length > 0;
  });
  if (bad.length === 0) return undefined;
  const uses = pluralize("uses", "use", bad.length);
  const what = pluralize("hostPort", "hostPorts", ports.size);
  return {
    reason: "hostPort",
    detail: `${namedContainers(bad)} ${uses} ${what} ${sorted(ports).join(", ")}`,
  };
}

function probedHosts(pod: CheckedPod): Violation | undefined {
  const hosts = new Set<string>();
  const bad = badContainers(pod, (container) => {
    const handlers: (Probe | LifecycleHandler | undefined)[] = [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ];
    const own = handlers
      .flatMap((handler) => [handler?.httpGet?.host ?? "", handler?.tcpSocket?.host ?? ""])
      .filter((host) => host !== "");
    for (const host of own) hosts.add(host);
    return own.length > 0;
  });
  if (bad.length === 0) return undefined;
  const uses = pluralize("uses", "use", bad.length);
  const what = pluralize("probe or lifecycle host", "probe or lifecycle hosts", hosts.size);
  return {
    reason: "probe or lifecycle host",
    detail: `${namedContainers(sorted(bad))} ${uses} ${what} ${joinQuote(sorted(hosts))}`,
  };
}

function privileged(pod: CheckedPod): Violation | undefined {
  const bad = badContainers(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (bad.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${namedContainers(bad)} must not set securityContext.privileged=true`,
  };
}

export function unmaskedProc(pod: CheckedPod): Violation | undefined {
  const types = new Set<string>();
  const bad = badContainers(pod, ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === "Default") return false;
    types.add(type);
    return true;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "procMount",
    detail: `${namedContainers(bad)} must not set securityContext.procMount to ${joinQuote(sorted(types))}`,
  };
}

function seLinuxOptions(pod: CheckedPod, minor: number): Violation | undefined {
  const types = new Set<string>();
  let setsUser = false;
  let setsRole = false;
  const isBad = (options: SELinuxOptions | undefined) => {
    if (options === undefined) return false;
    const { type = "", user = "", role = "" } = options;
    const since = Object.hasOwn(SELINUX_TYPES, type) ? SELINUX_TYPES[type] : undefined;
    const isBadType = since === undefined || since > minor;
    if (isBadType) types.add(type);
    if (user !== "") setsUser = true;
    if (role !== "") setsRole = true;
    return isBadType || user !== "" || role !== "";
  };
  const podIsBad = isBad(pod.spec.securityContext?.seLinuxOptions);
  const bad = badContainers(pod, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
  if (!podIsBad && bad.length === 0) return undefined;
  const what = [
    types.size > 0 ? `${pluralize("type", "types", types.size)} ${joinQuote(sorted(types))}` : "",
    setsUser ? "user may not be set" : "",
    setsRole ? "role may not be set" : "",
  ].filter((each) => each !== "");
  return {
    reason: "seLinuxOptions",
    detail: `${setters(podIsBad, bad)} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
  };
}

function seccompAnnotations({ metadata, spec }: CheckedPod): Violation | undefined {
  const { annotations = {} } = metadata;
  const keys = [
    SECCOMP_POD_ANNOTATION,
    ...containersOf(spec).map(({ name }) => `${SECCOMP_CONTAINER_ANNOTATION}${name}`),
  ];
  const forbidden = sorted(
    keys.flatMap((key) => {
      const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
      return value === undefined || isAllowedSeccompAnnotation(value)
        ? []
        : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (forbidden.length === 0) return undefined;
  const what = pluralize("annotation", "annotations", forbidden.length);
  return { reason: "seccompProfile", detail: `forbidden ${what} ${forbidden.join(", ")}` };
}

function isAllowedSeccompAnnotation(value: string): boolean {
  return (
    value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/")
  );
}

export function isAllowedSeccomp(type: string): boolean {
  return type === "RuntimeDefault" || type === "Localhost";
}

/** Profiles that are named and not allowed; shared with the restricted standard. */
export function seccompProfiles(pod: CheckedPod): Violation | undefined {
  const types = new Set<string>();
  const isBad = (type: string | undefined) => {
    if (type === undefined || isAllowedSeccomp(type)) return false;
    types.add(type);
    return true;
  };
  const podIsBad = isBad(pod.spec.securityContext?.seccompProfile?.type);
  const bad = badContainers(pod, ({ securityContext }) =>
    isBad(securityContext?.seccompProfile?.type),
  );
  if (!podIsBad && bad.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `${setters(podIsBad, bad)} must not set securityContext.seccompProfile.type to ${joinQuote(sorted(types))}`,
  };
}

function sysctls({ spec }: CheckedPod, minor: number): Violation | undefined {
  const forbidden = (spec.securityContext?.sysctls ?? [])
    .map(({ name }) => name)
    .filter((name) => {
      const since = Object.hasOwn(SAFE_SYSCTLS, name) ? SAFE_SYSCTLS[name] : undefined;
      return since === undefined || since > minor;
    });
  return forbidden.length === 0
    ? undefined
    : { reason: "forbidden sysctls", detail: forbidden.join(", ") };
}

function windowsHostProcess(pod: CheckedPod): Violation | undefined {
  const podIsBad = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = badContainers(
    pod,
    ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
  );
  if (!podIsBad && bad.length === 0) return undefined;
  return {
    reason: "hostProcess",
    detail: `${setters(podIsBad, bad)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
}
