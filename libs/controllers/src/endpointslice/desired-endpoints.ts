/**
 * The endpoints that a Service should have, one group for each address family and set of ports.
 *
 * Upstream: k8s.io/endpointslice/{reconciler,utils}.go @1.36
 */
import { isPodReady, isPodTerminating, LABEL_ZONE } from "@kubets/api";
import type { Node, Pod, Service } from "@kubets/api/core/v1";
import type { Endpoint, EndpointPort } from "@kubets/api/discovery/v1";
import {
  endpointHostname,
  type IpFamily,
  isEndpointPod,
  podAddress,
  type ResolvedPort,
  resolvePorts,
  serviceFamilies,
} from "../service-pods/pod-endpoint.ts";
import { hintingOf, ownHints } from "./hints.ts";

export interface EndpointGroup {
  readonly addressType: IpFamily;
  readonly ports: readonly EndpointPort[];
  /** By what tells endpoints apart: the address and the pod. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

export interface DesiredEndpoints {
  /** By `groupKey`. */
  readonly groups: ReadonlyMap<string, EndpointGroup>;
  /** Pods left out because their node is not known yet. */
  readonly isIncomplete: boolean;
}

export function desiredEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
): DesiredEndpoints {
  const groups = new Map<string, { group: EndpointGroup; endpoints: Map<string, Endpoint> }>();
  const families = serviceFamilies(service);
  const publishesAll = service.spec?.publishNotReadyAddresses === true;
  let isIncomplete = false;
  for (const pod of pods) {
    if (!isEndpointPod(pod, true)) continue;
    const nodeName = pod.spec?.nodeName ?? "";
    const node = nodeOf(nodeName);
    if (node === undefined && nodeName !== "" && !publishesAll) {
      isIncomplete = true;
      continue;
    }
    const ports = resolvePorts(service, pod).map(endpointPort);
    for (const addressType of families) {
      const address = podAddress(pod, addressType);
      if (address === undefined) continue;
      const key = groupKey(addressType, ports);
      let found = groups.get(key);
      if (found === undefined) {
        const endpoints = new Map<string, Endpoint>();
        found = { group: { addressType, ports, endpoints }, endpoints };
        groups.set(key, found);
      }
      const endpoint = endpointOf({ service, pod, node, address, publishesAll });
      found.endpoints.set(endpointKey(endpoint), endpoint);
    }
  }
  return {
    groups: new Map([...groups].map(([key, { group }]) => [key, group])),
    isIncomplete,
  };
}

export function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${addresses[0] ?? ""}/${targetRef?.uid ?? ""}`;
}

/** The same for slices whose endpoints may stand together. */
export function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  const texts = ports.map(({ name = "", protocol = "TCP", port, appProtocol = "" }) =>
    [name, protocol, port ?? "", appProtocol].join("/"),
  );
  return [addressType, ...texts.toSorted()].join(" ");
}

function endpointPort({ name, protocol, port, appProtocol }: ResolvedPort): EndpointPort {
  return { name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) };
}

function endpointOf(input: {
  readonly service: Service;
  readonly pod: Pod;
  readonly node: Node | undefined;
  readonly address: string;
  readonly publishesAll: boolean;
}): Endpoint {
  const { service, pod, node, address, publishesAll } = input;
  const { namespace, name, uid } = pod.metadata;
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const hostname = endpointHostname(pod, service);
  const nodeName = pod.spec?.nodeName;
  const zone = node?.metadata.labels?.[LABEL_ZONE];
  const endpoint: Endpoint = {
    addresses: [address],
    conditions: { ready: publishesAll || (serving && !terminating), serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
  const hints = ownHints(hintingOf(service), endpoint);
  return hints === undefined ? endpoint : { ...endpoint, hints };
}
