/** Asks a runtime's streaming server for SPDY/3.1. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { RuntimeSocket } from "../runtime-socket.ts";

export interface DialSpdyInput {
  /** Of the runtime, good for one use. */
  readonly url: string;
  /** In the order of preference. */
  readonly protocols: readonly string[];
  readonly signal: AbortSignal;
}

export interface DialedSpdy {
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Of the offered ones. */
  readonly protocol: string;
}

/** The server did not become SPDY: what it said instead. */
export class SpdyRefusedError extends Error {
  readonly status: number;
  constructor(status: number, body: string) {
    super(`unable to upgrade connection: ${body.trimEnd()}`);
    this.name = "SpdyRefusedError";
    this.status = status;
  }
}

const ANSWER_BYTES_MAX = 4096;
const PATIENCE_MS = 30_000;

/** Rejects with SpdyRefusedError, or with what kept the server from being reached. */
export function dialSpdy({ url, protocols, signal }: DialSpdyInput): Promise<DialedSpdy> {
  return new Promise((resolve, reject) => {
    // Never a shared connection: it becomes the stream's own.
    const connection = RuntimeSocket.connect(new URL(url));
    const request = httpRequest(url, {
      method: "POST",
      createConnection: () => connection,
      signal,
      headers: {
        connection: "Upgrade",
        upgrade: "SPDY/3.1",
        "content-length": 0,
        "x-stream-protocol-version": [...protocols],
      },
    });
    request.once("upgrade", (response, socket, head) => {
      socket.setTimeout(0);
      const protocol = headerOf(response, "x-stream-protocol-version");
      resolve({ socket, head, protocol });
    });
    request.once("response", (response) => {
      readAnswer(response)
        .then((body) => reject(new SpdyRefusedError(response.statusCode ?? 502, body)), reject)
        .finally(() => connection.destroy());
    });
    request.setTimeout(PATIENCE_MS, () => {
      request.destroy(new Error("the runtime does not answer"));
    });
    request.on("error", reject);
    request.end();
  });
}

function headerOf(response: IncomingMessage, name: string): string {
  return response.headersDistinct[name]?.[0] ?? "";
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) {
    text += String(piece);
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return text.slice(0, ANSWER_BYTES_MAX);
}
