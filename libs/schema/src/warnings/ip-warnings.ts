/** Upstream: apimachinery/pkg/util/validation/ip.go GetWarningsForIP, GetWarningsForCIDR @1.36 */
import { goQuote } from "../validation/go-quote.ts";
import { type IpAddress, parseCidr, parseIp } from "../validation/ip-address.ts";
import type { Path } from "../validation/path.ts";
import type { Warn } from "./warn.ts";

export function warnOfIp(text: string, at: Path, warn: Warn): void {
  const address = parseIp(text);
  if (address === undefined) return;
  const canonical = textOf(address);
  if (canonical === text) return;
  warn(
    address.family === "IPv4"
      ? `${at}: non-standard IP address ${goQuote(text)} is invalid: use ${goQuote(canonical)}`
      : `${at}: IPv6 address ${goQuote(text)} should be in RFC 5952 canonical format (${goQuote(canonical)})`,
  );
}

export function warnOfCidr(text: string, at: Path, warn: Warn): void {
  const prefix = parseCidr(text);
  if (prefix === undefined) return;
  const { address, length } = prefix;
  const bytes = address.bytes.map((byte, i) => byte & networkByte(length - i * 8));
  const network = `${textOf({ ...address, bytes })}/${length}`;
  const hasHostBits = bytes.some((byte, i) => byte !== address.bytes[i]);
  if (hasHostBits) {
    const single = `${textOf(address)}/${address.bytes.length * 8}`;
    warn(
      `${at}: CIDR value ${goQuote(text)} is ambiguous in this context (should be ${goQuote(network)} or ${goQuote(single)}?)`,
    );
  }
  if (address.isMapped || prefix.hasLeadingZero) {
    warn(`${at}: non-standard CIDR value ${goQuote(text)} is invalid: use ${goQuote(network)}`);
  } else if (!hasHostBits && address.family === "IPv6" && network !== text) {
    warn(
      `${at}: IPv6 CIDR value ${goQuote(text)} should be in RFC 5952 canonical format (${goQuote(network)})`,
    );
  }
}

/** The mask of one byte when so many of the bits from it on are the network's. */
function networkByte(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

function textOf({ family, bytes }: Pick<IpAddress, "family" | "bytes">): string {
  if (family === "IPv4") return bytes.join(".");
  const groups: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) {
    groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  }
  const run = longestZeros(groups);
  const hex = (part: readonly number[]): string =>
    part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeros(groups: readonly number[]): {
  readonly start: number;
  readonly length: number;
} {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}
