/**
 * Browsers cannot give a WebSocket's request an Authorization header, so the token may come as one of its subprotocols.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/websocket/protocol.go @1.36
 */
import type { IncomingMessage } from "node:http";

const TOKEN_PREFIX = "base64url.bearer.authorization.k8s.io.";

/** The offered subprotocols without the token's. */
export function websocketProtocols(request: Pick<IncomingMessage, "headersDistinct">): string[] {
  return offered(request.headersDistinct["sec-websocket-protocol"]).filter(
    (protocol) => !protocol.startsWith(TOKEN_PREFIX),
  );
}

/**
 * The token among the subprotocols of a request. One that is not encoded as it should be, that comes twice, or without
 * another subprotocol for the answer, is given as it is: no authenticator takes it.
 */
export function websocketToken(lines: readonly string[] | undefined): string | undefined {
  const protocols = offered(lines);
  const tokens = protocols.filter((protocol) => protocol.startsWith(TOKEN_PREFIX));
  const [first] = tokens;
  if (first === undefined) return undefined;
  const encoded = first.slice(TOKEN_PREFIX.length);
  const isProper = tokens.length === 1 && protocols.length > 1 && /^[\w-]+$/.test(encoded);
  return isProper ? Buffer.from(encoded, "base64url").toString("utf8") : first;
}

function offered(lines: readonly string[] | undefined): string[] {
  return (lines ?? [])
    .flatMap((line) => line.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
}
