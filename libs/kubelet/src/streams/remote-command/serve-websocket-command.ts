/**
 * Remote commands over WebSocket. They end here on every runtime: runtimes' own servers know at most version 4, in
 * which standard input cannot end before the connection does.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/websocket.go,
 * staging/src/k8s.io/cri-streaming/pkg/streaming/remotecommand/websocket.go @1.36
 */
import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { WebSocket } from "ws";
import { acceptWebSocket, chooseProtocol } from "../websocket/accept-websocket.ts";
import { WebSocketChannels } from "../websocket/websocket-channels.ts";
import { type CommandStatus, internalErrorStatus, translatedStatus } from "./exec-status.ts";
import type { CommandRequest } from "./remote-command.ts";
import { ResizeQueue } from "./resize-queue.ts";

const PROTOCOLS = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  // Without a subprotocol: as channel.k8s.io.
  "",
];
const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export function serveWebSocketCommand(input: CommandRequest): void {
  const protocol = chooseProtocol(input, PROTOCOLS);
  if (protocol === undefined) return;
  acceptWebSocket(input, protocol, (socket) => {
    serve(socket, protocol, input).catch((error: unknown) => {
      input.logger.warn("a remote command broke off", { error });
      socket.terminate();
    });
  });
}

async function serve(
  socket: WebSocket,
  protocol: string,
  { wanted, command }: CommandRequest,
): Promise<void> {
  const gone = new AbortController();
  const stdin = new PassThrough();
  const resizes = new ResizeQueue();
  // The process may have no use for its input, or for the rest of it.
  stdin.on("error", () => {});
  const channels: WebSocketChannels = new WebSocketChannels(socket, protocol, {
    receive(channel, bytes) {
      if (channel === CHANNELS.resize) resizes.push(bytes);
      if (channel !== CHANNELS.stdin || !wanted.stdin || !stdin.writable) return true;
      return stdin.write(bytes);
    },
    closed(channel) {
      if (channel === CHANNELS.stdin) stdin.end();
      if (channel === CHANNELS.resize) resizes.end();
    },
    gone() {
      stdin.end();
      resizes.end();
      gone.abort();
    },
  });
  stdin.on("drain", () => channels.resume());
  stdin.once("close", () => channels.resume());
  const stdout = wanted.stdout ? channels.output(CHANNELS.stdout) : undefined;
  const stderr = wanted.stderr ? channels.output(CHANNELS.stderr) : undefined;
  // Tells clients that wait for it that the connection stands.
  const lowest = stdout ? CHANNELS.stdout : stderr ? CHANNELS.stderr : CHANNELS.error;
  await channels.send(lowest, Buffer.alloc(0));
  const status = await command({
    ...(wanted.stdin ? { stdin } : {}),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    resizes,
    signal: gone.signal,
  }).then(
    (known) => (protocol.startsWith("v5.") ? translatedStatus(known) : known),
    (error: unknown) => internalErrorStatus(error instanceof Error ? error.message : String(error)),
  );
  stdin.destroy();
  resizes.end();
  // The status is the last word: everything the process said goes out before it.
  await Promise.all([flushed(stdout), flushed(stderr)]);
  const text = statusText(status, protocol);
  if (text !== "") await channels.send(CHANNELS.error, Buffer.from(text));
  channels.close();
}

async function flushed(output: Writable | undefined): Promise<void> {
  if (output === undefined || output.destroyed) return;
  output.end();
  await finished(output);
}

/** Before version 4 only failures are told, as text. */
function statusText(status: CommandStatus, protocol: string): string {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status);
  return status.status === "Success" ? "" : (status.message ?? "");
}
