/** What a pod offers to a Service: addresses, ports, a host name. */
import { isPodTerminal, isPodTerminating, isSidecar } from "@kubets/api";
import type { Pod, Service, ServicePort } from "@kubets/api/core/v1";

export interface ResolvedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol: string | undefined;
}

/** Upstream: pkg/controller/util/endpoint/controller_utils.go ShouldPodBeInEndpoints @1.36 */
export function isEndpointPod(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod)) return false;
  const hasAddress = (pod.status?.podIP ?? "") !== "" || (pod.status?.podIPs ?? []).length > 0;
  return hasAddress && (includeTerminating || !isPodTerminating(pod));
}

/** The Service's ports as numbers of this pod; those that the pod does not name are left out. */
export function resolvePorts(service: Service, pod: Pod): ResolvedPort[] {
  const resolved: ResolvedPort[] = [];
  for (const servicePort of service.spec?.ports ?? []) {
    const port = portOf(pod, servicePort);
    if (port === undefined) continue;
    const { name = "", protocol = "TCP", appProtocol } = servicePort;
    resolved.push({ name, protocol, port, appProtocol });
  }
  return resolved;
}

function portOf(pod: Pod, { targetPort, port, protocol = "TCP" }: ServicePort): number | undefined {
  if (targetPort === undefined || targetPort === 0 || targetPort === "") return port;
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar);
  for (const { ports } of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = ports?.find(
      (candidate) => candidate.name === targetPort && (candidate.protocol ?? "TCP") === protocol,
    );
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

export type IpFamily = "IPv4" | "IPv6";

export const familyOf = (ip: string): IpFamily => (ip.includes(":") ? "IPv6" : "IPv4");

export function podAddress(pod: Pod, family: IpFamily): string | undefined {
  const ips = (pod.status?.podIPs ?? []).map(({ ip }) => ip ?? "");
  const all = ips.length === 0 ? [pod.status?.podIP ?? ""] : ips;
  return all.find((ip) => ip !== "" && familyOf(ip) === family);
}

/** The families that the Service has addresses of; the first is the primary one. */
export function serviceFamilies(service: Service): IpFamily[] {
  const { ipFamilies, clusterIP = "" } = service.spec ?? {};
  const known = (ipFamilies ?? []).filter((family) => family === "IPv4" || family === "IPv6");
  if (known.length > 0) return known;
  return [clusterIP === "" || clusterIP === "None" ? "IPv4" : familyOf(clusterIP)];
}

/** The pod's own name under the Service's domain. */
export function endpointHostname(pod: Pod, service: Service): string | undefined {
  const { hostname = "", subdomain } = pod.spec ?? {};
  return hostname !== "" && subdomain === service.metadata.name ? hostname : undefined;
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === "None";
}
