/**
 * The Endpoints object of a Service: addresses in subsets by their ports, of the Service's first address family.
 *
 * Upstream: pkg/controller/endpoint/endpoints_controller.go syncService, k8s.io/kubernetes/pkg/api/v1/endpoints
 * RepackSubsets @1.36
 */
import { isPodReady, LABEL_HEADLESS_SERVICE } from "@kubets/api";
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints,
  Pod,
  Service,
} from "@kubets/api/core/v1";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import {
  endpointHostname,
  isEndpointPod,
  isHeadless,
  podAddress,
  resolvePorts,
  serviceFamilies,
} from "../service-pods/pod-endpoint.ts";

export const ADDRESSES_MAX = 1000;
export const OVER_CAPACITY_ANNOTATION = "endpoints.kubernetes.io/over-capacity";
export const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
const MANAGED_BY = "endpoint-controller";

interface Member {
  readonly address: EndpointAddress;
  readonly ports: readonly EndpointPort[];
  readonly isReady: boolean;
}

/** Undefined: it is right as it is. */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  existing: Endpoints | undefined,
): Endpoints | undefined {
  const members = pods.flatMap((pod) => membersOf(service, pod));
  const { kept, isTruncated } = truncated(members);
  const subsets = pack(kept);
  const labels: Record<string, string> = { ...service.metadata.labels };
  if (isHeadless(service)) labels[LABEL_HEADLESS_SERVICE] = "";
  else delete labels[LABEL_HEADLESS_SERVICE];
  labels[MANAGED_BY_LABEL] = MANAGED_BY;
  const annotations: Record<string, string> = { ...existing?.metadata.annotations };
  if (isTruncated) annotations[OVER_CAPACITY_ANNOTATION] = "truncated";
  else delete annotations[OVER_CAPACITY_ANNOTATION];
  const isSame =
    existing !== undefined &&
    isSemanticallyEqual(existing.subsets ?? [], subsets) &&
    isSemanticallyEqual(existing.metadata.labels ?? {}, labels) &&
    isSemanticallyEqual(existing.metadata.annotations ?? {}, annotations);
  if (isSame) return undefined;
  const { name, namespace } = service.metadata;
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...(existing?.metadata ?? { name, namespace }),
      labels,
      ...(Object.keys(annotations).length === 0 ? { annotations: undefined } : { annotations }),
    },
    subsets,
  };
}

function membersOf(service: Service, pod: Pod): Member[] {
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  if (!isEndpointPod(pod, publishesAll)) return [];
  const [family = "IPv4"] = serviceFamilies(service);
  const ip = podAddress(pod, family);
  if (ip === undefined) return [];
  const { namespace, name, uid } = pod.metadata;
  const hostname = endpointHostname(pod, service);
  const nodeName = pod.spec?.nodeName;
  const address: EndpointAddress = {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
  const ports = resolvePorts(service, pod).map(
    ({ name: portName, port, protocol, appProtocol }): EndpointPort => ({
      ...(portName === "" ? {} : { name: portName }),
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }),
  );
  const hasNoPorts = (service.spec?.ports ?? []).length === 0;
  if (ports.length === 0 && !(isHeadless(service) && hasNoPorts)) return [];
  return [{ address, ports, isReady: publishesAll || isPodReady(pod) }];
}

/** Ready addresses stay before others. */
function truncated(members: readonly Member[]): { kept: readonly Member[]; isTruncated: boolean } {
  if (members.length <= ADDRESSES_MAX) return { kept: members, isTruncated: false };
  const ordered = members.toSorted((a, b) => Number(b.isReady) - Number(a.isReady));
  return { kept: ordered.slice(0, ADDRESSES_MAX), isTruncated: true };
}

function pack(members: readonly Member[]): EndpointSubset[] {
  const byPorts = new Map<string, Member[]>();
  for (const member of members) {
    const key = JSON.stringify(sortedPorts(member.ports));
    const group = byPorts.get(key);
    if (group === undefined) byPorts.set(key, [member]);
    else group.push(member);
  }
  return [...byPorts]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, group]) => {
      const addresses = addressesOf(group, true);
      const notReadyAddresses = addressesOf(group, false);
      const ports = sortedPorts(group[0]?.ports ?? []);
      return {
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
        ...(ports.length === 0 ? {} : { ports }),
      };
    });
}

function sortedPorts(ports: readonly EndpointPort[]): EndpointPort[] {
  return ports.toSorted(
    (a, b) =>
      compareText(a.name ?? "", b.name ?? "") ||
      a.port - b.port ||
      compareText(a.protocol ?? "", b.protocol ?? ""),
  );
}

function addressesOf(members: readonly Member[], isReady: boolean): EndpointAddress[] {
  return members
    .filter((member) => member.isReady === isReady)
    .map(({ address }) => address)
    .sort(
      (a, b) =>
        compareText(a.ip, b.ip) || compareText(a.targetRef?.uid ?? "", b.targetRef?.uid ?? ""),
    );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
