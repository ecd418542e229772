/**
 * `$(NAME)` in commands, arguments, values and sub-paths. `$$` stands for a dollar; a name that is not known
 * stays as it was written.
 *
 * Upstream: third_party/forked/golang/expansion/expand.go Expand @1.36
 */
export type Lookup = (name: string) => string | undefined;

export function expand(text: string, lookup: Lookup): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const next = text.charAt(at + 1);
    if (text.charAt(at) !== "$" || next === "") {
      out += text.charAt(at);
      at += 1;
    } else if (next === "$") {
      out += "$";
      at += 2;
    } else if (next === "(") {
      const end = text.indexOf(")", at + 2);
      if (end < 0) {
        out += "$(";
        at += 2;
      } else {
        out += lookup(text.slice(at + 2, end)) ?? text.slice(at, end + 1);
        at = end + 1;
      }
    } else {
      out += `$${next}`;
      at += 2;
    }
  }
  return out;
}

/** Like `expand`, but a name that is not known is an error: for sub-paths. */
export function expandOrThrow(text: string, lookup: Lookup): string {
  return expand(text, (name) => {
    const value = lookup(name);
    if (value === undefined) {
      throw new ExpansionError(name);
    }
    return value;
  });
}

export class ExpansionError extends Error {
  constructor(name: string) {
    super(`missing value for "${name}"`);
    this.name = "ExpansionError";
  }
}
