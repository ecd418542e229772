/** One stream of a SPDY connection: readable is what the peer sends, writable what it gets; `end` closes our half. */
import { Duplex } from "node:stream";
import type { SpdyHeaders } from "./spdy-headers.ts";

/** What a stream asks of its connection. Both resolve when the connection takes more. */
export interface SpdyStreamOwner {
  sendData(id: number, bytes: Buffer, isLast: boolean): Promise<void>;
  sendReset(id: number): Promise<void>;
  forget(id: number): void;
}

const DATA_BYTES_MAX = 32 * 1024;

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #owner: SpdyStreamOwner;
  #hasPeerEnded = false;
  /** The peer takes nothing more. */
  #isReset = false;
  #onRoom: (() => void) | undefined;

  constructor(owner: SpdyStreamOwner, id: number, headers: SpdyHeaders) {
    super({ allowHalfOpen: true });
    this.#owner = owner;
    this.id = id;
    this.headers = headers;
    // A stream that breaks off says so to whoever reads it; nobody may be reading.
    this.on("error", () => {});
  }

  /** From the connection, which waits until the reader has room: one slow stream holds the others. */
  async receive(bytes: Buffer, isLast: boolean): Promise<void> {
    if (this.destroyed || this.#hasPeerEnded) return;
    const hasRoom = bytes.length === 0 || this.push(bytes);
    if (isLast) this.#endOfPeer();
    if (hasRoom) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#onRoom = undefined;
        this.off("close", done);
        resolve();
      };
      this.#onRoom = done;
      this.once("close", done);
    });
  }

  /** The peer has no more use for the stream. What it sent before can still be read. */
  receiveReset(): void {
    this.#isReset = true;
    this.#endOfPeer();
    this.#onRoom?.();
    if (!this.writableEnded) this.end();
  }

  /** Tells the peer that nothing more comes in either direction. */
  async reset(): Promise<void> {
    if (this.#isReset) return;
    this.#isReset = true;
    await this.#owner.sendReset(this.id);
    this.destroy();
  }

  override _read(): void {
    this.#onRoom?.();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#isReset) done();
    else this.#owner.sendData(this.id, Buffer.alloc(0), true).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#owner.forget(this.id);
    done(error);
  }

  #endOfPeer(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.push(null);
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isReset; at += DATA_BYTES_MAX) {
      await this.#owner.sendData(this.id, chunk.subarray(at, at + DATA_BYTES_MAX), false);
    }
  }
}
