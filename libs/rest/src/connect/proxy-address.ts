/**
 * What a proxy subresource names, and which addresses it may be led to.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/net/port_split.go SplitSchemeNamePort and
 * staging/src/k8s.io/apimachinery/pkg/util/proxy/dial.go IsProxyableIP @1.36
 */
import { BlockList, isIP } from "node:net";
import { badRequest } from "@kubets/api";

export interface ProxyName {
  readonly scheme: "" | "http" | "https";
  readonly name: string;
  readonly port: string;
}

/** "name", "name:port", "scheme:name:port". Throws 400 otherwise. */
export function parseProxyName(text: string): ProxyName {
  const parts = text.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1 && first !== "") return { scheme: "", name: first, port: "" };
  if (parts.length === 2 && first !== "") return { scheme: "", name: first, port: second };
  if (parts.length === 3 && second !== "") {
    if (first === "" || first === "http" || first === "https") {
      return { scheme: first, name: second, port: third };
    }
  }
  throw badRequest(`invalid request ${JSON.stringify(text)}`);
}

const refused = new BlockList();
refused.addSubnet("127.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("224.0.0.0", 4, "ipv4");
refused.addAddress("0.0.0.0", "ipv4");
refused.addAddress("255.255.255.255", "ipv4");
refused.addAddress("::", "ipv6");
refused.addAddress("::1", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");

/** Throws 400 for addresses of the apiserver's own machine and link. */
export function checkProxyAddress(address: string): void {
  const family = isIP(address);
  const isRefused =
    family === 0 ||
    refused.check(address, family === 6 ? "ipv6" : "ipv4") ||
    address.toLowerCase().startsWith("::ffff:");
  if (isRefused) throw badRequest("address not allowed");
}
