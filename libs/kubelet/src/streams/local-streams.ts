/** Streams of runtimes that run in this process: the protocols that a real runtime's server would speak. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { SessionStreams } from "@kubets/cri";
import type { Logger } from "@kubets/service";
import { serveSpdyExec } from "./spdy-exec.ts";
import { serveSpdyPortForward } from "./spdy-port-forward.ts";
import { serveWebSocketExec } from "./websocket-exec.ts";

export interface LocalExecInput {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Resolves with the exit code. */
  readonly run: (streams: SessionStreams) => Promise<number>;
  readonly logger: Logger;
}

export interface LocalPortForwardInput {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly ports: readonly number[];
  readonly connect: (port: number) => Promise<Duplex>;
  readonly logger: Logger;
}

export function serveLocalExec(input: LocalExecInput): void {
  if (isWebSocket(input.request)) serveWebSocketExec(input);
  else serveSpdyExec(input);
}

export function serveLocalPortForward(input: LocalPortForwardInput): void {
  if (isWebSocket(input.request)) {
    // Clients take this for "try SPDY".
    input.socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  } else serveSpdyPortForward(input);
}

function isWebSocket(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? "").toLowerCase() === "websocket";
}
