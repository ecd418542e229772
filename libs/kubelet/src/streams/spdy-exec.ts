/**
 * Remote commands over SPDY/3.1: a stream for each of stdin, stdout, stderr, errors and sizes.
 *
 * Upstream: staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/httpstream.go @1.36
 */

import { exitStatus, failureStatus } from "./exec-status.ts";
import type { LocalExecInput } from "./local-streams.ts";
import { ResizeQueue } from "./resize-queue.ts";
import { SpdyConnection, type SpdyStream } from "./spdy-connection.ts";
import { acceptSpdy } from "./spdy-upgrade.ts";

const PROTOCOLS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

export function serveSpdyExec(input: LocalExecInput): void {
  const protocol = acceptSpdy(input, PROTOCOLS);
  if (protocol === undefined) return;
  const hasSizes = input.tty && !["v2.channel.k8s.io", "channel.k8s.io"].includes(protocol);
  const expected = [
    "error",
    ...(input.stdin ? ["stdin"] : []),
    ...(input.stdout ? ["stdout"] : []),
    ...(input.stderr ? ["stderr"] : []),
    ...(hasSizes ? ["resize"] : []),
  ];
  const streams = new Map<string, SpdyStream>();
  const gone = new AbortController();
  const connection = new SpdyConnection({
    socket: input.socket,
    head: input.head,
    onClose: () => gone.abort(),
    onStream: (stream) => {
      streams.set(stream.headers.get("streamtype") ?? "", stream);
      // Output may only flow when every stream is there; a client drops what comes for one that is not.
      if (streams.size === expected.length && expected.every((type) => streams.has(type))) {
        run(input, streams, { protocol, signal: gone.signal })
          .catch((error: unknown) => input.logger.warn("a remote command broke off", { error }))
          .finally(() => connection.close());
      }
    },
  });
}

async function run(
  input: LocalExecInput,
  streams: ReadonlyMap<string, SpdyStream>,
  session: { readonly protocol: string; readonly signal: AbortSignal },
): Promise<void> {
  const [stdin, stdout, stderr] = ["stdin", "stdout", "stderr"].map((type) => streams.get(type));
  const resizes = new ResizeQueue();
  streams.get("resize")?.on("data", (bytes: Buffer) => resizes.pushJson(bytes.toString("utf8")));
  streams.get("resize")?.once("close", () => resizes.end());
  const status = await input
    .run({
      ...(stdin === undefined ? {} : { stdin }),
      ...(stdout === undefined ? {} : { stdout }),
      ...(stderr === undefined ? {} : { stderr }),
      resizes,
      signal: session.signal,
    })
    .then(exitStatus, (error: unknown) =>
      failureStatus(error instanceof Error ? error.message : String(error)),
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
