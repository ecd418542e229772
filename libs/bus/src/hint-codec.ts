import type { RevisionHint } from "./bus.ts";

const hintBytes = 17;
const version = 1;

/** One version byte and two unsigned 64-bit numbers. */
export function encodeHint(hint: RevisionHint): Uint8Array {
  const bytes = new Uint8Array(hintBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setBigInt64(1, hint.first);
  view.setBigInt64(9, hint.last);
  return bytes;
}

/** Undefined for anything that is not a hint: who sends on the bus is not trusted. */
export function decodeHint(bytes: Uint8Array): RevisionHint | undefined {
  if (bytes.length !== hintBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== version) return undefined;
  const first = view.getBigInt64(1);
  const last = view.getBigInt64(9);
  return first > 0n && first <= last ? { first, last } : undefined;
}
