/** What `nft list table` would say after these transactions: only as much as the proxy reads of it. */
export class ListedTable {
  readonly #chains = new Map<string, string[]>();
  readonly #elements = new Map<string, Map<string, string>>();

  apply(text: string): void {
    for (const line of text.split("\n")) {
      const [, verb, kind, name = "", rest = ""] =
        /^(\w+) (\w+) ip6? kube-proxy ?(\S*) ?(.*)$/.exec(line) ?? [];
      switch (`${verb} ${kind}`) {
        case "delete table":
          this.#chains.clear();
          this.#elements.clear();
          break;
        case "add chain":
          this.#chains.set(name, this.#chains.get(name) ?? []);
          break;
        case "flush chain":
          this.#chains.set(name, []);
          break;
        case "delete chain":
          this.#chains.delete(name);
          break;
        case "add rule":
          this.#chains.get(name)?.push(rest);
          break;
        case "add set":
        case "add map":
          this.#elements.set(name, this.#elements.get(name) ?? new Map());
          break;
        case "add element":
          for (const [key, item] of items(rest)) this.#elements.get(name)?.set(key, item);
          break;
        case "delete element":
          for (const [key] of items(rest)) this.#elements.get(name)?.delete(key);
      }
    }
  }
  /** Somebody else's doing. */
  flushChains(): void {
    for (const name of this.#chains.keys()) this.#chains.set(name, []);
  }
  flushElements(name: string): void {
    this.#elements.get(name)?.clear();
  }

  toString(): string {
    const lines = ["table ip kube-proxy {", '\tcomment "rules for kube-proxy"'];
    for (const [name, elements] of this.#elements) {
      lines.push(`\tmap ${name} {`, "\t\ttype ipv4_addr . inet_proto . inet_service : verdict");
      if (elements.size > 0) {
        lines.push(`\t\telements = { ${[...elements.values()].join(",\n\t\t\t     ")} }`);
      }
      lines.push("\t}", "");
    }
    for (const [name, rules] of this.#chains) {
      lines.push(`\tchain ${name} {`, ...rules.map((rule) => `\t\t${rule}`), "\t}", "");
    }
    return [...lines, "}"].join("\n");
  }
}

function items(text: string): (readonly [string, string])[] {
  return text
    .replace(/^\{ (.*) \}$/, "$1")
    .split(", ")
    .map((item) => [item.split(" : ")[0] ?? "", item] as const);
}
