/**
 * Port forwarding over SPDY/3.1: pairs of a data and an error stream, one pair for each connection.
 *
 * Upstream: staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go @1.36
 */
import { pipeline } from "node:stream/promises";
import type { LocalPortForwardInput } from "./local-streams.ts";
import { SpdyConnection, type SpdyStream } from "./spdy-connection.ts";
import { acceptSpdy } from "./spdy-upgrade.ts";

const PROTOCOLS = ["portforward.k8s.io"];

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
}

export function serveSpdyPortForward(input: LocalPortForwardInput): void {
  if (acceptSpdy(input, PROTOCOLS) === undefined) return;
  const pairs = new Map<string, Pair>();
  new SpdyConnection({
    socket: input.socket,
    head: input.head,
    onClose: () => pairs.clear(),
    onStream: (stream) => {
      const requestId = stream.headers.get("requestid") ?? "";
      const pair = pairs.get(requestId) ?? {};
      pairs.set(requestId, pair);
      if (stream.headers.get("streamtype") === "error") pair.error = stream;
      else pair.data = stream;
      const { data, error } = pair;
      if (data === undefined || error === undefined) return;
      pairs.delete(requestId);
      forward(input, data, error).catch((cause: unknown) =>
        input.logger.debug("a forwarded connection broke off", { error: cause }),
      );
    },
  });
}

async function forward(
  input: LocalPortForwardInput,
  data: SpdyStream,
  error: SpdyStream,
): Promise<void> {
  const port = Number(data.headers.get("port"));
  try {
    const target = await input.connect(port);
    await Promise.all([pipeline(data, target, { end: true }), pipeline(target, data)]);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    error.write(`error forwarding port ${port} to pod: ${why}`);
    throw cause;
  } finally {
    error.end();
    data.end();
  }
}
