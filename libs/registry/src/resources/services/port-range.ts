/** The node ports that Services can have. */
export interface PortRange {
  readonly first: number;
  readonly size: number;
}

/** "30000-32767", or "30000+2768" as upstream's flag also takes it. Throws a RangeError. */
export function parsePortRange(text: string): PortRange {
  const [, first = "", separator, second = ""] = /^(\d{1,5})([-+])(\d{1,5})$/.exec(text) ?? [];
  const low = Number(first);
  const high = separator === "+" ? low + Number(second) - 1 : Number(second);
  if (separator === undefined || low < 1 || high > 65_535 || high < low) {
    throw new RangeError(`${JSON.stringify(text)} is not a range of ports`);
  }
  return { first: low, size: high - low + 1 };
}

export function portRangeText({ first, size }: PortRange): string {
  return `${first}-${first + size - 1}`;
}
