/**
 * Where the next page of a list begins, as an opaque text: base64url of a small JSON object. The version
 * -1 stands for "whatever is newest", for clients that go on behind an expired token.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/continue.go @1.36
 */
import { badRequest, resourceExpired, type StatusError } from "@kubets/api";

const VERSION = "meta.k8s.io/v1";
const PREFIX = "invalid continue token: continue key is not valid";

export interface Continuation {
  /** undefined: the newest state, inconsistent with the pages before. */
  readonly revision: bigint | undefined;
  readonly after: { readonly namespace: string; readonly name: string };
}

/** Whether keys of this list carry their namespace: it goes over all of them. */
export interface TokenScope {
  readonly namespaced: boolean;
  readonly namespace: string;
}

export function encodeContinue(
  scope: TokenScope,
  next: { readonly namespace: string; readonly name: string },
  revision: bigint | undefined,
): string {
  const start = carriesNamespace(scope) ? `${next.namespace}/${next.name}\0` : `${next.name}\0`;
  const text = `{"v":"${VERSION}","rv":${revision ?? -1},"start":${JSON.stringify(start)}}`;
  return Buffer.from(text).toString("base64url");
}

export function decodeContinue(scope: TokenScope, token: string): Continuation {
  const { revision, start } = parseToken(token);
  // One path below the list's own prefix and nothing above it.
  const cleaned = start.startsWith("/") ? start.slice(1) : start;
  const parts = cleaned.split("/");
  const withoutNul = parts.map((part) => (part.endsWith("\0") ? part.slice(0, -1) : part));
  const isPath = withoutNul.every((part) => part !== "" && part !== "." && part !== "..");
  const [first = "", second = ""] = withoutNul;
  if (!isPath || parts.length !== (carriesNamespace(scope) ? 2 : 1)) {
    throw badRequest(`${PREFIX}: ${start}`);
  }
  const after = carriesNamespace(scope)
    ? { namespace: first, name: second }
    : { namespace: scope.namespace, name: first };
  return { revision, after };
}

/** 410 for a page whose version is gone, with a token for those who go on nevertheless. */
export function continueExpired(scope: TokenScope, { after }: Continuation): StatusError {
  const error = resourceExpired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata = { continue: encodeContinue(scope, after, undefined) };
  return error;
}

function carriesNamespace({ namespaced, namespace }: TokenScope): boolean {
  return namespaced && namespace === "";
}

function parseToken(token: string): { revision: bigint | undefined; start: string } {
  const foreign = token.search(/[^A-Za-z0-9_-]/);
  // One digit alone is no byte.
  const at = foreign < 0 && token.length % 4 === 1 ? token.length - 1 : foreign;
  if (at >= 0) {
    throw badRequest(`${PREFIX}: illegal base64 data at input byte ${at}`);
  }
  const text = Buffer.from(token, "base64url").toString();
  let value: unknown;
  try {
    // The version may pass 2^53: take its digits as they stand.
    value = JSON.parse(text, (key: string, parsed: unknown, context?: { source?: string }) =>
      key === "rv" ? (context?.source ?? parsed) : parsed,
    );
  } catch (error) {
    // A range is what runs out when lists are nested thousands deep.
    if (error instanceof SyntaxError || error instanceof RangeError)
      throw badRequest(`${PREFIX}: ${whyNoJson(text)}`);
    throw error;
  }
  const { v, rv, start } = (typeof value === "object" && value !== null ? value : {}) as {
    v?: unknown;
    rv?: unknown;
    start?: unknown;
  };
  if (v !== VERSION) {
    const named = typeof v === "string" ? v : "";
    throw badRequest(`${PREFIX}: server does not recognize this encoded version ${named}`);
  }
  if (typeof rv !== "string" || !/^(-1|[1-9][0-9]{0,38})$/.test(rv)) {
    throw badRequest(`${PREFIX}: incorrect encoded start resourceVersion (version ${VERSION})`);
  }
  if (typeof start !== "string" || start === "") {
    throw badRequest(`${PREFIX}: encoded start key empty (version ${VERSION})`);
  }
  return { revision: rv === "-1" ? undefined : BigInt(rv), start };
}

/** As Go's decoder says it of a token that was made up, or cut off. */
function whyNoJson(text: string): string {
  const first = text.trimStart().charAt(0);
  return first === "" || /[[{"tfn0-9-]/.test(first)
    ? "unexpected end of JSON input"
    : `invalid character '${first}' looking for beginning of value`;
}
