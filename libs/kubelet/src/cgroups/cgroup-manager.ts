/** The cgroups of pods on a real machine: made with the pod's limits before its sandbox, removed after it. */
import { mkdir, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "@kubets/api/core/v1";
import type { Logger } from "@kubets/service";
import {
  type CgroupSettings,
  milliCpuToShares,
  podCgroupSettings,
} from "../container/linux-resources.ts";
import { cgroupFiles, V1_CONTROLLERS } from "./cgroup-files.ts";
import { kubepodsPath, podCgroupPath, podUidOfFolder, QOS_FOLDERS } from "./cgroup-names.ts";

export interface CgroupManager {
  /** The node's own part of the tree. */
  start(allocatableMilliCpu: number): Promise<void>;
  /** What the runtime puts the pod's containers under. */
  parentOf(pod: Pod): string;
  ensure(pod: Pod): Promise<void>;
  /** Resolves with whether everything of it is gone. */
  remove(podUid: string): Promise<boolean>;
  podUids(): Promise<string[]>;
  /** The cpu that all burstable pods together have asked for. */
  setBurstableShares(milliCpu: number): Promise<void>;
}

export interface CgroupManagerOptions {
  readonly version: 1 | 2;
  /** Where the hierarchies are mounted. */
  readonly mountPoint: string;
  /** The kubelet's part of the machine's tree: "/". Upstream: --cgroup-root. */
  readonly cgroupRoot: string;
  /** Processes in a pod. Upstream: --pod-max-pids. */
  readonly podPidsMax?: number;
  readonly logger: Logger;
}

export function createCgroupManager(options: CgroupManagerOptions): CgroupManager {
  const { version, mountPoint, cgroupRoot, logger } = options;
  const kubepods = kubepodsPath(cgroupRoot);
  const hierarchies =
    version === 1 ? V1_CONTROLLERS.map((name) => join(mountPoint, name)) : [mountPoint];
  /** A runtime makes folders in hierarchies that we do not use; all of them are cleared. */
  const everyHierarchy = async () =>
    version === 2
      ? [mountPoint]
      : (await readdir(mountPoint).catch((): string[] => [])).map((name) => join(mountPoint, name));

  const make = async (path: string, settings: CgroupSettings) => {
    for (const hierarchy of hierarchies) {
      if (version === 2) await enableControllers(hierarchy, path);
      await mkdir(join(hierarchy, path), { recursive: true });
    }
    for (const { controller, file, value } of cgroupFiles(version, settings)) {
      await writeFile(join(mountPoint, controller, path, file), value);
    }
  };

  return {
    async start(allocatableMilliCpu) {
      await make(kubepods, { cpuShares: milliCpuToShares(allocatableMilliCpu) });
      await make(join(kubepods, "burstable"), {});
      await make(join(kubepods, "besteffort"), { cpuShares: 2 });
    },
    parentOf: (pod) => podCgroupPath(cgroupRoot, pod),
    ensure: (pod) =>
      make(podCgroupPath(cgroupRoot, pod), podCgroupSettings(pod, options.podPidsMax)),
    async remove(podUid) {
      let isGone = true;
      for (const hierarchy of await everyHierarchy()) {
        for (const qos of QOS_FOLDERS) {
          const path = join(hierarchy, kubepods, qos, `pod${podUid}`);
          isGone = (await removeTree(path)) && isGone;
        }
      }
      if (!isGone) logger.warn("a pod's cgroup is still busy", { podUid });
      return isGone;
    },
    async podUids() {
      const uids = new Set<string>();
      for (const hierarchy of hierarchies) {
        for (const qos of QOS_FOLDERS) {
          const names = await readdir(join(hierarchy, kubepods, qos)).catch((): string[] => []);
          for (const name of names) {
            const uid = podUidOfFolder(name);
            if (uid !== undefined) uids.add(uid);
          }
        }
      }
      return [...uids];
    },
    setBurstableShares: (milliCpu) =>
      make(join(kubepods, "burstable"), { cpuShares: milliCpuToShares(milliCpu) }),
  };
}

/** For runtimes without real processes. */
export const noCgroups: CgroupManager = {
  start: async () => {},
  parentOf: () => "",
  ensure: async () => {},
  remove: async () => true,
  podUids: async () => [],
  setBurstableShares: async () => {},
};

/** Each folder on the way has to hand the controllers on to its children. */
async function enableControllers(mountPoint: string, path: string): Promise<void> {
  let folder = mountPoint;
  for (const part of path.split("/").filter(Boolean)) {
    // A kernel may lack one of them; the settings that need it will say so.
    for (const controller of ["cpu", "memory", "pids", "cpuset", "io"]) {
      await writeFile(join(folder, "cgroup.subtree_control"), `+${controller}`).catch(() => {});
    }
    folder = join(folder, part);
    await mkdir(folder, { recursive: true });
  }
}

/** Only empty groups can be removed, deepest first; the files in them belong to the kernel. */
async function removeTree(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return true;
  for (const entry of entries) {
    if (entry.isDirectory() && !(await removeTree(join(path, entry.name)))) return false;
  }
  return rmdir(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}
