/**
 * Addresses and prefixes as Go reads them: leading zeros in IPv4 are taken at first and refused by a rule, so
 * that the message says why.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go @1.36; k8s.io/utils/net ParseIPSloppy
 */
import type { Path } from "./path.ts";
import type { Problems } from "./problems.ts";

export interface IpAddress {
  readonly family: "IPv4" | "IPv6";
  /** 4 or 16 of them. */
  readonly bytes: readonly number[];
  /** Written as IPv6 though it is an IPv4 address. */
  readonly isMapped: boolean;
  readonly hasLeadingZero: boolean;
}

export interface IpPrefix {
  readonly address: IpAddress;
  readonly length: number;
  readonly hasLeadingZero: boolean;
}

const TEXT_LENGTH_MAX = 64;

export function parseIp(text: string): IpAddress | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  let hasLeadingZero = false;
  for (const part of parts) {
    if (!/^\d{1,8}$/.test(part) || Number(part) > 255) return undefined;
    if (part.length > 1 && part.startsWith("0")) hasLeadingZero = true;
    bytes.push(Number(part));
  }
  return { family: "IPv4", bytes, isMapped: false, hasLeadingZero };
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left = "", right] = halves;
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 2) return undefined;
  const bytes = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const isMapped =
    bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return { family: "IPv4", bytes: bytes.slice(12), isMapped, hasLeadingZero: false };
  return { family: "IPv6", bytes, isMapped, hasLeadingZero: false };
}

/** The bytes of groups between colons; the last may be an IPv4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes(".")) {
      const embedded = parseIpv4(group);
      if (embedded === undefined) return undefined;
      bytes.push(...embedded.bytes);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes.length <= 16 ? bytes : undefined;
}

export function parseCidr(text: string): IpPrefix | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const max = address.isMapped || address.family === "IPv6" ? 128 : 32;
  if (Number(length) > max) return undefined;
  const hasLeadingZero = address.hasLeadingZero || (length.length > 1 && length.startsWith("0"));
  return { address, length: Number(length), hasLeadingZero };
}

/** Fields that took any writing before are still lenient about the canonical form. */
export function validateIp(text: string, at: Path, problems: Problems): IpAddress | undefined {
  const address = parseIp(text);
  if (address === undefined) {
    problems.invalid(at, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    return undefined;
  }
  if (address.hasLeadingZero) problems.invalid(at, text, "must not have leading 0s");
  if (address.isMapped) problems.invalid(at, text, "must not be an IPv4-mapped IPv6 address");
  return address.hasLeadingZero || address.isMapped ? undefined : address;
}

export function validateCidr(text: string, at: Path, problems: Problems): IpPrefix | undefined {
  const prefix = parseCidr(text);
  if (prefix === undefined) {
    problems.invalid(at, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    return undefined;
  }
  if (prefix.hasLeadingZero) {
    problems.invalid(at, text, "must not have leading 0s in IP or prefix length");
    return undefined;
  }
  if (prefix.address.isMapped)
    problems.invalid(at, text, "must not have an IPv4-mapped IPv6 address");
  else if (hasHostBits(prefix))
    problems.invalid(at, text, "must not have bits set beyond the prefix length");
  return prefix;
}

function hasHostBits({ address, length }: IpPrefix): boolean {
  return address.bytes.some((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - i * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
}

/** Whether `inner` lies within `outer` and is smaller. */
export function isStrictSubset(inner: IpPrefix, outer: IpPrefix): boolean {
  if (inner.address.family !== outer.address.family || inner.length <= outer.length) return false;
  return outer.address.bytes.every((byte, i) => {
    const kept = Math.min(8, Math.max(0, outer.length - i * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return ((inner.address.bytes[i] ?? 0) & mask) === (byte & mask);
  });
}

/** Addresses that no endpoint can have. */
export function validateNonSpecialIp(text: string, at: Path, problems: Problems): void {
  const address = parseIp(text);
  if (address === undefined) {
    problems.invalid(at, text, "must be a valid IP address");
    return;
  }
  const [a = 0, b = 0, c = 0] = address.bytes;
  const isV4 = address.family === "IPv4";
  const zeros = address.bytes.slice(0, -1).every((byte) => byte === 0);
  if (address.bytes.every((byte) => byte === 0)) {
    problems.invalid(at, text, `may not be unspecified (${text})`);
  }
  if (isV4 ? a === 127 : zeros && address.bytes.at(-1) === 1) {
    problems.invalid(at, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (isV4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    problems.invalid(at, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (isV4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 0x02) {
    problems.invalid(
      at,
      text,
      "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
    );
  }
}

/** At most one of each family, and no more than two. */
export function isDualStack(families: readonly (IpAddress["family"] | undefined)[]): boolean {
  return families.length <= 2 && new Set(families).size === families.length;
}
