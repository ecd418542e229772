/**
 * Remote commands over WebSocket: a byte in front of each message names its channel; version 5 can also close
 * one, which is how standard input ends.
 *
 * Upstream: staging/src/k8s.io/streaming/pkg/httpstream/wsstream/conn.go,
 * staging/src/k8s.io/client-go/tools/remotecommand/websocket.go @1.36
 */
import { PassThrough, Writable } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { exitStatus, failureStatus } from "./exec-status.ts";
import type { LocalExecInput } from "./local-streams.ts";
import { ResizeQueue } from "./resize-queue.ts";

const PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

const server = new WebSocketServer({
  noServer: true,
  maxPayload: MESSAGE_BYTES_MAX,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
});

export function serveWebSocketExec(input: LocalExecInput): void {
  server.handleUpgrade(input.request, input.socket, input.head, (socket) => {
    run(socket, input).catch((error: unknown) => {
      input.logger.warn("a remote command broke off", { error });
      socket.terminate();
    });
  });
}

async function run(socket: WebSocket, input: LocalExecInput): Promise<void> {
  const isBase64 = socket.protocol.includes("base64");
  const hasStatus = /^v[45]\./.test(socket.protocol);
  const gone = new AbortController();
  const stdin = new PassThrough();
  const resizes = new ResizeQueue();
  socket.on("error", () => gone.abort());
  socket.once("close", () => {
    stdin.end();
    resizes.end();
    gone.abort();
  });
  socket.on("message", (data: RawData) => {
    const { channel, payload } = decode(data, isBase64);
    if (channel === CHANNELS.stdin && input.stdin && !stdin.write(payload)) {
      socket.pause();
      stdin.once("drain", () => socket.resume());
    } else if (channel === CHANNELS.resize) resizes.pushJson(payload.toString("utf8"));
    else if (channel === CHANNELS.close && payload[0] === CHANNELS.stdin) stdin.end();
  });
  const send = (channel: number, bytes: Buffer) => sendOn(socket, channel, bytes, isBase64);
  const output = (channel: number) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        send(channel, chunk).then(() => done(), done);
      },
    });
  const status = await input
    .run({
      ...(input.stdin ? { stdin } : {}),
      ...(input.stdout ? { stdout: output(CHANNELS.stdout) } : {}),
      ...(input.stderr ? { stderr: output(CHANNELS.stderr) } : {}),
      resizes,
      signal: gone.signal,
    })
    .then(exitStatus, (error: unknown) =>
      failureStatus(error instanceof Error ? error.message : String(error)),
    );
  if (hasStatus) await send(CHANNELS.error, Buffer.from(JSON.stringify(status)));
  else if (status.status !== "Success") {
    await send(CHANNELS.error, Buffer.from(status.message ?? ""));
  }
  socket.close(1000);
}

function decode(data: RawData, isBase64: boolean): { channel: number; payload: Buffer } {
  const bytes = Buffer.isBuffer(data)
    ? data
    : Array.isArray(data)
      ? Buffer.concat(data)
      : Buffer.from(data);
  if (!isBase64) return { channel: bytes[0] ?? -1, payload: bytes.subarray(1) };
  // The channel is a digit in front of the encoded text.
  const channel = (bytes[0] ?? 0) - 0x30;
  return { channel, payload: Buffer.from(bytes.toString("latin1", 1), "base64") };
}

function sendOn(
  socket: WebSocket,
  channel: number,
  bytes: Buffer,
  isBase64: boolean,
): Promise<void> {
  const message = isBase64
    ? `${channel}${bytes.toString("base64")}`
    : Buffer.concat([Buffer.from([channel]), bytes]);
  return new Promise((resolve) => {
    // Whoever has gone away gets nothing more; the command learns of it by its signal.
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(message, () => resolve());
  });
}
