/**
 * SPDY/3.1 frames as bytes and back, as far as Kubernetes uses them. Pure: bytes in, frames out. Data comes out in the
 * pieces in which it arrives, so that a peer that announces a long frame makes nobody keep it; control frames are kept
 * until they are whole, and may not be long.
 */
export type SpdyFrame =
  | {
      readonly kind: "data";
      readonly streamId: number;
      readonly bytes: Buffer;
      /** Nothing more comes on this stream. */
      readonly isLast: boolean;
    }
  | {
      readonly kind: "synStream" | "synReply" | "headers";
      readonly streamId: number;
      readonly isLast: boolean;
      /** Compressed; blocks have to be read in the order of the connection. */
      readonly block: Buffer;
    }
  | { readonly kind: "rstStream"; readonly streamId: number; readonly status: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goAway" }
  /** SETTINGS, WINDOW_UPDATE: they ask for nothing that is done here. */
  | { readonly kind: "other"; readonly type: number };

/** What the peer sent is not SPDY/3.1, or more of it than is taken. Nothing can follow on the connection. */
export class SpdyError extends Error {
  readonly code: "malformed" | "tooLarge";
  constructor(code: SpdyError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SpdyError";
    this.code = code;
  }
}

/** RST_STREAM status codes. */
export const RESET_STATUS = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

/** Enough for a hundred headers; data frames have no bound, since they are not kept. */
export const CONTROL_FRAME_BYTES_MAX = 64 * 1024;

const HEADER_BYTES = 8;
const VERSION = 0x8003;
const FLAG_FIN = 1;
const TYPES = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;
const ID_MASK = 0x7fffffff;
const NOTHING: Buffer = Buffer.alloc(0);

export class SpdyFrameReader {
  /** The beginning of a header or of a control frame. */
  #kept: Buffer = NOTHING;
  #keptLength = 0;
  /** Of the data frame that is under way. */
  #dataLeft = 0;
  #dataStreamId = 0;
  #dataIsLast = false;

  /** Whole control frames and pieces of data. Throws SpdyError; the reader is of no use then. */
  *read(chunk: Buffer): Generator<SpdyFrame> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#dataLeft > 0) {
        const piece = chunk.subarray(at, at + this.#dataLeft);
        at += piece.length;
        this.#dataLeft -= piece.length;
        yield this.#data(piece, this.#dataIsLast && this.#dataLeft === 0);
        continue;
      }
      at += this.#keep(chunk, at, HEADER_BYTES);
      if (this.#keptLength < HEADER_BYTES) return;
      const length = this.#kept.readUInt32BE(4) & 0xffffff;
      if (this.#kept.readUInt8(0) < 0x80) {
        const frame = this.#beginData(length);
        if (frame !== undefined) yield frame;
        continue;
      }
      if (length > CONTROL_FRAME_BYTES_MAX) {
        throw new SpdyError("tooLarge", `a control frame of ${length} bytes`);
      }
      at += this.#keep(chunk, at, HEADER_BYTES + length);
      if (this.#keptLength < HEADER_BYTES + length) return;
      const frame = parseControlFrame(this.#kept.subarray(0, HEADER_BYTES + length));
      this.#drop();
      yield frame;
    }
  }

  #data(bytes: Buffer, isLast: boolean): SpdyFrame {
    return { kind: "data", streamId: this.#dataStreamId, bytes, isLast };
  }

  #beginData(length: number): SpdyFrame | undefined {
    this.#dataStreamId = this.#kept.readUInt32BE(0);
    this.#dataIsLast = (this.#kept.readUInt8(4) & FLAG_FIN) !== 0;
    this.#dataLeft = length;
    this.#drop();
    return length === 0 && this.#dataIsLast ? this.#data(NOTHING, true) : undefined;
  }

  /** Adds to what is kept until there are `wanted` bytes; how many were taken. */
  #keep(chunk: Buffer, at: number, wanted: number): number {
    const missing = wanted - this.#keptLength;
    if (missing <= 0) return 0;
    if (this.#kept.length < wanted) {
      const grown = Buffer.allocUnsafe(wanted);
      this.#kept.copy(grown, 0, 0, this.#keptLength);
      this.#kept = grown;
    }
    const taken = chunk.copy(this.#kept, this.#keptLength, at, at + missing);
    this.#keptLength += taken;
    return taken;
  }

  #drop(): void {
    this.#kept = NOTHING;
    this.#keptLength = 0;
  }
}

function parseControlFrame(frame: Buffer): SpdyFrame {
  if (frame.readUInt16BE(0) !== VERSION) {
    throw new SpdyError("malformed", `version ${frame.readUInt16BE(0) & 0x7fff}`);
  }
  const type = frame.readUInt16BE(2);
  const isLast = (frame.readUInt8(4) & FLAG_FIN) !== 0;
  const body = frame.subarray(HEADER_BYTES);
  switch (type) {
    case TYPES.synStream:
      // Behind the id: the parent's, the priority and a slot, none of which is used.
      return { kind: "synStream", streamId: idOf(body), isLast, block: behind(body, 10) };
    case TYPES.synReply:
      return { kind: "synReply", streamId: idOf(body), isLast, block: behind(body, 4) };
    case TYPES.headers:
      return { kind: "headers", streamId: idOf(body), isLast, block: behind(body, 4) };
    case TYPES.rstStream:
      return { kind: "rstStream", streamId: idOf(body), status: behind(body, 4, 4).readUInt32BE() };
    case TYPES.ping:
      return { kind: "ping", id: behind(body, 0, 4).readUInt32BE() };
    case TYPES.goAway:
      return { kind: "goAway" };
    default:
      return { kind: "other", type };
  }
}

function idOf(body: Buffer): number {
  const id = behind(body, 0, 4).readUInt32BE() & ID_MASK;
  if (id === 0) throw new SpdyError("malformed", "a frame of stream 0");
  return id;
}

/** What is behind `offset`, `least` bytes or more. */
function behind(body: Buffer, offset: number, least = 0): Buffer {
  if (body.length < offset + least) throw new SpdyError("malformed", "a frame is cut off");
  return body.subarray(offset);
}

export function dataFrame(streamId: number, bytes: Buffer, isLast: boolean): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
  frame.writeUInt32BE(streamId);
  frame.writeUInt32BE(bytes.length, 4);
  frame.writeUInt8(isLast ? FLAG_FIN : 0, 4);
  bytes.copy(frame, HEADER_BYTES);
  return frame;
}

export function synStreamFrame(streamId: number, block: Buffer, isLast = false): Buffer {
  return control(
    TYPES.synStream,
    Buffer.concat([words(streamId, 0), Buffer.alloc(2), block]),
    isLast,
  );
}

export function synReplyFrame(streamId: number, block: Buffer): Buffer {
  return control(TYPES.synReply, Buffer.concat([words(streamId), block]));
}

export function rstStreamFrame(streamId: number, status: number): Buffer {
  return control(TYPES.rstStream, words(streamId, status));
}

export function pingFrame(id: number): Buffer {
  return control(TYPES.ping, words(id));
}

export function goAwayFrame(lastStreamId: number): Buffer {
  return control(TYPES.goAway, words(lastStreamId, 0));
}

function control(type: number, body: Buffer, isLast = false): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(VERSION);
  header.writeUInt16BE(type, 2);
  header.writeUInt32BE(body.length, 4);
  header.writeUInt8(isLast ? FLAG_FIN : 0, 4);
  return Buffer.concat([header, body]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
