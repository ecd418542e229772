/**
 * Many buffers as few writes: small ones are gathered up to 64 KiB, and nothing is produced while the
 * receiver cannot take it.
 */
import type { Writable } from "node:stream";

const pieceBytesMax = 64 * 1024;

/** Resolves when everything is handed over; rejects when the receiver goes away. Does not end the stream. */
export async function writePieces(out: Writable, buffers: Iterable<Buffer>): Promise<void> {
  let gathered: Buffer[] = [];
  let length = 0;
  for (const buffer of buffers) {
    if (length + buffer.length > pieceBytesMax && length > 0) {
      if (!out.write(join(gathered, length))) await drained(out);
      gathered = [];
      length = 0;
    }
    if (buffer.length >= pieceBytesMax) {
      if (!out.write(buffer)) await drained(out);
      continue;
    }
    gathered.push(buffer);
    length += buffer.length;
  }
  if (length > 0 && !out.write(join(gathered, length))) await drained(out);
}

export function join(buffers: readonly Buffer[], length: number): Buffer {
  const [only] = buffers;
  return buffers.length === 1 && only !== undefined ? only : Buffer.concat(buffers, length);
}

/** The client has gone while something was written to it. */
export class ReceiverGone extends Error {
  constructor() {
    super("the receiver has gone");
    this.name = "ReceiverGone";
  }
}

function drained(out: Writable): Promise<void> {
  if (out.destroyed) return Promise.reject(new ReceiverGone());
  return new Promise((resolve, reject) => {
    const onDrain = () => {
      out.off("close", onClose);
      resolve();
    };
    const onClose = () => {
      out.off("drain", onDrain);
      reject(new ReceiverGone());
    };
    out.once("drain", onDrain);
    out.once("close", onClose);
  });
}
