/**
 * How the proxy tells traffic of this node's pods from other traffic, which must come back through this node and so
 * is masqueraded.
 *
 * Upstream: pkg/proxy/util/localdetector.go @1.36
 */
import { cidrFamily } from "./addresses.ts";
import type { Family } from "./rule-set.ts";

export type LocalMode =
  | { readonly mode: "ClusterCIDR" | "NodeCIDR"; readonly cidrs: readonly string[] }
  | { readonly mode: "BridgeInterface"; readonly name: string }
  | { readonly mode: "InterfaceNamePrefix"; readonly prefix: string };

/** nft matches; undefined where pods cannot be told from others. */
export interface LocalTraffic {
  readonly ifLocal: string;
  readonly ifNotLocal: string;
}

export function localTraffic(mode: LocalMode, family: Family): LocalTraffic | undefined {
  switch (mode.mode) {
    case "ClusterCIDR":
    case "NodeCIDR": {
      const cidr = mode.cidrs.find((candidate) => cidrFamily(candidate) === family);
      if (cidr === undefined) return undefined;
      return {
        ifLocal: `${family} saddr ${cidr}`,
        ifNotLocal: `${family} saddr != ${cidr}`,
      };
    }
    case "BridgeInterface":
      return { ifLocal: `iifname "${mode.name}"`, ifNotLocal: `iifname != "${mode.name}"` };
    case "InterfaceNamePrefix":
      return { ifLocal: `iifname "${mode.prefix}*"`, ifNotLocal: `iifname != "${mode.prefix}*"` };
  }
}
