const INITIAL_SIZE = 16 * 1024;
/** A larger buffer is not kept for the next message. */
const KEPT_SIZE_MAX = 1 << 20;
const ASCII_LOOP_MAX = 48;

/**
 * Writes protobuf wire data from the end to the start, so that a message's length is known when its header
 * is written and nothing is measured beforehand. Fields therefore go in from the last to the first.
 */
export class ProtoWriter {
  private bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  private position = INITIAL_SIZE;

  /** How much was written so far: the mark that lengths are taken from. */
  get written(): number {
    return this.bytes.length - this.position;
  }

  /** A copy of what was written; the writer is empty afterwards. */
  finish(): Buffer {
    const result = Buffer.from(this.bytes.subarray(this.position));
    this.reset();
    return result;
  }

  reset(): void {
    if (this.bytes.length > KEPT_SIZE_MAX) this.bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
    this.position = this.bytes.length;
  }

  private reserve(size: number): number {
    if (this.position < size) {
      const used = this.written;
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, used + size + 1024));
      this.bytes.copy(larger, larger.length - used, this.position);
      this.bytes = larger;
      this.position = larger.length - used;
    }
    this.position -= size;
    return this.position;
  }

  byte(value: number): void {
    // Reserving may change the buffer, so it comes first.
    const position = this.reserve(1);
    this.bytes[position] = value;
  }

  /** An unsigned integer below 2^53. */
  unsigned(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    let position = this.reserve(size);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[position] = rest;
  }

  /** int32 and int64: a negative one takes ten bytes. */
  integer(value: number | bigint): void {
    if (typeof value === "number" && value >= 0) {
      this.unsigned(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    let size = 1;
    for (let probe = rest; probe >= 0x80n; probe >>= 7n) size++;
    let position = this.reserve(size);
    for (let i = 1; i < size; i++) {
      this.bytes[position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[position] = Number(rest);
  }

  double(value: number): void {
    const position = this.reserve(8);
    this.bytes.writeDoubleLE(value, position);
  }

  /** The bytes alone, without their length. */
  raw(value: Uint8Array): void {
    const position = this.reserve(value.length);
    this.bytes.set(value, position);
  }

  /** Length and text. */
  string(value: string): void {
    const { length } = value;
    if (length <= ASCII_LOOP_MAX) {
      const position = this.reserve(length);
      const { bytes } = this;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        bytes[position + i] = code;
      }
      if (i === length) {
        this.unsigned(length);
        return;
      }
      this.position += length;
    }
    const size = Buffer.byteLength(value);
    const position = this.reserve(size);
    this.bytes.write(value, position, size, "utf8");
    this.unsigned(size);
  }

  /** Length and content of bytes that are base64 text in JSON. */
  base64(value: string): void {
    const content = Buffer.from(value, "base64");
    this.raw(content);
    this.unsigned(content.length);
  }

  /** The header of a length-delimited field whose content was written since `mark`. */
  header(fieldNumber: number, mark: number): void {
    this.unsigned(this.written - mark);
    this.unsigned(fieldNumber * 8 + 2);
  }
}
