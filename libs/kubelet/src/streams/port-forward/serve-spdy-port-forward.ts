/**
 * Port forwarding over SPDY/3.1 for runtimes without a streaming server: pairs of a data and an error stream, one pair
 * for each connection.
 *
 * Upstream: staging/src/k8s.io/cri-streaming/pkg/streaming/portforward/httpstream.go @1.36
 */
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { acceptSpdy } from "../spdy/accept-spdy.ts";
import { SpdyConnection } from "../spdy/spdy-connection.ts";
import type { SpdyHeaders } from "../spdy/spdy-headers.ts";
import type { SpdyStream } from "../spdy/spdy-stream.ts";
import type { StreamRequest } from "../stream-request.ts";
import { forwardingError, type PortConnector } from "./port-connector.ts";

export const SPDY_PORT_FORWARD_PROTOCOL = "portforward.k8s.io";
const STREAM_CREATION_MS = 30_000;

interface Pair {
  /** Ends the waiting for the other stream. */
  readonly cancel: () => void;
  data?: SpdyStream;
  error?: SpdyStream;
}

export function serveSpdyPortForward(input: StreamRequest, connector: PortConnector): void {
  if (acceptSpdy(input, [SPDY_PORT_FORWARD_PROTOCOL]) === undefined) return;
  forwardStreams({ ...input, connector });
}

export interface ForwardStreamsInput
  extends Pick<StreamRequest, "socket" | "head" | "clock" | "logger"> {
  readonly connector: PortConnector;
}

/** Serves port forwarding over a connection that speaks SPDY already. */
export function forwardStreams(input: ForwardStreamsInput): void {
  const pairs = new Map<string, Pair>();
  new SpdyConnection({
    socket: input.socket,
    head: input.head,
    clock: input.clock,
    onClose: () => {
      for (const { cancel } of pairs.values()) cancel();
      pairs.clear();
    },
    accepts: isPortStream,
    onStream: (stream) => {
      const requestId = requestIdOf(stream);
      const pair = pairs.get(requestId) ?? { cancel: giveUpLater(input, pairs, requestId) };
      pairs.set(requestId, pair);
      const kind = stream.headers.get("streamtype") === "error" ? "error" : "data";
      if (pair[kind] !== undefined) {
        pair.error?.write(
          `error processing stream for request ${requestId}: ${kind} stream already assigned`,
        );
        return;
      }
      pair[kind] = stream;
      const { data, error } = pair;
      if (data === undefined || error === undefined) return;
      pairs.delete(requestId);
      pair.cancel();
      forward(input, data, error).catch((cause: unknown) =>
        input.logger.debug("a forwarded connection broke off", { error: cause }),
      );
    },
  });
}

function giveUpLater(
  { clock }: ForwardStreamsInput,
  pairs: Map<string, Pair>,
  requestId: string,
): () => void {
  return clock.setTimer(STREAM_CREATION_MS, () => {
    const pair = pairs.get(requestId);
    pairs.delete(requestId);
    pair?.error?.end("timed out waiting for streams");
    pair?.data?.destroy();
  });
}

function isPortStream(headers: SpdyHeaders): boolean {
  const type = headers.get("streamtype");
  return portOf(headers) !== undefined && (type === "data" || type === "error");
}

function portOf(headers: SpdyHeaders): number | undefined {
  const port = Number(headers.get("port"));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Old clients give none: they open the error stream first and the data stream next. */
function requestIdOf({ id, headers }: SpdyStream): string {
  const given = headers.get("requestid");
  if (given) return given;
  return String(headers.get("streamtype") === "error" ? id : id - 2);
}

async function forward(
  { connector }: ForwardStreamsInput,
  data: SpdyStream,
  error: SpdyStream,
): Promise<void> {
  const port = portOf(data.headers) ?? 0;
  error.resume();
  let target: Duplex;
  try {
    target = await connector.connect(port);
  } catch (cause) {
    await new Promise<void>((resolve) => {
      error.end(forwardingError(connector, port, cause), () => resolve());
    });
    await data.reset();
    throw cause;
  }
  data.once("close", () => target.destroy());
  data.pipe(target);
  try {
    // All that the port says reaches the client, whether or not the port still listens.
    await pipeline(target, data);
  } finally {
    target.destroy();
    error.end();
  }
}
