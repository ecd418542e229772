/**
 * Answers the request that turns a connection into SPDY/3.1.
 *
 * Upstream: staging/src/k8s.io/streaming/pkg/httpstream/httpstream.go Handshake @1.36
 */
import type { IncomingMessage } from "node:http";
import { closeWhenIdle, refuseStream, type StreamRequest } from "../stream-request.ts";

/** The protocol that both sides know; undefined when there is none, which has been answered. */
export function acceptSpdy(input: StreamRequest, protocols: readonly string[]): string | undefined {
  const { request, socket } = input;
  const offered = offeredProtocols(request);
  if (offered.length === 0) {
    refuseStream(input, 400, "X-Stream-Protocol-Version header is required\n");
    return undefined;
  }
  const chosen = offered.find((protocol) => protocols.includes(protocol));
  if (chosen === undefined) {
    const message = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${protocols.join(" ")}]\n`;
    const accepted = protocols.map((each) => `X-Accepted-Stream-Protocol-Versions: ${each}`);
    refuseStream(input, 403, message, accepted);
    return undefined;
  }
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${chosen}`,
      "",
      "",
    ].join("\r\n"),
  );
  closeWhenIdle(input);
  return chosen;
}

function offeredProtocols(request: IncomingMessage): string[] {
  const header = request.headers["x-stream-protocol-version"];
  return [header ?? []]
    .flat()
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
}
