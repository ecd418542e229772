/** Answers the request that turns a connection into SPDY/3.1. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface UpgradeInput {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
}

/** The protocol that both sides know; undefined when there is none, which has been answered. */
export function acceptSpdy(input: UpgradeInput, protocols: readonly string[]): string | undefined {
  const { request, socket } = input;
  const offered = offeredProtocols(request);
  if (offered.length === 0) {
    refuse(socket, 400, "X-Stream-Protocol-Version header is required\n", []);
    return undefined;
  }
  const chosen = offered.find((protocol) => protocols.includes(protocol));
  if (chosen === undefined) {
    refuse(
      socket,
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${protocols.join(" ")}]\n`,
      protocols.map((protocol) => `X-Accepted-Stream-Protocol-Versions: ${protocol}`),
    );
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

function refuse(socket: Duplex, status: number, body: string, headers: readonly string[]): void {
  socket.end(
    [
      `HTTP/1.1 ${status} Error`,
      "Connection: close",
      ...headers,
      "Content-Type: text/plain; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}
