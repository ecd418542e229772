/**
 * A pod's requests and limits as the kernel's numbers.
 *
 * Upstream: pkg/kubelet/cm/helpers_linux.go, pkg/kubelet/qos/policy.go GetContainerOOMScoreAdjust @1.36
 */
import { podLimits, podRequests, qosClass, quantityMilli, quantityValue } from "@kubets/api";
import type { Container, Pod } from "@kubets/api/core/v1";
import type { LinuxResources } from "@kubets/cri";
import { containersOf, isSidecar, specOf } from "../pod/pod-facts.ts";

const CPU_PERIOD_US = 100_000;
const CPU_QUOTA_US_MIN = 1000;
const CPU_SHARES_MIN = 2;
const CPU_SHARES_MAX = 262_144;
const CPU_SHARES_PER_CORE = 1024;

export function milliCpuToShares(milliCpu: number): number {
  if (milliCpu === 0) return CPU_SHARES_MIN;
  const shares = Math.floor((milliCpu * CPU_SHARES_PER_CORE) / 1000);
  return Math.min(Math.max(shares, CPU_SHARES_MIN), CPU_SHARES_MAX);
}

/** 0: no limit. */
export function milliCpuToQuota(milliCpu: number): number {
  if (milliCpu === 0) return 0;
  return Math.max(Math.floor((milliCpu * CPU_PERIOD_US) / 1000), CPU_QUOTA_US_MIN);
}

export function containerResources(
  pod: Pod,
  container: Container,
  memoryCapacityBytes: number,
): LinuxResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuLimit = milli(limits.cpu);
  const cpuRequest = requests.cpu === undefined ? cpuLimit : milli(requests.cpu);
  return {
    cpuPeriod: CPU_PERIOD_US,
    cpuQuota: milliCpuToQuota(cpuLimit),
    cpuShares: milliCpuToShares(cpuRequest),
    memoryLimitBytes: bytes(limits.memory),
    oomScoreAdj: oomScoreAdj(pod, container, memoryCapacityBytes),
    cpusetCpus: "",
    cpusetMems: "",
    unified: {},
  };
}

const GUARANTEED_SCORE = -997;
const BEST_EFFORT_SCORE = 1000;

/** Who asked for more memory of the node is killed later. */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  const spec = specOf(pod);
  // Pods that the node itself needs.
  if ((spec.priority ?? 0) >= 2_000_000_000) return GUARANTEED_SCORE;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return GUARANTEED_SCORE;
  if (qos === "BestEffort") return BEST_EFFORT_SCORE;
  const scoreOf = (one: Container): number => {
    const request = bytes(one.resources?.requests?.memory);
    const score = 1000 - Math.floor((1000 * request) / memoryCapacityBytes);
    if (score < 1000 + GUARANTEED_SCORE) return 1000 + GUARANTEED_SCORE;
    return score === BEST_EFFORT_SCORE ? score - 1 : score;
  };
  const own = scoreOf(container);
  if (!isSidecar(container)) return own;
  // A sidecar must not be killed before the containers it serves.
  return Math.min(own, ...spec.containers.map(scoreOf));
}

/** What a cgroup is set to. Undefined: left as the kernel has it. */
export interface CgroupSettings {
  readonly cpuShares?: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimitBytes?: number;
  readonly pidsMax?: number;
}

/**
 * The limits of the pod's own cgroup: only where every container has one, for otherwise one container's
 * limit would bind the others.
 *
 * Upstream: pkg/kubelet/cm/helpers_linux.go ResourceConfigForPod @1.36
 */
export function podCgroupSettings(pod: Pod, pidsMax: number | undefined): CgroupSettings {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const cpuLimit = Number(limits.get("cpu") ?? 0n);
  const memoryLimit = Number((limits.get("memory") ?? 0n) / 1000n);
  const shares = milliCpuToShares(Number(requests.get("cpu") ?? 0n));
  const all = containersOf(pod).filter(({ kind }) => kind !== "ephemeral");
  const allLimit = (resource: string) =>
    all.every(({ container }) => bytes(container.resources?.limits?.[resource]) > 0) ||
    specOf(pod).resources?.limits?.[resource] !== undefined;
  const pids = pidsMax === undefined ? {} : { pidsMax };
  switch (qosClass(pod)) {
    case "Guaranteed":
      return {
        cpuShares: shares,
        cpuQuota: milliCpuToQuota(cpuLimit),
        cpuPeriod: CPU_PERIOD_US,
        memoryLimitBytes: memoryLimit,
        ...pids,
      };
    case "Burstable":
      return {
        cpuShares: shares,
        ...(allLimit("cpu")
          ? { cpuQuota: milliCpuToQuota(cpuLimit), cpuPeriod: CPU_PERIOD_US }
          : {}),
        ...(allLimit("memory") ? { memoryLimitBytes: memoryLimit } : {}),
        ...pids,
      };
    default:
      return { cpuShares: CPU_SHARES_MIN, ...pids };
  }
}

export function milli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(quantityMilli(quantity));
}

export function bytes(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(quantityValue(quantity));
}
