/**
 * Passes an upgrade request on to the runtime's streaming server and then bytes in both directions. Nothing
 * of the stream is looked at, so every protocol that the two ends agree on works.
 */
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "@kubets/service";

export interface RawProxyInput {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Of the runtime, good for one use. */
  readonly url: string;
  readonly logger: Logger;
}

/** Headers that say who asks are for us, not for the runtime. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["host", "authorization"]);

export function proxyUpgrade(input: RawProxyInput): void {
  const { request, socket, head, logger } = input;
  const url = new URL(input.url);
  const upstream = connect(Number(url.port), url.hostname);
  const close = () => {
    upstream.destroy();
    socket.destroy();
  };
  upstream.once("error", (error) => {
    logger.warn("the runtime's stream broke off", { error });
    if (upstream.bytesRead === 0 && socket.writable) socket.end(BAD_GATEWAY);
    else close();
  });
  socket.once("error", close);
  socket.once("close", () => upstream.destroy());
  upstream.once("close", () => socket.end());
  upstream.once("connect", () => {
    upstream.write(requestHead(request, url));
    if (head.length > 0) upstream.write(head);
    // Half-closes pass through: the end of standard input is one.
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
}

const BAD_GATEWAY = "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

function requestHead(request: IncomingMessage, url: URL): string {
  const lines = [`${request.method ?? "GET"} ${url.pathname}${url.search} HTTP/1.1`];
  lines.push(`Host: ${url.host}`);
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (!OWN_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
