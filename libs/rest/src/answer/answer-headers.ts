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

/** RFC 7234, section 5.5: code, agent, quoted text. */
function warningValues(warnings: readonly string[]): readonly string[] {
  return warnings.map((text) => `299 - "${escapeQuoted(text)}"`);
}

function escapeQuoted(text: string): string {
  // Control characters and everything outside Latin-1 cannot stand in a header.
  return text
    .replaceAll(/[\p{Cc}]/gu, " ")
    .replaceAll(/[^\u0020-\u00ff]/gu, "?")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"');
}
