/**
 * How settings are written in the two versions of cgroups.
 *
 * Upstream: pkg/kubelet/cm/cgroup_v1_manager_linux.go, cgroup_v2_manager_linux.go @1.36
 */
import type { CgroupSettings } from "../container/linux-resources.ts";

export interface CgroupFile {
  /** v1: the hierarchy; v2: empty. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** The v1 hierarchies in which pods get folders; the runtime makes the ones in the others. */
export const V1_CONTROLLERS = ["cpu", "memory", "pids"] as const;

export function cgroupFiles(version: 1 | 2, settings: CgroupSettings): CgroupFile[] {
  return version === 1 ? v1Files(settings) : v2Files(settings);
}

function v1Files(settings: CgroupSettings): CgroupFile[] {
  const files: CgroupFile[] = [];
  const { cpuShares, cpuPeriod, cpuQuota, memoryLimitBytes, pidsMax } = settings;
  if (cpuShares !== undefined) files.push(file("cpu", "cpu.shares", cpuShares));
  if (cpuPeriod !== undefined) files.push(file("cpu", "cpu.cfs_period_us", cpuPeriod));
  if (cpuQuota !== undefined) {
    files.push(file("cpu", "cpu.cfs_quota_us", cpuQuota === 0 ? -1 : cpuQuota));
  }
  if (memoryLimitBytes !== undefined && memoryLimitBytes > 0) {
    files.push(file("memory", "memory.limit_in_bytes", memoryLimitBytes));
  }
  if (pidsMax !== undefined && pidsMax > 0) files.push(file("pids", "pids.max", pidsMax));
  return files;
}

function v2Files(settings: CgroupSettings): CgroupFile[] {
  const files: CgroupFile[] = [];
  const { cpuShares, cpuPeriod, cpuQuota, memoryLimitBytes, pidsMax } = settings;
  if (cpuShares !== undefined) files.push(file("", "cpu.weight", cpuWeight(cpuShares)));
  if (cpuQuota !== undefined) {
    files.push(file("", "cpu.max", `${cpuQuota === 0 ? "max" : cpuQuota} ${cpuPeriod ?? 100_000}`));
  }
  if (memoryLimitBytes !== undefined && memoryLimitBytes > 0) {
    files.push(file("", "memory.max", memoryLimitBytes));
  }
  if (pidsMax !== undefined && pidsMax > 0) files.push(file("", "pids.max", pidsMax));
  return files;
}

/** Shares from 2 to 262144 become weights from 1 to 10000. */
export function cpuWeight(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142);
}

function file(controller: string, name: string, value: number | string): CgroupFile {
  return { controller, file: name, value: String(value) };
}
