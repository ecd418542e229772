/** A request for streams, and what it asks for. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, endGently, type Logger } from "@kubets/service";

export interface StreamRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind the head of its request already. */
  readonly head: Buffer;
  /** A connection on which nothing has moved for this long is closed. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WantedStreams {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

export function isWebSocket(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? "").toLowerCase() === "websocket";
}

export function closeWhenIdle({ socket, idleTimeoutMs }: StreamRequest): void {
  if (socket instanceof Socket) socket.setTimeout(idleTimeoutMs, () => socket.destroy());
}

/** Answers on a connection that does not become a stream. */
export function refuseStream(
  { socket, clock }: Pick<StreamRequest, "socket" | "clock">,
  status: number,
  body: string,
  headers: readonly string[] = [],
): void {
  socket.write(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
      "Connection: close",
      ...headers,
      "Content-Type: text/plain; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
  endGently(socket, clock);
}
