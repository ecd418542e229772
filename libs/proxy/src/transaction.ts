/**
 * Changes as values, and as nft's text. A group is what must happen at once; groups go to the kernel in order, as many
 * in one transaction as fit, and between two groups every packet meets rules that make sense.
 */
import { TABLE } from "./base-rules.ts";
import type { Element, Family } from "./rule-set.ts";

export type Operation =
  | { readonly kind: "addSet"; readonly name: string; readonly definition: string }
  | { readonly kind: "addChain"; readonly name: string }
  /** Replaces what the chain has. */
  | { readonly kind: "setRules"; readonly name: string; readonly rules: readonly string[] }
  | { readonly kind: "flushChain"; readonly name: string }
  | { readonly kind: "addElement"; readonly element: Element }
  | { readonly kind: "deleteElement"; readonly element: Element }
  | { readonly kind: "deleteChain"; readonly name: string }
  | { readonly kind: "deleteSet"; readonly name: string };

export type Group = readonly Operation[];

/** nft reads a list of elements much faster than as many statements; the kernel bounds one message. */
const ELEMENTS_PER_STATEMENT_MAX = 500;

export function transactionText(operations: readonly Operation[], family: Family): string {
  const table = `${family} ${TABLE}`;
  const lines: string[] = [];
  /** Elements that follow each other go into one statement. */
  let run: { verb: string; into: string; items: string[] } | undefined;
  const endRun = () => {
    if (run !== undefined)
      lines.push(`${run.verb} element ${table} ${run.into} { ${run.items.join(", ")} }`);
    run = undefined;
  };
  const element = (verb: "add" | "delete", { in: into, key, value }: Element) => {
    if (run?.verb !== verb || run.into !== into || run.items.length >= ELEMENTS_PER_STATEMENT_MAX) {
      endRun();
      run = { verb, into, items: [] };
    }
    run.items.push(verb === "add" && value !== undefined ? `${key} : ${value}` : key);
  };
  for (const operation of operations) {
    if (operation.kind === "addElement") {
      element("add", operation.element);
      continue;
    }
    if (operation.kind === "deleteElement") {
      element("delete", operation.element);
      continue;
    }
    endRun();
    const { name } = operation;
    switch (operation.kind) {
      case "addSet":
        lines.push(`add set ${table} ${name} { ${operation.definition} }`);
        break;
      case "addChain":
        lines.push(`add chain ${table} ${name}`);
        break;
      case "setRules":
        lines.push(`flush chain ${table} ${name}`);
        for (const rule of operation.rules) lines.push(`add rule ${table} ${name} ${rule}`);
        break;
      case "flushChain":
        lines.push(`flush chain ${table} ${name}`);
        break;
      case "deleteChain":
        lines.push(`delete chain ${table} ${name}`);
        break;
      case "deleteSet":
        lines.push(`delete set ${table} ${name}`);
        break;
    }
  }
  endRun();
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** Packs groups into transactions of at most `operationsMax`; a larger group has a transaction of its own. */
export function chunks(groups: readonly Group[], operationsMax: number): Operation[][] {
  const packed: Operation[][] = [];
  let current: Operation[] = [];
  for (const group of groups) {
    if (current.length > 0 && current.length + group.length > operationsMax) {
      packed.push(current);
      current = [];
    }
    current.push(...group);
  }
  if (current.length > 0) packed.push(current);
  return packed;
}
