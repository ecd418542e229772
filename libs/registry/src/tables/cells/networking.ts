/** networking and discovery. Upstream: pkg/printers/internalversion/printers.go @1.36 */
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type {
  Ingress,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
} from "@kubets/api/networking/v1";
import { since } from "../human-duration.ts";
import { firstThree, NONE, selectorText } from "../text-cells.ts";

export function endpointSliceCells(
  { metadata, addressType, ports, endpoints }: EndpointSlice,
  nowMs: number,
): unknown[] {
  const portList = (ports ?? []).map(({ port, name }) => `${port ?? name ?? "*"}`);
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return [
    metadata.name,
    addressType,
    firstThree(portList),
    firstThree(addresses),
    since(metadata.creationTimestamp, nowMs),
  ];
}

export function ingressCells({ metadata, spec, status }: Ingress, nowMs: number): unknown[] {
  const ingress = (status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname }) => ip || hostname || "",
  );
  const addresses = new Set(ingress.filter((one) => one !== ""));
  return [
    metadata.name,
    spec?.ingressClassName ?? NONE,
    hostsText(spec?.rules ?? []),
    [...addresses].sort().join(","),
    (spec?.tls?.length ?? 0) > 0 ? "80, 443" : "80",
    since(metadata.creationTimestamp, nowMs),
  ];
}
function hostsText(rules: readonly { readonly host?: string | undefined }[]): string {
  const hosts: string[] = [];
  let isCut = false;
  for (const { host } of rules) {
    if (hosts.length === 3) isCut = true;
    else if (host) hosts.push(host);
  }
  if (hosts.length === 0) return "*";
  return isCut ? `${hosts.join(",")} + ${rules.length - 3} more...` : hosts.join(",");
}

export function ingressClassCells({ metadata, spec }: IngressClass, nowMs: number): unknown[] {
  const { parameters } = spec ?? {};
  const kind = parameters?.apiGroup
    ? `${parameters.kind}.${parameters.apiGroup}`
    : parameters?.kind;
  const text = parameters === undefined ? NONE : `${kind}/${parameters.name}`;
  return [metadata.name, spec?.controller ?? "", text, since(metadata.creationTimestamp, nowMs)];
}

export function networkPolicyCells({ metadata, spec }: NetworkPolicy, nowMs: number): unknown[] {
  const age = since(metadata.creationTimestamp, nowMs);
  return [metadata.name, selectorText(spec?.podSelector ?? {}), age];
}

export function serviceCIDRCells({ metadata, spec }: ServiceCIDR, nowMs: number): unknown[] {
  return [metadata.name, (spec?.cidrs ?? []).join(","), since(metadata.creationTimestamp, nowMs)];
}

export function ipAddressCells({ metadata, spec }: IPAddress): unknown[] {
  const { group = "", resource = "", namespace = "", name = "" } = spec?.parentRef ?? {};
  const what = (group === "" ? resource : `${resource}.${group}`).toLowerCase();
  const text = namespace === "" ? `${what}/${name}` : `${what}/${namespace}/${name}`;
  return [metadata.name, spec?.parentRef === undefined ? NONE : text];
}
