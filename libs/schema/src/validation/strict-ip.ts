/**
 * An address in the one form that names of objects may have.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go IsValidIP @1.36; RFC 5952
 */
import type { Format } from "./formats.ts";
import { type IpAddress, parseIp } from "./ip-address.ts";

export const strictIp: Format = (text) => {
  const address = parseIp(text);
  if (address === undefined) {
    return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
  }
  if (address.hasLeadingZero) return ["must not have leading 0s"];
  if (address.isMapped) return ["must not be an IPv4-mapped IPv6 address"];
  const canonical = canonicalIp(address);
  return text === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
};

function canonicalIp({ family, bytes }: IpAddress): string {
  if (family === "IPv4") return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const { from, length } = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
}

/** The first of the longest runs. */
function longestZeros(groups: readonly string[]): { from: number; length: number } {
  let longest = { from: 0, length: 0 };
  let from = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== "0") from = i + 1;
    else if (i + 1 - from > longest.length) longest = { from, length: i + 1 - from };
  }
  return longest;
}
