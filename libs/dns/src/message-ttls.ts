/** Where a message keeps its records' times to live, without decoding what the records say. */
export interface TimedRecord {
  readonly section: "answer" | "authority" | "additional";
  readonly type: number;
  /** Of the four bytes. */
  readonly offset: number;
  readonly ttl: number;
  readonly dataOffset: number;
  readonly dataLength: number;
}

const HEADER_BYTES = 12;
const OPT = 41;
const SECTIONS = ["answer", "authority", "additional"] as const;

/** Undefined for what is no whole message. The OPT pseudo record, whose TTL is none, is left out. */
export function timedRecords(bytes: Buffer): readonly TimedRecord[] | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt16BE(4); left > 0; left--) {
    const end = nameEnd(bytes, at);
    if (end === undefined || end + 4 > bytes.length) return undefined;
    at = end + 4;
  }
  const records: TimedRecord[] = [];
  for (const [index, section] of SECTIONS.entries()) {
    for (let left = bytes.readUInt16BE(6 + 2 * index); left > 0; left--) {
      const end = nameEnd(bytes, at);
      if (end === undefined || end + 10 > bytes.length) return undefined;
      const type = bytes.readUInt16BE(end);
      const dataLength = bytes.readUInt16BE(end + 8);
      const dataOffset = end + 10;
      if (dataOffset + dataLength > bytes.length) return undefined;
      const offset = end + 4;
      const ttl = bytes.readUInt32BE(offset);
      if (type !== OPT) records.push({ section, type, offset, ttl, dataOffset, dataLength });
      at = dataOffset + dataLength;
    }
  }
  return records;
}

/** Behind a name at `start`: labels up to the root or a pointer. */
export function nameEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length >= 0xc0) return at + 2;
    if (length > 63) return undefined;
    at += 1 + length;
    if (length === 0) return at;
  }
}
