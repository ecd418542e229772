/**
 * Every container of a node runs below one cgroup, so that nothing of it can be missed when the cluster goes: all
 * processes in it are killed and its folders removed, in cgroup version 1 and 2 alike.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "@kubets/service";

const CGROUP_MOUNT = "/sys/fs/cgroup";

const ALL = "/kubets";

/** Holds the groups of the cluster's nodes. */
export function clusterCgroup(cluster: string): string {
  return `${ALL}/${cluster}`;
}

/** The kubelet's --cgroup-root. */
export function nodeCgroup(cluster: string, node: string): string {
  return `${clusterCgroup(cluster)}/${node}`;
}

/** The same group in every hierarchy that has it. */
function foldersOf(group: string): string[] {
  if (!existsSync(CGROUP_MOUNT)) return [];
  const hierarchies = existsSync(join(CGROUP_MOUNT, "cgroup.controllers"))
    ? [CGROUP_MOUNT]
    : readdirSync(CGROUP_MOUNT).map((name) => join(CGROUP_MOUNT, name));
  return hierarchies.map((mount) => join(mount, group)).filter((folder) => existsSync(folder));
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function processesIn(folder: string): number[] {
  const own = readFileSync(join(folder, "cgroup.procs"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map(Number);
  return [...own, ...subfolders(folder).flatMap(processesIn)];
}

function removeTree(folder: string): void {
  for (const child of subfolders(folder)) removeTree(child);
  rmdirSync(folder);
}

const ROUNDS_MAX = 50;
const ROUND_MS = 100;

/** Kills everything in the group and removes it. Throws when something is still there after five seconds. */
export async function removeCgroup(group: string, clock: Clock): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const folders = foldersOf(group);
    if (folders.length === 0) return;
    let busy = false;
    for (const folder of folders) {
      try {
        for (const pid of processesIn(folder)) {
          busy = true;
          process.kill(pid, "SIGKILL");
        }
        if (!busy) removeTree(folder);
      } catch {
        // A process or folder that went away by itself, or one that is still ending: the next round sees.
        busy = true;
      }
    }
    if (busy) await sleep(clock, ROUND_MS);
  }
  if (foldersOf(group).length > 0) throw new Error(`cgroup ${group} still holds processes`);
}

/** Takes the group of all clusters away with the last of them. */
export function removeCgroupOfAll(): void {
  for (const folder of foldersOf(ALL)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      // Another cluster's group is in it, or came just now.
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "EBUSY" && code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
    }
  }
}
