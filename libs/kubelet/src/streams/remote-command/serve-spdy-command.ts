/**
 * Remote commands over SPDY/3.1 for runtimes without a streaming server: a stream for each of stdin, stdout, stderr,
 * errors and sizes.
 *
 * Upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/remotecommand/httpstream.go @1.36
 */
import { acceptSpdy } from "../spdy/accept-spdy.ts";
import { SpdyConnection } from "../spdy/spdy-connection.ts";
import type { SpdyStream } from "../spdy/spdy-stream.ts";
import { internalErrorStatus } from "./exec-status.ts";
import type { CommandRequest } from "./remote-command.ts";
import { ResizeQueue } from "./resize-queue.ts";

const PROTOCOLS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];
/** A client opens all streams at once; one that does not is not waited for. */
const STREAM_CREATION_MS = 30_000;

export function serveSpdyCommand(input: CommandRequest): void {
  const protocol = acceptSpdy(input, PROTOCOLS);
  if (protocol === undefined) return;
  const { wanted, clock } = input;
  const hasSizes = wanted.tty && !["v2.channel.k8s.io", "channel.k8s.io"].includes(protocol);
  const expected = new Set([
    "error",
    ...(wanted.stdin ? ["stdin"] : []),
    ...(wanted.stdout ? ["stdout"] : []),
    ...(wanted.stderr ? ["stderr"] : []),
    ...(hasSizes ? ["resize"] : []),
  ]);
  const streams = new Map<string, SpdyStream>();
  const gone = new AbortController();
  const typeOf = (headers: ReadonlyMap<string, string>) => headers.get("streamtype") ?? "";
  const connection = new SpdyConnection({
    socket: input.socket,
    head: input.head,
    clock,
    onClose: () => gone.abort(),
    accepts: (headers) => expected.has(typeOf(headers)) && !streams.has(typeOf(headers)),
    onStream: (stream) => {
      streams.set(typeOf(stream.headers), stream);
      // Output may only flow when every stream is there; a client drops what comes for one that is not.
      if (streams.size < expected.size) return;
      cancel();
      run(input, streams, { protocol, signal: gone.signal })
        .catch((error: unknown) => input.logger.warn("a remote command broke off", { error }))
        .finally(() => connection.close());
    },
  });
  const cancel = clock.setTimer(STREAM_CREATION_MS, () => {
    input.logger.warn("timed out waiting for client to create streams");
    connection.close();
  });
  gone.signal.addEventListener("abort", cancel, { once: true });
}

async function run(
  { command }: CommandRequest,
  streams: ReadonlyMap<string, SpdyStream>,
  session: { readonly protocol: string; readonly signal: AbortSignal },
): Promise<void> {
  const [stdin, stdout, stderr, resize] = ["stdin", "stdout", "stderr", "resize"].map((type) =>
    streams.get(type),
  );
  const resizes = new ResizeQueue();
  resize?.on("data", (bytes: Buffer) => resizes.push(bytes));
  resize?.once("close", () => resizes.end());
  const status = await command({
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    resizes,
    signal: session.signal,
  }).catch((error: unknown) =>
    internalErrorStatus(error instanceof Error ? error.message : String(error)),
  );
  resizes.end();
  const text =
    session.protocol === "v4.channel.k8s.io"
      ? JSON.stringify(status)
      : status.status === "Success"
        ? ""
        : (status.message ?? "");
  await Promise.all([stdout, stderr].map((stream) => ended(stream, "")));
  await ended(streams.get("error"), text);
}

/** Sends the last of a stream and closes our half. */
function ended(stream: SpdyStream | undefined, text: string): Promise<void> {
  if (stream === undefined || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", resolve);
    if (text === "") stream.end(() => resolve());
    else stream.end(text, () => resolve());
  });
}
