/**
 * gRPC's message framing: a flag byte, four bytes of length, the message.
 *
 * Upstream: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md Length-Prefixed-Message
 */
export const FRAME_HEAD_BYTES = 5;

export function frameHead(length: number): Buffer {
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  head[0] = 0;
  head.writeUInt32BE(length, 1);
  return head;
}

export type MessageProblem = "compressed" | "tooLarge" | "incomplete";

/** The one message of a unary request, put together from the chunks as they came. */
export function unframe(chunks: readonly Buffer[], bytesMax: number): Buffer | MessageProblem {
  const [only] = chunks;
  const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  if (bytes.length < FRAME_HEAD_BYTES) return "incomplete";
  if (bytes[0] !== 0) return "compressed";
  const length = bytes.readUInt32BE(1);
  if (length > bytesMax) return "tooLarge";
  if (bytes.length !== FRAME_HEAD_BYTES + length) return "incomplete";
  return bytes.subarray(FRAME_HEAD_BYTES);
}
