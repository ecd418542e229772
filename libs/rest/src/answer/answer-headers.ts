import type { RequestContext } from "@kubets/request";
import type { Headers } from "../http/exchange.ts";

/**
 * The headers of every answer.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/cachecontrol.go and
 * staging/src/k8s.io/apiserver/pkg/warning @1.36
 */
export function answerHeaders(context: RequestContext, contentType: string): Headers {
  const headers: Record<string, string | readonly string[]> = {
    "audit-id": context.auditId,
    "cache-control": "no-cache, private",
    "content-type": contentType,
  };
  if (context.warnings.length > 0) headers.warning = warningValues(context.warnings);
  return headers;
}

/** Where all texts together are longer, each is cut, and those behind as many again are left out. */
const TOTAL_LENGTH_MAX = 4_096;
const CUT_LENGTH = 256;

/** RFC 7234, section 5.5: code, agent, quoted text. Clients refuse headers that are too long. */
function warningValues(warnings: readonly string[]): readonly string[] {
  const total = warnings.reduce((length, text) => length + lengthOf(text), 0);
  if (total <= TOTAL_LENGTH_MAX) return warnings.map(warningValue);
  const values: string[] = [];
  let length = 0;
  for (const text of warnings) {
    if (length >= TOTAL_LENGTH_MAX) break;
    const cut = cutTo(text, CUT_LENGTH);
    length += lengthOf(cut);
    values.push(warningValue(cut));
  }
  return values;
}

function warningValue(text: string): string {
  return `299 - "${escapeQuoted(text)}"`;
}

/** In characters, of which some are two of JavaScript's; of long texts more than enough are counted. */
function lengthOf(text: string): number {
  return text.length > 2 * TOTAL_LENGTH_MAX ? text.length / 2 : [...text].length;
}

function cutTo(text: string, length: number): string {
  return [...text.slice(0, 2 * length)].slice(0, length).join("");
}

function escapeQuoted(text: string): string {
  // Control characters and everything outside Latin-1 cannot stand in a header.
  return text
    .replaceAll(/[\p{Cc}]/gu, " ")
    .replaceAll(/[^\u0020-\u00ff]/gu, "?")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"');
}
