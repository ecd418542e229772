import type { Pod } from "@kubets/api/core/v1";
import { nameOf, namespaceOf, specOf } from "../pod/pod-facts.ts";

export interface PodHostname {
  readonly hostname: string;
  /** "sub.namespace.svc.cluster.local", or empty. */
  readonly domain: string;
  /** What the kernel is told: the full name where the pod asks for it. */
  readonly kernelName: string;
}

const HOSTNAME_CHARS_MAX = 63;

/** Upstream: pkg/kubelet/kubelet_pods.go GeneratePodHostNameAndDomain @1.36 */
export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const spec = specOf(pod);
  if (spec.hostnameOverride !== undefined) {
    const hostname = cut(spec.hostnameOverride);
    return { hostname, domain: "", kernelName: hostname };
  }
  const hostname = cut(spec.hostname || nameOf(pod));
  const domain = spec.subdomain ? `${spec.subdomain}.${namespaceOf(pod)}.svc.${clusterDomain}` : "";
  const wantsFull = spec.setHostnameAsFQDN === true && domain !== "";
  return { hostname, domain, kernelName: wantsFull ? `${hostname}.${domain}` : hostname };
}

/** The kernel takes 63 characters, and a name does not end in a dash or dot. */
function cut(name: string): string {
  if (name.length <= HOSTNAME_CHARS_MAX) return name;
  return name.slice(0, HOSTNAME_CHARS_MAX).replace(/[-.]+$/, "");
}
