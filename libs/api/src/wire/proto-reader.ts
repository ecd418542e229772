import { UNEXPECTED_END, WireError } from "./wire-error.ts";

const TWO_32 = 0x1_0000_0000;
const GROUP_DEPTH_MAX = 100;

/** Reads protobuf wire data; never beyond the bytes it was given. */
export class ProtoReader {
  readonly bytes: Buffer;
  position: number;
  /** Where the innermost message ends. */
  end: number;
  /** Set by int64 reads. */
  private low = 0;
  private high = 0;

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  private varint(): void {
    const { bytes, end } = this;
    let low = 0;
    let high = 0;
    let shift = 0;
    let position = this.position;
    for (;;) {
      if (position >= end) throw new WireError(UNEXPECTED_END);
      const byte = bytes[position++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (shift === 63) high |= bits << 31;
      else throw new WireError("proto: integer overflow");
      if (byte < 0x80) break;
      shift += 7;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    this.position = position;
  }

  /** A field number and wire type. */
  tag(): number {
    const byte = this.bytes[this.position];
    if (byte !== undefined && byte < 0x80 && this.position < this.end) {
      this.position++;
      return byte;
    }
    this.varint();
    if (this.high !== 0) throw new WireError("proto: illegal tag");
    return this.low;
  }

  int32(): number {
    const byte = this.bytes[this.position];
    if (byte !== undefined && byte < 0x80 && this.position < this.end) {
      this.position++;
      return byte;
    }
    this.varint();
    return this.low | 0;
  }

  bool(): boolean {
    this.varint();
    return this.low !== 0 || this.high !== 0;
  }

  /** A number where it is exact, else a bigint. */
  int64(): number | bigint {
    this.varint();
    const high = this.high | 0;
    if (high >= -0x200000 && high < 0x200000) {
      const value = high * TWO_32 + this.low;
      if (Number.isSafeInteger(value)) return value;
    }
    return (BigInt(high) << 32n) | BigInt(this.low);
  }

  double(): number {
    if (this.position + 8 > this.end) throw new WireError(UNEXPECTED_END);
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** The end of a length-delimited value that starts at `position` after this call. */
  delimited(): number {
    const length = this.int32();
    if (length < 0) throw new WireError("proto: negative length found during unmarshaling");
    const end = this.position + length;
    if (end > this.end) throw new WireError(UNEXPECTED_END);
    return end;
  }

  string(): string {
    const end = this.delimited();
    const text = this.bytes.toString("utf8", this.position, end);
    this.position = end;
    return text;
  }

  /** A view, not a copy. */
  view(): Buffer {
    const end = this.delimited();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  base64(): string {
    const end = this.delimited();
    const text = this.bytes.toString("base64", this.position, end);
    this.position = end;
    return text;
  }

  /** Steps over a field that the schema does not know. */
  skip(wireType: number, depth = 0): void {
    switch (wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.position = this.delimited();
        return;
      case 3:
        if (depth > GROUP_DEPTH_MAX) throw new WireError("proto: groups are nested too deeply");
        for (;;) {
          if (this.position >= this.end) throw new WireError(UNEXPECTED_END);
          const tag = this.tag();
          if ((tag & 7) === 4) return;
          this.skip(tag & 7, depth + 1);
        }
      case 5:
        this.advance(4);
        return;
      default:
        throw new WireError(`proto: illegal wireType ${wireType}`);
    }
  }

  private advance(length: number): void {
    if (this.position + length > this.end) throw new WireError(UNEXPECTED_END);
    this.position += length;
  }
}
