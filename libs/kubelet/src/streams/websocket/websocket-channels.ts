/**
 * Several streams over one WebSocket: a byte, or in the base64 protocols a digit, in front of each message names its
 * channel. Protocols of version 5 can also close one channel: 255 and its number.
 *
 * Upstream: staging/src/k8s.io/streaming/pkg/httpstream/wsstream/conn.go @1.36
 */
import { Writable } from "node:stream";
import type { WebSocket } from "ws";
import { messageBytes } from "./message-bytes.ts";

export interface ChannelReceiver {
  /** False: no more messages are read until `resume` of the channels is called. */
  receive(channel: number, bytes: Buffer): boolean;
  /** The client will send nothing more on this channel (version 5). */
  closed(channel: number): void;
  /** The WebSocket is over. */
  gone(): void;
}

const CLOSE_SIGNAL = 255;
const CODES = { normal: 1000, protocolError: 1002 } as const;

export class WebSocketChannels {
  readonly #socket: WebSocket;
  readonly #isBase64: boolean;

  constructor(socket: WebSocket, protocol: string, receiver: ChannelReceiver) {
    this.#socket = socket;
    this.#isBase64 = protocol.includes("base64");
    const knowsClose = protocol.startsWith("v5.");
    socket.on("error", () => socket.terminate());
    socket.once("close", () => receiver.gone());
    socket.on("message", (data) => {
      const bytes = messageBytes(data);
      const first = bytes[0];
      if (first === undefined) return;
      if (knowsClose && first === CLOSE_SIGNAL) {
        const channel = bytes[1];
        if (bytes.length !== 2 || channel === undefined) socket.close(CODES.protocolError);
        else receiver.closed(channel);
        return;
      }
      const [channel, payload] = this.#decode(first, bytes);
      if (!receiver.receive(channel, payload)) socket.pause();
    });
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Resolves when the connection has taken it; whoever has gone away gets nothing more. */
  send(channel: number, bytes: Buffer): Promise<void> {
    const socket = this.#socket;
    const message = this.#isBase64
      ? `${channel}${bytes.toString("base64")}`
      : Buffer.concat([Buffer.from([channel]), bytes]);
    return new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) resolve();
      else socket.send(message, () => resolve());
    });
  }

  /** What is written goes out on the channel, one message for each piece. */
  output(channel: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.send(channel, chunk).then(() => done(), done);
      },
    });
  }

  /** Behind everything that was sent. The client's messages are not kept any more. */
  close(): void {
    this.#socket.resume();
    this.#socket.close(CODES.normal);
  }

  #decode(first: number, bytes: Buffer): [number, Buffer] {
    if (!this.#isBase64) return [first, bytes.subarray(1)];
    return [first - 0x30, Buffer.from(bytes.toString("latin1", 1), "base64")];
  }
}
