/**
 * Who a container runs as and what it may do: its own security context over its pod's.
 *
 * Upstream: pkg/kubelet/kuberuntime/security_context.go, pkg/securitycontext/util.go @1.36
 */
import type { AppArmorProfile, Container, Pod, SeccompProfile } from "@kubets/api/core/v1";
import type {
  ContainerSecurity,
  Image,
  NamespaceOptions,
  SandboxSecurity,
  SecurityProfile,
} from "@kubets/cri";
import { KubeletError } from "../kubelet-error.ts";
import { containersOf, podText, specOf } from "../pod/pod-facts.ts";

export interface SecurityOptions {
  /** Containers without a seccomp profile get the runtime's own. Upstream: --seccomp-default. */
  readonly seccompDefault: boolean;
  /** Where Localhost profiles lie. */
  readonly seccompRoot: string;
}

/** Throws KubeletError when the container must not run as root and would, or might. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: Image | undefined,
  options: SecurityOptions & { readonly targetId?: string },
): ContainerSecurity {
  const spec = specOf(pod);
  const own = container.securityContext ?? {};
  const pods = spec.securityContext ?? {};
  verifyNonRoot(pod, container, image);
  const runAsUser = own.runAsUser ?? pods.runAsUser;
  const runAsGroup = own.runAsGroup ?? pods.runAsGroup;
  const selinux = own.seLinuxOptions ?? pods.seLinuxOptions;
  const apparmor = own.appArmorProfile ?? pods.appArmorProfile;
  const isUnmasked = own.procMount === "Unmasked";
  const namespaces = podNamespaces(pod);
  const user =
    runAsUser !== undefined
      ? { runAsUser }
      : image?.uid !== undefined
        ? { runAsUser: image.uid }
        : image !== undefined && image.username !== ""
          ? { runAsUsername: image.username }
          : {};
  return {
    namespaces:
      options.targetId !== undefined && namespaces.pid === "container"
        ? { ...namespaces, pid: "target", targetId: options.targetId }
        : namespaces,
    privileged: own.privileged ?? false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    ...user,
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: podGroups(pod),
    ...groupsPolicy(pod),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    maskedPaths: isUnmasked ? [] : MASKED_PATHS,
    readonlyPaths: isUnmasked ? [] : READONLY_PATHS,
    seccomp: seccompProfile(own.seccompProfile ?? pods.seccompProfile, options),
    ...(apparmor === undefined ? {} : { apparmor: apparmorProfile(apparmor) }),
    ...(selinux === undefined ? {} : { selinux: selinuxOptions(selinux) }),
  };
}

export function sandboxSecurity(pod: Pod): SandboxSecurity {
  const context = specOf(pod).securityContext ?? {};
  return {
    namespaces: podNamespaces(pod),
    ...(context.runAsUser === undefined ? {} : { runAsUser: context.runAsUser }),
    ...(context.runAsGroup === undefined ? {} : { runAsGroup: context.runAsGroup }),
    supplementalGroups: podGroups(pod),
    ...groupsPolicy(pod),
    privileged: containersOf(pod).some(
      ({ container }) => container.securityContext?.privileged === true,
    ),
    seccomp: { type: "RuntimeDefault" },
    ...(context.seLinuxOptions === undefined
      ? {}
      : { selinux: selinuxOptions(context.seLinuxOptions) }),
  };
}

export function podNamespaces(pod: Pod): NamespaceOptions {
  const spec = specOf(pod);
  return {
    network: spec.hostNetwork === true ? "node" : "pod",
    ipc: spec.hostIPC === true ? "node" : "pod",
    pid: spec.hostPID === true ? "node" : spec.shareProcessNamespace === true ? "pod" : "container",
  };
}

const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

function verifyNonRoot(pod: Pod, container: Container, image: Image | undefined): void {
  const own = container.securityContext ?? {};
  const pods = specOf(pod).securityContext ?? {};
  if ((own.runAsNonRoot ?? pods.runAsNonRoot) !== true) return;
  const where = `(pod: ${JSON.stringify(podText(pod))}, container: ${container.name})`;
  const runAsUser = own.runAsUser ?? pods.runAsUser;
  if (runAsUser !== undefined) {
    if (runAsUser !== 0) return;
    throw new KubeletError("invalidSpec", `container's runAsUser breaks non-root policy ${where}`);
  }
  if (image?.uid !== undefined && image.uid !== 0) return;
  if (image?.uid === undefined && image !== undefined && image.username !== "") {
    throw new KubeletError(
      "invalidSpec",
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    );
  }
  throw new KubeletError(
    "invalidSpec",
    `container has runAsNonRoot and image will run as root ${where}`,
  );
}

function podGroups(pod: Pod): number[] {
  const context = specOf(pod).securityContext ?? {};
  return [
    ...(context.fsGroup === undefined ? [] : [context.fsGroup]),
    ...(context.supplementalGroups ?? []),
  ];
}

function groupsPolicy(pod: Pod): { supplementalGroupsPolicy?: "Merge" | "Strict" } {
  const policy = specOf(pod).securityContext?.supplementalGroupsPolicy;
  return policy === "Strict" || policy === "Merge" ? { supplementalGroupsPolicy: policy } : {};
}

function seccompProfile(
  profile: SeccompProfile | undefined,
  options: SecurityOptions,
): SecurityProfile {
  switch (profile?.type) {
    case "RuntimeDefault":
      return { type: "RuntimeDefault" };
    case "Localhost":
      return {
        type: "Localhost",
        localhostRef: `${options.seccompRoot}/${profile.localhostProfile ?? ""}`,
      };
    case "Unconfined":
      return { type: "Unconfined" };
    default:
      return { type: options.seccompDefault ? "RuntimeDefault" : "Unconfined" };
  }
}

function apparmorProfile(profile: AppArmorProfile): SecurityProfile {
  if (profile.type === "Localhost") {
    return { type: "Localhost", localhostRef: profile.localhostProfile ?? "" };
  }
  return { type: profile.type === "RuntimeDefault" ? "RuntimeDefault" : "Unconfined" };
}

function selinuxOptions(options: {
  user?: string | undefined;
  role?: string | undefined;
  type?: string | undefined;
  level?: string | undefined;
}) {
  return {
    user: options.user ?? "",
    role: options.role ?? "",
    type: options.type ?? "",
    level: options.level ?? "",
  };
}
