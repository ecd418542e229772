/** One gRPC call on its HTTP/2 stream. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { StatusError } from "@kubets/api";
import type { ConnectionIdentity } from "@kubets/request";
import { FRAME_HEAD_BYTES, frameHead, type MessageProblem, unframe } from "./wire/message-frame.ts";
import { GRPC_OK, grpcCode } from "./wire/status-code.ts";
import { statusTrailers, warningTrailers } from "./wire/trailers.ts";

export const messageBytesMax = 3 * 1024 * 1024 + 64 * 1024;

export class GrpcCall {
  readonly path: string;
  readonly identity: ConnectionIdentity;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  #abort: AbortController | undefined;
  #isOver = false;
  #warnings: readonly string[] = [];

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    identity: ConnectionIdentity,
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.path = headers[":path"] ?? "";
    this.identity = identity;
  }
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.[0];
  }
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const controller = new AbortController();
      this.#abort = controller;
      if (this.#stream.closed) controller.abort(callerGone);
      else {
        this.#stream.once("close", () => {
          if (!this.#stream.writableFinished) controller.abort(callerGone);
        });
      }
    }
    return this.#abort.signal;
  }
  /** The call's deadline, where the client set one. */
  get timeoutMs(): number | undefined {
    return parseTimeout(this.header("grpc-timeout"));
  }

  /** What the caller is told beside the outcome; read when the call ends, so that it may still grow. */
  warnWith(warnings: readonly string[]): void {
    this.#warnings = warnings;
  }

  /** Hands over the one message of the request. */
  readMessage(onMessage: (message: Buffer | MessageProblem) => void): void {
    const stream = this.#stream;
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > messageBytesMax + FRAME_HEAD_BYTES) {
        stream.off("data", onData);
        stream.off("end", onEnd);
        stream.pause();
        onMessage("tooLarge");
        return;
      }
      chunks.push(chunk);
    };
    const onEnd = () => onMessage(unframe(chunks, messageBytesMax));
    stream.on("data", onData);
    stream.once("end", onEnd);
  }

  /** Sends one message; false: wait for `onDrain`. */
  write(message: Buffer): boolean {
    if (this.#isGone()) return true;
    this.#begin();
    return this.#stream.write(Buffer.concat([frameHead(message.length), message]));
  }
  /** Sends the pieces as one message. */
  writePieces(pieces: readonly Buffer[]): boolean {
    if (this.#isGone()) return true;
    this.#begin();
    let length = 0;
    for (const piece of pieces) length += piece.length;
    return this.#stream.write(
      Buffer.concat([frameHead(length), ...pieces], length + FRAME_HEAD_BYTES),
    );
  }
  onDrain(task: () => void): void {
    this.#stream.on("drain", task);
  }
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#stream.off("close", done);
        resolve();
      };
      this.#stream.once("drain", done);
      this.#stream.once("close", done);
    });
  }
  onClose(task: () => void): void {
    if (this.#stream.closed) task();
    else this.#stream.once("close", task);
  }
  get isClosed(): boolean {
    return this.#isGone();
  }
  /** The head goes out before the first message: clients wait for it. */
  start(): void {
    if (!this.#isGone()) this.#begin();
  }
  /** One message and a good end. */
  answer(message: Buffer): void {
    if (this.#isGone()) return;
    this.#isOver = true;
    this.#begin();
    this.#stream.end(Buffer.concat([frameHead(message.length), message]));
  }
  end(): void {
    if (this.#isGone()) return;
    this.#isOver = true;
    this.#begin();
    this.#stream.end();
  }
  fail(code: number, message: string, more: OutgoingHttpHeaders = {}): void {
    if (this.#isGone()) return;
    this.#isOver = true;
    const trailers = {
      "grpc-status": String(code),
      "grpc-message": encodeMessage(message),
      ...warningTrailers(this.#warnings),
      ...more,
    };
    if (this.#stream.headersSent) {
      this.#trailers = trailers;
      this.#stream.end();
      return;
    }
    this.#stream.respond({ ...responseHead, ...trailers }, { endStream: true });
    if (!this.#stream.readableEnded) this.#discardRest();
  }
  failWith(error: StatusError): void {
    const code = grpcCode(error.code, error.reason);
    this.fail(code, error.message, statusTrailers(code, error));
  }
  abort(): void {
    this.#stream.close(CANCEL);
  }
  /**
   * What the client still sends is of no use. Resetting the stream at once would overtake the status in clients that
   * are busy writing, so they get some room to read it.
   */
  #discardRest(): void {
    const stream = this.#stream;
    let room = discardBytesMax;
    stream.on("data", (chunk: Buffer) => {
      room -= chunk.length;
      if (room < 0) stream.close(NO_ERROR);
    });
    stream.setTimeout(discardIdleMs, () => stream.close(NO_ERROR));
    stream.resume();
  }

  #trailers: OutgoingHttpHeaders | undefined;
  #begin(): void {
    if (this.#stream.headersSent) return;
    this.#stream.respond(responseHead, { waitForTrailers: true });
    this.#stream.once("wantTrailers", () =>
      this.#stream.sendTrailers(
        this.#trailers ?? { "grpc-status": String(GRPC_OK), ...warningTrailers(this.#warnings) },
      ),
    );
  }
  #isGone(): boolean {
    return this.#isOver || this.#stream.closed || this.#stream.destroyed;
  }
}

/** One for all: an error made for each would cost more than the rest of a call's end. */
const callerGone = new StatusError({
  code: 499,
  reason: "ClientClosedRequest",
  message: "the caller has gone",
});
const discardBytesMax = 16 * 1024 * 1024;
const discardIdleMs = 10_000;
const NO_ERROR = 0;
const CANCEL = 8;
const responseHead: OutgoingHttpHeaders = { ":status": 200, "content-type": "application/grpc" };

const messageLengthMax = 1_024;

/** Everything outside printable ASCII and the percent sign is escaped; the bound is that of the escaped text. */
function encodeMessage(text: string): string {
  for (let length = messageLengthMax; ; length >>= 1) {
    const escaped = text
      .slice(0, length)
      .replaceAll(/[^\x20-\x24\x26-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed()));
    if (escaped.length <= messageLengthMax) return escaped;
  }
}

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

function parseTimeout(text: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, count, unit = ""] = match;
  return Number(count) * (unitsMs[unit] ?? 0);
}
