import { isIPv6 } from "node:net";

const V4_SUFFIX = ".in-addr.arpa";
const V6_SUFFIX = ".ip6.arpa";

/** "5.0.244.10.in-addr.arpa" → "10.244.0.5"; undefined for what is no whole address. */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith(V4_SUFFIX)) {
    const parts = name.slice(0, -V4_SUFFIX.length).split(".");
    const isWhole = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part));
    return isWhole ? parts.reverse().join(".") : undefined;
  }
  if (name.endsWith(V6_SUFFIX)) {
    const digits = name.slice(0, -V6_SUFFIX.length).split(".");
    if (digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit)))
      return undefined;
    const groups = digits.reverse().join("").match(/.{4}/g) ?? [];
    return shortestIpv6(groups.join(":"));
  }
  return undefined;
}

/** As the API writes addresses. */
function shortestIpv6(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** "10-244-0-5" → "10.244.0.5"; undefined for what is no address. */
export function addressOfDashedName(label: string): string | undefined {
  const parts = label.split("-");
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return parts.join(".");
  }
  const v6 = label.replaceAll("-", ":");
  return isIPv6(v6) ? v6 : undefined;
}

/** The name of an endpoint that has none: its address with dashes. */
export const dashedName = (address: string): string => address.replaceAll(/[.:]/g, "-");
