/** Clients of the node API's streams: what kubectl and browsers do, cut down to what a test needs. */
import { type IncomingMessage, request } from "node:http";
import { Duplex } from "node:stream";
import { systemClock } from "@kubets/service";
import { WebSocket } from "ws";
import { dialSpdy } from "../streams/spdy/dial-spdy.ts";
import { SpdyConnection } from "../streams/spdy/spdy-connection.ts";
import type { SpdyStream } from "../streams/spdy/spdy-stream.ts";

export interface SpdyClient {
  readonly protocol: string;
  readonly socket: Duplex;
  open(headers: Readonly<Record<string, string>>): SpdyStream;
  close(): void;
}

export async function spdyClient(
  url: string,
  protocols: readonly string[] = ["v4.channel.k8s.io"],
): Promise<SpdyClient> {
  const signal = new AbortController().signal;
  const { socket, head, protocol } = await dialSpdy({ url, protocols, signal });
  const connection = new SpdyConnection({ socket, head, clock: systemClock });
  return {
    protocol,
    socket,
    open: (headers) => connection.open(new Map(Object.entries(headers))),
    close: () => connection.close(),
  };
}

/** All that comes of a stream until it ends. */
export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

export interface ChannelClient {
  readonly socket: WebSocket;
  readonly protocol: string;
  /** What came so far, by channel. */
  readonly received: Map<number, Buffer[]>;
  send(channel: number, bytes: Buffer | string): void;
  closeChannel(channel: number): void;
  text(channel: number): string;
  /** Resolves with the code when the server has closed. */
  readonly closed: Promise<number>;
}

/** Rejects with the status of an answer that is no WebSocket. */
export function channelClient(url: string, protocols: readonly string[]): Promise<ChannelClient> {
  const socket = new WebSocket(url, [...protocols]);
  const received = new Map<number, Buffer[]>();
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const isBase64 = () => socket.protocol.includes("base64");
  socket.on("message", (data: Buffer) => {
    const first = data[0] ?? 0;
    const channel = isBase64() ? first - 0x30 : first;
    const payload = isBase64()
      ? Buffer.from(data.toString("latin1", 1), "base64")
      : data.subarray(1);
    received.set(channel, [...(received.get(channel) ?? []), Buffer.from(payload)]);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () =>
      resolve({
        socket,
        protocol: socket.protocol,
        received,
        closed,
        send: (channel, bytes) => {
          const payload = Buffer.from(bytes);
          if (isBase64()) socket.send(`${channel}${payload.toString("base64")}`);
          else socket.send(Buffer.concat([Buffer.from([channel]), payload]));
        },
        closeChannel: (channel) => socket.send(Buffer.from([255, channel])),
        text: (channel) => Buffer.concat(received.get(channel) ?? []).toString("utf8"),
      }),
    );
  });
}

/** SPDY inside a WebSocket. The name of its protocol has a slash, which the client of `ws` does not take. */
export async function tunnelClient(url: string, protocol: string): Promise<SpdyClient> {
  const { response, socket } = await new Promise<{ response: IncomingMessage; socket: Duplex }>(
    (resolve, reject) => {
      const upgrading = request(url, {
        agent: false,
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-protocol": protocol,
        },
      });
      upgrading.once("upgrade", (answer, connection) =>
        resolve({ response: answer, socket: connection }),
      );
      upgrading.once("response", (answer) =>
        reject(Object.assign(new Error("refused"), { status: answer.statusCode })),
      );
      upgrading.once("error", reject);
      upgrading.end();
    },
  );
  const bytes = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket.write(maskedMessage(chunk), () => done());
    },
    final(done) {
      socket.end();
      done();
    },
  });
  readMessages(socket, (message) => bytes.push(message));
  const connection = new SpdyConnection({
    socket: bytes,
    head: Buffer.alloc(0),
    clock: systemClock,
  });
  return {
    protocol: response.headers["sec-websocket-protocol"] ?? "",
    socket,
    open: (headers) => connection.open(new Map(Object.entries(headers))),
    close: () => connection.close(),
  };
}

/** A binary message as clients send it, with a mask of zeroes. */
function maskedMessage(payload: Buffer): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x82);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** The payloads of binary messages; null at their end. */
function readMessages(socket: Duplex, onMessage: (payload: Buffer | null) => void): void {
  let kept = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    for (;;) {
      const [opcode, short] = [kept[0], kept[1]];
      if (opcode === undefined || short === undefined) return;
      const headBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (kept.length < headBytes) return;
      const length =
        short === 127
          ? Number(kept.readBigUInt64BE(2))
          : short === 126
            ? kept.readUInt16BE(2)
            : short;
      if (kept.length < headBytes + length) return;
      const payload = Buffer.from(kept.subarray(headBytes, headBytes + length));
      kept = kept.subarray(headBytes + length);
      if ((opcode & 0x0f) === 2) onMessage(payload);
    }
  });
  socket.once("close", () => onMessage(null));
}
