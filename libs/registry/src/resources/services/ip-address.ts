/** IP addresses as numbers and texts, for the ranges that Services take theirs from. Pure. */
import { isIPv4, isIPv6 } from "node:net";

export type IPFamily = "IPv4" | "IPv6";

export function familyOf(ip: string): IPFamily | undefined {
  if (isIPv4(ip)) return "IPv4";
  return isIPv6(ip) ? "IPv6" : undefined;
}

/** undefined when the text is no address. */
export function addressNumber(ip: string): bigint | undefined {
  if (isIPv4(ip)) return ip.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  if (!isIPv6(ip)) return undefined;
  return expandGroups(ip).reduce((sum, group) => sum * 65_536n + BigInt(group), 0n);
}

/** The canonical text of RFC 5952. */
export function addressText(family: IPFamily, address: bigint): string {
  if (family === "IPv4") {
    return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((address >> BigInt(16 * (7 - i))) & 65_535n),
  );
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function expandGroups(ip: string): number[] {
  const [address = ""] = ip.split("%");
  const withHexTail = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const high = Number(a) * 256 + Number(b);
    const low = Number(c) * 256 + Number(d);
    return `${high.toString(16)}:${low.toString(16)}`;
  });
  const [head = "", tail] = withHexTail.split("::");
  const groupsOf = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const before = groupsOf(head);
  if (tail === undefined) return before;
  const after = groupsOf(tail);
  return [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = { start: 0, length: 0 };
  groups.forEach((group, i) => {
    run =
      group === 0
        ? { start: run.length === 0 ? i : run.start, length: run.length + 1 }
        : { start: 0, length: 0 };
    if (run.length > best.length) best = run;
  });
  return best;
}
