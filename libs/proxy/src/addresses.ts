import { isIP } from "node:net";
import type { Family } from "./rule-set.ts";

/** The table that an address belongs into; undefined for what is no address ("None", "", a host name). */
export function addressFamily(address: string): Family | undefined {
  switch (isIP(address)) {
    case 4:
      return "ip";
    case 6:
      return "ip6";
    default:
      return undefined;
  }
}

export function cidrFamily(cidr: string): Family | undefined {
  const [address = "", bits = ""] = cidr.split("/");
  const family = addressFamily(address);
  if (!/^\d{1,3}$/.test(bits)) return undefined;
  return Number(bits) <= (family === "ip" ? 32 : 128) ? family : undefined;
}

/** An address with a port, as nft and people write it. */
export const withPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
