/**
 * The server's side of SPDY/3.1 over one connection, as far as Kubernetes uses it: streams opened by the
 * client, data both ways, half-closes, pings. Its flow-control windows are not kept by Kubernetes' peers; the
 * connection's own back-pressure is.
 */
import { Duplex } from "node:stream";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./spdy-headers.ts";

export interface SpdyConnectionOptions {
  readonly socket: Duplex;
  readonly head: Buffer;
  /** A stream was opened by the client; it has been accepted. */
  readonly onStream: (stream: SpdyStream) => void;
  readonly onClose: () => void;
}

const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const DATA_BYTES_MAX = 32 * 1024;
const STREAMS_MAX = 1000;
const CONTROL = 0x8003;
const FLAG_FIN = 1;
const TYPES = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;

export class SpdyConnection {
  readonly #options: SpdyConnectionOptions;
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  #buffer: Buffer = Buffer.alloc(0);
  #isClosed = false;

  constructor(options: SpdyConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.once("close", () => this.close());
    socket.on("error", () => this.close());
    this.#readForever().catch(() => this.close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#reader.close();
    this.#options.socket.end();
    this.#options.onClose();
  }

  /** Resolves when the connection takes more. */
  sendData(id: number, bytes: Buffer, isLast: boolean): Promise<void> {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id);
    header.writeUInt32BE(bytes.length, 4);
    header.writeUInt8(isLast ? FLAG_FIN : 0, 4);
    return this.#write(Buffer.concat([header, bytes]));
  }

  sendReset(id: number): Promise<void> {
    const body = Buffer.alloc(8);
    body.writeUInt32BE(id);
    body.writeUInt32BE(5, 4); // CANCEL
    this.#streams.delete(id);
    return this.#write(control(TYPES.rstStream, 0, body));
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  #write(bytes: Buffer): Promise<void> {
    const { socket } = this.#options;
    if (this.#isClosed || !socket.writable) return Promise.resolve();
    if (socket.write(bytes)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.once("drain", done);
      socket.once("close", done);
    });
  }

  async #readForever(): Promise<void> {
    const { socket, head } = this.#options;
    if (head.length > 0) await this.#take(head);
    for await (const chunk of socket as AsyncIterable<Buffer>) await this.#take(chunk);
    this.close();
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 8) {
      const length = this.#buffer.readUInt32BE(4) & 0xffffff;
      if (length > FRAME_BYTES_MAX) throw new RangeError("a SPDY frame is too long");
      if (this.#buffer.length < 8 + length) return;
      const frame = this.#buffer.subarray(0, 8 + length);
      this.#buffer = this.#buffer.subarray(8 + length);
      await this.#frame(frame);
    }
  }

  async #frame(frame: Buffer): Promise<void> {
    const flags = frame.readUInt8(4);
    const body = frame.subarray(8);
    if (frame.readUInt8(0) < 0x80) {
      const stream = this.#streams.get(frame.readUInt32BE(0));
      await stream?.receive(body, (flags & FLAG_FIN) !== 0);
      return;
    }
    if (frame.readUInt16BE(0) !== CONTROL) throw new RangeError("not a SPDY/3.1 frame");
    switch (frame.readUInt16BE(2)) {
      case TYPES.synStream:
        await this.#open(body, (flags & FLAG_FIN) !== 0);
        return;
      case TYPES.ping:
        // Pings of the client have odd numbers and are sent back.
        if (body.readUInt32BE(0) % 2 === 1) await this.#write(frame);
        return;
      case TYPES.rstStream: {
        const id = body.readUInt32BE(0);
        this.#streams.get(id)?.destroy();
        this.#streams.delete(id);
        return;
      }
      case TYPES.goAway:
        if (this.#streams.size === 0) this.close();
        return;
      default:
        // SETTINGS, WINDOW_UPDATE and the like ask for nothing that is done here.
        return;
    }
  }

  async #open(body: Buffer, isHalfClosed: boolean): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#reader.read(body.subarray(10));
    if (this.#streams.size >= STREAMS_MAX) {
      await this.sendReset(id);
      return;
    }
    const stream = new SpdyStream(this, id, headers);
    this.#streams.set(id, stream);
    const idBytes = Buffer.alloc(4);
    idBytes.writeUInt32BE(id);
    const reply = Buffer.concat([idBytes, this.#writer.write(new Map())]);
    await this.#write(control(TYPES.synReply, 0, reply));
    if (isHalfClosed) await stream.receive(Buffer.alloc(0), true);
    this.#options.onStream(stream);
  }
}

function control(type: number, flags: number, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(CONTROL);
  header.writeUInt16BE(type, 2);
  header.writeUInt32BE(body.length, 4);
  header.writeUInt8(flags, 4);
  return Buffer.concat([header, body]);
}

/** One stream: readable is what the client sends, writable what it gets; `end` closes our half. */
export class SpdyStream extends Duplex {
  readonly headers: SpdyHeaders;
  readonly #connection: SpdyConnection;
  readonly #id: number;
  #onRoom: (() => void) | undefined;

  constructor(connection: SpdyConnection, id: number, headers: SpdyHeaders) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#id = id;
    this.headers = headers;
    this.on("error", () => {});
  }

  /** From the connection, which waits until the reader has room: one slow stream holds the others. */
  async receive(bytes: Buffer, isLast: boolean): Promise<void> {
    if (this.destroyed) return;
    const hasRoom = bytes.length === 0 || this.push(bytes);
    if (isLast) this.push(null);
    if (hasRoom) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
      this.once("close", resolve);
    });
  }

  override _read(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.sendData(this.#id, Buffer.alloc(0), true).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.forget(this.#id);
    done(error);
  }

  /** Tells the client that nothing more comes in either direction. */
  async reset(): Promise<void> {
    await this.#connection.sendReset(this.#id);
    this.destroy();
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += DATA_BYTES_MAX) {
      await this.#connection.sendData(this.#id, chunk.subarray(at, at + DATA_BYTES_MAX), false);
    }
  }
}
