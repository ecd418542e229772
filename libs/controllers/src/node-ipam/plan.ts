/** Pod ranges for nodes: the cluster's range cut into equal pieces, each node one, none twice. */

/** An IPv4 range. */
export interface Range {
  /** The network address as a number. */
  readonly base: number;
  readonly bits: number;
}

/** Throws RangeError for what is no IPv4 range with a zero host part. */
export function parseRange(cidr: string): Range {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const bits = Number(match?.[5]);
  if (match === null || octets.some((octet) => octet > 255) || bits > 32) {
    throw new RangeError(`"${cidr}" is not an IPv4 range`);
  }
  const base = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  if (base % 2 ** (32 - bits) !== 0) throw new RangeError(`"${cidr}" has host bits set`);
  return { base, bits };
}

export function formatRange({ base, bits }: Range): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
  return `${octets.join(".")}/${bits}`;
}

/**
 * The first free piece of the cluster's range, or undefined when all are taken. `used` holds the nodes' ranges as they
 * stand in their specs; one from another configuration blocks every piece that it overlaps.
 */
export function nextPodCidr(
  cluster: Range,
  nodeMaskBits: number,
  used: Iterable<string>,
): string | undefined {
  const size = 2 ** (32 - nodeMaskBits);
  const pieces = 2 ** (nodeMaskBits - cluster.bits);
  const taken = new Set<number>();
  for (const cidr of used) {
    const { base, bits } = parseRange(cidr);
    const first = Math.max(0, Math.floor((base - cluster.base) / size));
    const last = Math.min(
      pieces - 1,
      Math.floor((base + 2 ** (32 - bits) - 1 - cluster.base) / size),
    );
    for (let piece = first; piece <= last; piece++) taken.add(piece);
  }
  for (let piece = 0; piece < pieces; piece++) {
    if (!taken.has(piece))
      return formatRange({ base: cluster.base + piece * size, bits: nodeMaskBits });
  }
  return undefined;
}
