/**
 * What is mounted into a container: its volume mounts, its /etc/hosts and the file for its last words.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go makeMounts, pkg/kubelet/kuberuntime/kuberuntime_container.go makeMounts @1.36
 */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Pod, VolumeMount } from "@kubets/api/core/v1";
import type { Mount } from "@kubets/cri";
import { expandOrThrow } from "../container/expansion.ts";
import type { PodHostname } from "../container/hostname.ts";
import { managedHostsFile, nodeHostsFile } from "../container/hosts-file.ts";
import { KubeletError } from "../kubelet-error.ts";
import { isHostNetwork, specOf } from "../pod/pod-facts.ts";
import type { Mounter } from "./mounter.ts";
import { checkSubPath, prepareSubPath } from "./sub-path.ts";
import type { MountedVolume } from "./volume-manager.ts";

export interface ContainerMountsInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  readonly podDir: string;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  readonly env: ReadonlyMap<string, string>;
  readonly hostname: PodHostname;
  readonly podIps: readonly string[];
  readonly mounter: Mounter;
  /** Pods are real processes: sub-paths are mounted, not only named. */
  readonly mountsSubPaths: boolean;
  readonly supportsRecursiveReadOnly: boolean;
}

const HOSTS_PATH = "/etc/hosts";

export async function containerMounts(input: ContainerMountsInput): Promise<Mount[]> {
  const { container } = input;
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    mounts.push(await volumeMount(input, mount, index));
  }
  const hasOwnHosts = mounts.some(({ containerPath }) => containerPath === HOSTS_PATH);
  if (!hasOwnHosts && (input.podIps.length > 0 || isHostNetwork(input.pod))) {
    mounts.push(plain(HOSTS_PATH, await writeHostsFile(input)));
  }
  if (container.terminationMessagePath) {
    const path = await terminationFile(input);
    mounts.push(plain(container.terminationMessagePath, path));
  }
  return mounts;
}

async function volumeMount(
  input: ContainerMountsInput,
  mount: VolumeMount,
  index: number,
): Promise<Mount> {
  const volume = input.volumes.get(mount.name);
  if (volume === undefined) {
    throw new KubeletError(
      "invalidSpec",
      `cannot find volume "${mount.name}" to mount into container "${input.container.name}"`,
    );
  }
  const subPath =
    mount.subPathExpr !== undefined && mount.subPathExpr !== ""
      ? expandOrThrow(mount.subPathExpr, (name) => input.env.get(name))
      : (mount.subPath ?? "");
  const readonly = mount.readOnly === true || volume.readonly;
  const wantsRecursive =
    mount.recursiveReadOnly === "Enabled" ||
    (mount.recursiveReadOnly === "IfPossible" && input.supportsRecursiveReadOnly);
  if (wantsRecursive && !input.supportsRecursiveReadOnly) {
    throw new KubeletError(
      "invalidSpec",
      `failed to resolve recursive read-only mode: volume "${mount.name}" requested recursive read-only mode, but it is not supported by the runtime`,
    );
  }
  return {
    containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
    hostPath:
      subPath === ""
        ? volume.hostPath
        : await subPathSource(input, mount, { volume, subPath, index }),
    readonly,
    recursiveReadOnly: wantsRecursive,
    propagation:
      mount.mountPropagation === "Bidirectional"
        ? "bidirectional"
        : mount.mountPropagation === "HostToContainer"
          ? "hostToContainer"
          : "private",
    selinuxRelabel: false,
  };
}

async function subPathSource(
  input: ContainerMountsInput,
  mount: VolumeMount,
  found: { readonly volume: MountedVolume; readonly subPath: string; readonly index: number },
): Promise<string> {
  checkSubPath(found.subPath);
  if (!input.mountsSubPaths) return join(found.volume.hostPath, found.subPath);
  const target = join(
    input.podDir,
    "volume-subpaths",
    mount.name,
    input.container.name,
    String(found.index),
  );
  try {
    return await prepareSubPath({
      volumePath: found.volume.hostPath,
      subPath: found.subPath,
      target,
      mounter: input.mounter,
    });
  } catch (cause) {
    // The details would tell the pod's author about the node's files.
    throw new KubeletError(
      "hostFailure",
      `failed to prepare subPath for volumeMount "${mount.name}" of container "${input.container.name}"`,
      { cause },
    );
  }
}

async function writeHostsFile(input: ContainerMountsInput): Promise<string> {
  const { pod, hostname } = input;
  const path = join(input.podDir, "etc-hosts");
  const aliases = specOf(pod).hostAliases ?? [];
  const content = isHostNetwork(pod)
    ? nodeHostsFile(await readFile(HOSTS_PATH, "utf8"), aliases)
    : managedHostsFile({
        ips: input.podIps,
        hostname: hostname.hostname,
        domain: hostname.domain,
        aliases,
      });
  await mkdir(input.podDir, { recursive: true, mode: 0o750 });
  await writeFile(path, content, { mode: 0o644 });
  return path;
}

/** One file for each start, so that a container cannot leave its successor a message. */
async function terminationFile(input: ContainerMountsInput): Promise<string> {
  const directory = join(input.podDir, "containers", input.container.name);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const path = join(directory, `termination-${input.restartCount}`);
  await writeFile(path, "", { mode: 0o666 });
  // The mode of writeFile is subject to the umask; every user of the container may write here.
  await chmod(path, 0o666);
  return path;
}

function plain(containerPath: string, hostPath: string): Mount {
  return {
    containerPath,
    hostPath,
    readonly: false,
    recursiveReadOnly: false,
    propagation: "private",
    selinuxRelabel: false,
  };
}
