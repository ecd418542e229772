import type { Exchange } from "../http/exchange.ts";
import type { AnswerForm } from "./negotiate.ts";

/**
 * People at a terminal get indented JSON.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go isPrettyPrint @1.36
 */
export function wantsPretty(exchange: Exchange, form?: AnswerForm): boolean {
  if (form?.pretty === true) return true;
  if (exchange.query.includes("pretty=")) {
    const value = new URLSearchParams(exchange.query).get("pretty")?.toLowerCase();
    if (value) return value === "true" || value === "1" || value === "t";
  }
  const agent = exchange.header("user-agent") ?? "";
  return agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0");
}

/** Ready bytes, indented. */
export function prettyJson(bytes: Buffer): string {
  return indent(bytes.toString("utf8"));
}

/**
 * Works on the text, so that no number or key is changed on the way. Empty objects and lists stay as they
 * are, as Go's Indent leaves them.
 */
function indent(text: string): string {
  let out = "";
  let depth = 0;
  let at = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === '"') {
      const end = stringEnd(text, at);
      out += text.slice(at, end);
      at = end;
      continue;
    }
    at++;
    if (char === "{" || char === "[") {
      const closing = char === "{" ? "}" : "]";
      if (text[at] === closing) {
        out += char + closing;
        at++;
      } else {
        depth++;
        out += char + line();
      }
    } else if (char === "}" || char === "]") {
      depth--;
      out += line() + char;
    } else if (char === ",") {
      out += char + line();
    } else if (char === ":") {
      out += ": ";
    } else if (char !== "\n") {
      out += char;
    }
  }
  return out;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
