import type { Readable } from "node:stream";

const bytesMax = 64 * 1024;

/** What a backend says about a failure, as far as it is read. */
export async function readBounded(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytesMax) break;
  }
  return Buffer.concat(chunks, Math.min(length, bytesMax));
}
