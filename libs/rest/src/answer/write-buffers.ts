/**
 * A body made of ready buffers: at once where it is small, streamed with back-pressure where it is not, gzipped
 * where it is large and the client takes gzip.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go
 * defaultGzipThresholdBytes @1.36
 */
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Exchange, Headers } from "../http/exchange.ts";
import { writePieces } from "./write-pieces.ts";

const wholeBytesMax = 64 * 1024;
const gzipBytesMin = 128 * 1024;
/** Upstream's level: speed counts more than size inside a cluster. */
const gzipLevel = 1;

/** Whose bytes are made while they are written. */
export interface Body {
  readonly length: number;
  pieces(): Iterable<Buffer>;
}

export function writeBuffers(
  exchange: Exchange,
  headers: Headers,
  buffers: readonly Buffer[],
): Promise<void> {
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  return writeBody(exchange, headers, { length, pieces: () => buffers });
}

export async function writeBody(exchange: Exchange, headers: Headers, body: Body): Promise<void> {
  const { length } = body;
  if (length <= wholeBytesMax) {
    exchange.send(200, headers, Buffer.concat([...body.pieces()], length));
    return;
  }
  if (length > gzipBytesMin && takesGzip(exchange)) {
    const gzip = createGzip({ level: gzipLevel });
    gzip.pipe(
      exchange.begin(200, { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" }),
    );
    exchange.onClose(() => gzip.destroy());
    await writeAll(gzip, body.pieces());
    return;
  }
  const out = exchange.begin(200, { ...headers, "content-length": String(length) });
  await writeAll(out, exchange.method === "HEAD" ? [] : body.pieces());
}

async function writeAll(out: Writable, buffers: Iterable<Buffer>): Promise<void> {
  await writePieces(out, buffers);
  out.end();
}

function takesGzip(exchange: Exchange): boolean {
  const accepted = exchange.header("accept-encoding");
  return accepted?.split(",").some((each) => each.trim().split(";")[0] === "gzip") === true;
}
