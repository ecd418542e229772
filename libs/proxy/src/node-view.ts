/** What the proxy reads of its Node. */
import { isIPv4 } from "node:net";
import type { Node } from "@kubets/api/core/v1";
import { cidrFamily } from "./addresses.ts";
import type { Place } from "./traffic-choice.ts";

/** --nodeport-addresses: the Node's own, all, or those of the machine within these ranges. */
export type NodePortSetting =
  | { readonly kind: "primary" }
  | { readonly kind: "all" }
  | { readonly kind: "addresses"; readonly addresses: readonly string[] };

export interface NodeView {
  readonly place: Place;
  readonly podCidrs: readonly string[];
  /** Undefined: every address of the machine. */
  readonly nodePortAddresses: readonly string[] | undefined;
  readonly isEligible: boolean;
}

const ZONE_LABEL = "topology.kubernetes.io/zone";

export function nodeView(
  node: Node | undefined,
  nodeName: string,
  nodePorts: NodePortSetting,
): NodeView {
  return {
    place: {
      nodeName,
      zone: node?.metadata.labels?.[ZONE_LABEL] ?? "",
      addresses: internalAddresses(node),
    },
    podCidrs: node?.spec?.podCIDRs ?? [],
    nodePortAddresses: nodePortAddresses(node, nodePorts),
    isEligible: node?.metadata.deletionTimestamp === undefined,
  };
}

function internalAddresses(node: Node | undefined): readonly string[] {
  return (node?.status?.addresses ?? [])
    .filter(({ type }) => type === "InternalIP")
    .map(({ address }) => address);
}

function nodePortAddresses(
  node: Node | undefined,
  setting: NodePortSetting,
): readonly string[] | undefined {
  switch (setting.kind) {
    case "all":
      return undefined;
    case "addresses":
      return setting.addresses;
    case "primary": {
      const own = internalAddresses(node);
      // One of each family.
      const first = [own.find(isIPv4), own.find((address) => address.includes(":"))];
      return first.filter((address) => address !== undefined);
    }
  }
}

/** Whether the address lies within one of the ranges. IPv4 by bits; IPv6 by its written-out form. */
export function isWithin(address: string, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => {
    const [base = "", bits = "0"] = cidr.split("/");
    if (cidrFamily(cidr) !== (address.includes(":") ? "ip6" : "ip")) return false;
    const length = Number(bits);
    return binary(address).slice(0, length) === binary(base).slice(0, length);
  });
}

function binary(address: string): string {
  if (!address.includes(":")) {
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  }
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: missing }, () => "0"), ...after]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
