import { join } from "node:path";
import type { Pod } from "@kubets/api/core/v1";
import type { PortMapping, SandboxConfig } from "@kubets/cri";
import { isHostNetwork, nameOf, namespaceOf, specOf, uidOf } from "../pod/pod-facts.ts";
import { type DnsSettings, podDns } from "./dns.ts";
import { podHostname } from "./hostname.ts";
import { sandboxLabels } from "./labels.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxConfigInput {
  readonly pod: Pod;
  readonly attempt: number;
  readonly cgroupParent: string;
  readonly podLogsDir: string;
  readonly dns: DnsSettings;
}

/** Upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go generatePodSandboxConfig @1.36 */
export function sandboxConfig(input: SandboxConfigInput): SandboxConfig {
  const { pod, attempt } = input;
  const spec = specOf(pod);
  const { kernelName } = podHostname(pod, input.dns.clusterDomain);
  return {
    metadata: { name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod), attempt },
    hostname: isHostNetwork(pod) ? "" : kernelName,
    logDirectory: podLogDirectory(input.podLogsDir, pod),
    dns: podDns(pod, input.dns),
    portMappings: spec.containers.flatMap(({ ports = [] }) =>
      ports.map(
        (port): PortMapping => ({
          protocol: port.protocol === "UDP" || port.protocol === "SCTP" ? port.protocol : "TCP",
          containerPort: port.containerPort,
          hostPort: port.hostPort ?? 0,
          hostIp: port.hostIP ?? "",
        }),
      ),
    ),
    labels: sandboxLabels(pod),
    annotations: pod.metadata.annotations ?? {},
    cgroupParent: input.cgroupParent,
    // The kernel's interface takes dots; users may write slashes.
    sysctls: Object.fromEntries(
      (spec.securityContext?.sysctls ?? []).map(({ name, value }) => [dotted(name), value]),
    ),
    security: sandboxSecurity(pod),
  };
}

export function podLogDirectory(podLogsDir: string, pod: Pod): string {
  return join(podLogsDir, `${namespaceOf(pod)}_${nameOf(pod)}_${uidOf(pod)}`);
}

function dotted(sysctl: string): string {
  const separator = /[./]/.exec(sysctl)?.[0];
  if (separator !== "/") return sysctl;
  return sysctl.replace(/[./]/g, (char) => (char === "/" ? "." : "/"));
}
