import {
  type LabelOperator,
  type LabelRequirement,
  labelKeyError,
  labelRequirementError,
} from "./label-requirement.ts";

/**
 * Reads a label selector's text. The errors are upstream's, word for word.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go Lexer, Parser @1.36
 */
type TokenKind =
  | "("
  | ")"
  | ","
  | "!"
  | "=="
  | "="
  | "!="
  | ">"
  | "<"
  | "in"
  | "notin"
  | "identifier"
  | "error"
  | "end";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SYMBOLS: ReadonlySet<string> = new Set([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const SPECIAL = "=!(),><";
const SPACE = " \t\r\n";
const OPERATORS = "in, notin, =, ==, !=, gt, lt";
const END: Token = { kind: "end", text: "" };

export class SelectorParseError extends Error {}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const start = position;
    const first = text.charAt(position);
    if (SPACE.includes(first)) {
      position++;
      continue;
    }
    if (SPECIAL.includes(first)) {
      // The longest run of special characters that is a symbol.
      let best = "";
      let run = "";
      while (position < text.length && SPECIAL.includes(text.charAt(position))) {
        run += text.charAt(position);
        if (SYMBOLS.has(run)) best = run;
        else if (best !== "") break;
        position++;
      }
      if (best === "")
        tokens.push({ kind: "error", text: `error expected: keyword found '${run}'` });
      else tokens.push({ kind: best as TokenKind, text: best });
      continue;
    }
    while (
      position < text.length &&
      !SPECIAL.includes(text.charAt(position)) &&
      !SPACE.includes(text.charAt(position))
    ) {
      position++;
    }
    const word = text.slice(start, position);
    tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
  }
  return tokens;
}

class Parser {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokensOf(text);
  }

  /** "in" and "notin" are also names and values. */
  private peek(): Token {
    const token = this.tokens[this.position] ?? END;
    return token.kind === "in" || token.kind === "notin" ? { ...token, kind: "identifier" } : token;
  }

  private next(): Token {
    const token = this.peek();
    this.position++;
    return token;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const token = this.peek();
      if (token.kind === "end") return requirements;
      if (token.kind !== "identifier" && token.kind !== "!") {
        throw new SelectorParseError(
          `found '${token.text}', expected: !, identifier, or 'end of string'`,
        );
      }
      requirements.push(this.requirement());
      const after = this.next();
      if (after.kind === "end") return requirements;
      if (after.kind !== ",") {
        throw new SelectorParseError(`found '${after.text}', expected: ',' or 'end of string'`);
      }
      const following = this.peek();
      if (following.kind !== "identifier" && following.kind !== "!") {
        throw new SelectorParseError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  private requirement(): LabelRequirement {
    const requirement = this.bareRequirement();
    const error = labelRequirementError(requirement);
    if (error !== undefined) throw unparsable(error);
    return requirement;
  }

  private bareRequirement(): LabelRequirement {
    let token = this.next();
    const absent = token.kind === "!";
    if (absent) token = this.next();
    if (token.kind !== "identifier") {
      throw unparsable(`found '${token.text}', expected: identifier`);
    }
    const key = token.text;
    const keyError = labelKeyError(key);
    if (keyError !== undefined) throw unparsable(keyError);
    if (absent) return { key, operator: "!", values: [] };
    const following = this.peek().kind;
    if (following === "end" || following === ",") return { key, operator: "exists", values: [] };
    const operator = this.operator();
    const values = operator === "in" || operator === "notin" ? this.values() : [this.exactValue()];
    return { key, operator, values: [...new Set(values)].sort() };
  }

  private operator(): LabelOperator {
    const token = this.tokens[this.position++] ?? END;
    switch (token.kind) {
      case "in":
      case "notin":
      case "=":
      case "==":
      case "!=":
        return token.kind;
      case ">":
        return "gt";
      case "<":
        return "lt";
      default:
        throw unparsable(`found '${token.text}', expected: ${OPERATORS}`);
    }
  }

  private exactValue(): string {
    const ahead = this.peek().kind;
    if (ahead === "end" || ahead === ",") return "";
    const token = this.next();
    if (token.kind === "identifier") return token.text;
    throw unparsable(`found '${token.text}', expected: identifier`);
  }

  private values(): string[] {
    const open = this.next();
    if (open.kind !== "(") throw unparsable(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.kind === ")") {
      this.position++;
      return [""];
    }
    if (first.kind !== "identifier" && first.kind !== ",") {
      throw unparsable(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.list();
    if (this.next().kind !== ")") throw unparsable(`found '${first.text}', expected: ')'`);
    return values;
  }

  /** Two commas, or one beside a parenthesis, stand for an empty value. */
  private list(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.next();
      if (token.kind === "identifier") {
        values.push(token.text);
        const after = this.peek();
        if (after.kind === ")") return values;
        if (after.kind !== ",") {
          throw unparsable(`found '${after.text}', expected: ',' or ')'`);
        }
      } else if (token.kind === ",") {
        if (values.length === 0) values.push("");
        const after = this.peek().kind;
        if (after === ")") return [...values, ""];
        if (after === ",") {
          this.position++;
          values.push("");
        }
      } else {
        throw unparsable(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

function unparsable(message: string): SelectorParseError {
  return new SelectorParseError(`unable to parse requirement: ${message}`);
}

/** Throws SelectorParseError. */
export function parseRequirements(text: string): LabelRequirement[] {
  const byKey = (a: LabelRequirement, b: LabelRequirement) =>
    a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
  return new Parser(text).parse().sort(byKey);
}
