import { badRequest } from "../status-error.ts";

/**
 * Field selectors: "metadata.name=web,status.phase!=Running".
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/fields/selector.go @1.36
 */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export interface FieldSelectorMatcher {
  readonly requirements: readonly FieldRequirement[];
  readonly everything: boolean;
  /** `fields` has the values of the selectable fields by name; one that is missing is empty. */
  matches(fields: Readonly<Record<string, string>>): boolean;
  /** The value that the field must have exactly, where the selector says one. */
  exact(field: string): string | undefined;
  toString(): string;
}

const TERM = /^(.*?)(!=|==|=)(.*)$/s;

/** Commas after a backslash belong to a value. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "\\") i++;
    else if (character === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  let value = "";
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "," || character === "=") {
      throw badRequest(
        `invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`,
      );
    }
    if (character !== "\\") {
      value += character;
      continue;
    }
    const escaped = text.charAt(++i);
    if (escaped === "" || !"\\,=".includes(escaped)) {
      throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`);
    }
    value += escaped;
  }
  return value;
}

function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, (character) => `\\${character}`);
}

function matcher(requirements: readonly FieldRequirement[]): FieldSelectorMatcher {
  return {
    requirements,
    everything: requirements.length === 0,
    matches(fields) {
      for (const { field, operator, value } of requirements) {
        const actual = (Object.hasOwn(fields, field) ? fields[field] : undefined) ?? "";
        if ((actual === value) !== (operator === "=")) return false;
      }
      return true;
    },
    exact: (field) =>
      requirements.find((one) => one.field === field && one.operator === "=")?.value,
    toString: () =>
      requirements
        .map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`)
        .join(","),
  };
}

export const everyField: FieldSelectorMatcher = matcher([]);

/** From a query parameter. Throws a 400 StatusError with upstream's text. */
export function parseFieldSelector(text: string): FieldSelectorMatcher {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === "") continue;
    const parts = TERM.exec(term);
    if (parts === null) {
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const [, field = "", operator, value = ""] = parts;
    requirements.push({
      field,
      operator: operator === "!=" ? "!=" : "=",
      value: unescapeValue(value),
    });
  }
  return requirements.length === 0 ? everyField : matcher(requirements);
}
