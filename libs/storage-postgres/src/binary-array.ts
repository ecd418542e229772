/**
 * Arrays in Postgres' binary form. pg sends JavaScript arrays as text, where a bytea is doubled to hex and
 * escaped; a Buffer it sends as it is. One copy and no escaping is what keeps a write cheap here.
 *
 * Form: dimensions, has-null flag, element type, length, lower bound; then each element with its length.
 */
const headerBytes = 20;
const emptyBytes = 12;
const oids = { bytea: 17, int8: 20, int4: 23, text: 25 } as const;

export function textArray(values: readonly string[]): Buffer {
  let bound = headerBytes;
  for (const value of values) bound += 4 + value.length * 3;
  const buffer = start(oids.text, values.length, bound);
  let at = values.length === 0 ? emptyBytes : headerBytes;
  for (const value of values) {
    const written = buffer.write(value, at + 4, "utf8");
    buffer.writeInt32BE(written, at);
    at += 4 + written;
  }
  return buffer.subarray(0, at);
}

export function byteaArray(values: readonly Buffer[]): Buffer {
  let size = headerBytes;
  for (const value of values) size += 4 + value.length;
  const buffer = start(oids.bytea, values.length, size);
  let at = values.length === 0 ? emptyBytes : headerBytes;
  for (const value of values) {
    buffer.writeInt32BE(value.length, at);
    buffer.set(value, at + 4);
    at += 4 + value.length;
  }
  return buffer.subarray(0, at);
}

export function int4Array(values: readonly number[]): Buffer {
  const buffer = start(oids.int4, values.length, headerBytes + values.length * 8);
  let at = values.length === 0 ? emptyBytes : headerBytes;
  for (const value of values) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value, at + 4);
    at += 8;
  }
  return buffer.subarray(0, at);
}

export function int8Array(values: readonly bigint[]): Buffer {
  const buffer = start(oids.int8, values.length, headerBytes + values.length * 12);
  let at = values.length === 0 ? emptyBytes : headerBytes;
  for (const value of values) {
    buffer.writeInt32BE(8, at);
    buffer.writeBigInt64BE(value, at + 4);
    at += 12;
  }
  return buffer.subarray(0, at);
}

/** An empty array has no dimension, so its header is shorter. */
function start(oid: number, length: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  if (length > 0) {
    buffer.writeInt32BE(length, 12);
    buffer.writeInt32BE(1, 16);
  }
  return buffer;
}
