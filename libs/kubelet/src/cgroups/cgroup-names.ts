/**
 * The cgroup tree of a node: pods below their quality-of-service class.
 *
 *     <root>/kubepods/pod<uid>             Guaranteed
 *     <root>/kubepods/burstable/pod<uid>
 *     <root>/kubepods/besteffort/pod<uid>
 *
 * Upstream: pkg/kubelet/cm/pod_container_manager_linux.go, qos_container_manager_linux.go @1.36
 */
import { posix } from "node:path";
import { qosClass } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { uidOf } from "../pod/pod-facts.ts";

export const QOS_FOLDERS = ["", "burstable", "besteffort"] as const;

export function kubepodsPath(cgroupRoot: string): string {
  return posix.join("/", cgroupRoot, "kubepods");
}

export function podCgroupPath(cgroupRoot: string, pod: Pod): string {
  const qos = qosClass(pod);
  const folder = qos === "Guaranteed" ? "" : qos.toLowerCase();
  return posix.join(kubepodsPath(cgroupRoot), folder, `pod${uidOf(pod)}`);
}

/** The uid in a folder's name; undefined where it is not a pod's. */
export function podUidOfFolder(name: string): string | undefined {
  return /^pod([0-9a-zA-Z-]{1,64})$/.exec(name)?.[1];
}
