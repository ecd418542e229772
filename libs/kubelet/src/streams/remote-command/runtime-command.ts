/**
 * A command behind a runtime's streaming server, over SPDY/3.1 and version 4 of the protocol: what every CRI runtime
 * speaks, and the only one with a close of standard input that old runtimes know.
 *
 * Upstream: staging/src/k8s.io/client-go/tools/remotecommand/v4.go,
 * staging/src/k8s.io/apiserver/pkg/util/proxy/streamtranslator.go @1.36
 */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SessionStreams, TerminalSize } from "@kubets/cri";
import type { Clock } from "@kubets/service";
import { dialSpdy } from "../spdy/dial-spdy.ts";
import { SpdyConnection } from "../spdy/spdy-connection.ts";
import type { WantedStreams } from "../stream-request.ts";
import { type CommandStatus, parseStatus } from "./exec-status.ts";
import type { RemoteCommand } from "./remote-command.ts";

export interface RuntimeCommandInput {
  /** Good for one use. */
  readonly url: string;
  readonly wanted: WantedStreams;
  readonly clock: Clock;
}

const PROTOCOL = "v4.channel.k8s.io";
const STATUS_BYTES_MAX = 64 * 1024;

export function runtimeCommand({ url, wanted, clock }: RuntimeCommandInput): RemoteCommand {
  return async (streams) => {
    const { signal } = streams;
    const { socket, head } = await dialSpdy({ url, protocols: [PROTOCOL], signal });
    const connection = new SpdyConnection({ socket, head, clock });
    const hangUp = () => connection.close();
    signal.addEventListener("abort", hangUp, { once: true });
    if (signal.aborted) hangUp();
    try {
      return await run(connection, streams, wanted);
    } finally {
      signal.removeEventListener("abort", hangUp);
      connection.close();
    }
  };
}

async function run(
  connection: SpdyConnection,
  streams: SessionStreams,
  wanted: WantedStreams,
): Promise<CommandStatus> {
  const open = (type: string) => connection.open(new Map([["streamtype", type]]));
  // The server begins when every stream that was asked for is there.
  const error = open("error");
  error.end();
  const stdin = wanted.stdin ? open("stdin") : undefined;
  const stdout = wanted.stdout ? open("stdout") : undefined;
  const stderr = wanted.stderr && !wanted.tty ? open("stderr") : undefined;
  const resize = wanted.tty ? open("resize") : undefined;
  if (resize !== undefined) sendSizes(streams.resizes, resize);
  if (stdin !== undefined) {
    stdin.resume();
    if (streams.stdin === undefined) stdin.end();
    // A process that takes no more input is no failure; neither is one that ends before its input does.
    else pipeline(streams.stdin, stdin).catch(() => {});
  }
  const [status] = await Promise.all([
    readText(error),
    copyOutput(stdout, streams.stdout),
    copyOutput(stderr, streams.stderr),
  ]);
  return parseStatus(status);
}

/** Resolves when the process has no more output, which is before it says how it ended. */
async function copyOutput(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (from === undefined) return;
  if (to === undefined) from.resume();
  else await pipeline(from, to, { end: false });
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= STATUS_BYTES_MAX) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendSizes(sizes: AsyncIterable<TerminalSize>, stream: Writable): void {
  const send = async () => {
    for await (const { width, height } of sizes) {
      stream.write(`${JSON.stringify({ Width: width, Height: height })}\n`);
    }
    stream.end();
  };
  // The terminal keeps its size when the connection is gone.
  send().catch(() => stream.destroy());
}
