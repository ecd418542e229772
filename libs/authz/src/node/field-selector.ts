/**
 * Whether a field selector, as the client wrote it, narrows to `field` having exactly `value`: one of its terms, which
 * all must hold, says so.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/fields/selector.go ParseSelector @1.36
 */
export function selectsExactly(
  selector: string | undefined,
  field: string,
  value: string,
): boolean {
  if (selector === undefined) return false;
  return terms(selector).some((term) => {
    const match = /^([^!=]*)(!=|==|=)([\s\S]*)$/.exec(term);
    return match?.[1] === field && match[2] !== "!=" && unescapeValue(match[3] ?? "") === value;
  });
}

/** Splits at the commas that no backslash stands before. */
function terms(selector: string): string[] {
  return selector.match(/(?:\\[\s\S]|[^,\\])+/g) ?? [];
}

function unescapeValue(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, "$1");
}
