/**
 * Passes an upgrade request on to the runtime's streaming server and then bytes in both directions. Nothing
 * of the stream is looked at, so every protocol that the two ends agree on works.
 */
import type { IncomingMessage } from "node:http";
import { endGently } from "@kubets/service";
import { RuntimeSocket } from "../streams/runtime-socket.ts";
import { closeWhenIdle, refuseStream, type StreamRequest } from "../streams/stream-request.ts";

/** Headers that say who asks are for us, not for the runtime. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["host", "authorization"]);

/** `url`: of the runtime, good for one use. */
export function proxyUpgrade(input: StreamRequest, runtimeUrl: string): void {
  const { request, socket, head, logger, clock } = input;
  // Gone while the runtime was asked: its close has been.
  if (socket.destroyed) return;
  const url = new URL(runtimeUrl);
  const upstream = RuntimeSocket.connect(url);
  closeWhenIdle(input);
  upstream.once("error", (error) => {
    logger.warn("the runtime's stream broke off", { error });
    // What it said before is still on its way to the client; closing ends that in order.
    if (upstream.bytesRead === 0 && socket.writable) {
      refuseStream(input, 502, "the container runtime cannot be reached\n");
    }
  });
  socket.once("error", () => upstream.destroy());
  socket.once("close", () => upstream.destroy());
  // What the client still says has nobody to hear it.
  upstream.once("end", () => socket.unpipe(upstream));
  upstream.once("close", () => endGently(socket, clock));
  upstream.once("connect", () => {
    upstream.write(requestHead(request, url));
    if (head.length > 0) upstream.write(head);
    // Half-closes pass through: the end of standard input is one.
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
}

function requestHead(request: IncomingMessage, url: URL): string {
  const lines = [`${request.method ?? "GET"} ${url.pathname}${url.search} HTTP/1.1`];
  lines.push(`Host: ${url.host}`);
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (!OWN_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
