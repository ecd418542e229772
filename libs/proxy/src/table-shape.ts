/**
 * What of a table can be compared with what was written: how many rules each chain has and how many elements each shared
 * map and set. Somebody who flushes or deletes something changes a number; nobody changes rules one for one by accident.
 */
export interface TableShape {
  /** Rules by chain. */
  readonly chains: ReadonlyMap<string, number>;
  /** Elements by shared map or set; absent: none. */
  readonly elements: ReadonlyMap<string, number>;
}

/** Everything that is wanted is there; chains that wait for their removal may be, too. */
export function isWhole(wanted: TableShape, found: TableShape): boolean {
  for (const [name, rules] of wanted.chains) if (found.chains.get(name) !== rules) return false;
  const names = new Set([...wanted.elements.keys(), ...found.elements.keys()]);
  for (const name of names) {
    if ((wanted.elements.get(name) ?? 0) !== (found.elements.get(name) ?? 0)) return false;
  }
  return true;
}

/** Of what `nft list table` says. `shared` names the maps and sets to count: others fill and empty by themselves. */
export function readShape(text: string, shared: ReadonlySet<string>): TableShape {
  const chains = new Map<string, number>();
  const elements = new Map<string, number>();
  let chain: string | undefined;
  let into: string | undefined;
  for (const line of text.split("\n")) {
    const [, kind, name = ""] = /^\t(chain|map|set) (\S+) \{$/.exec(line) ?? [];
    if (kind === "chain") {
      chain = name;
      chains.set(name, 0);
    } else if (kind !== undefined) {
      into = shared.has(name) ? name : undefined;
    } else if (line === "\t}") {
      chain = undefined;
      into = undefined;
    } else if (chain !== undefined) {
      const isHead = line.startsWith("\t\ttype ") || line.startsWith("\t\tcomment ");
      if (!isHead && line !== "") chains.set(chain, (chains.get(chain) ?? 0) + 1);
    } else if (into !== undefined && /^\t\t(elements = |\s)/.test(line)) {
      elements.set(into, (elements.get(into) ?? 0) + elementsIn(line));
    }
  }
  return { chains, elements };
}

/** A list that goes on in the next line ends in a comma. */
function elementsIn(line: string): number {
  return line.split(",").filter((part) => /[^\s{}=]/.test(part.replace("elements", ""))).length;
}
