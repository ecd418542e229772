/**
 * SPDY/3.1 over one connection, from either side, as far as Kubernetes uses it: streams opened by the client, data
 * both ways, half-closes, resets, pings. Its flow-control windows are not kept by Kubernetes' peers; the connection's
 * own back-pressure is.
 */
import type { Duplex } from "node:stream";
import { type Clock, endGently } from "@kubets/service";
import {
  dataFrame,
  goAwayFrame,
  pingFrame,
  RESET_STATUS,
  rstStreamFrame,
  SpdyError,
  type SpdyFrame,
  SpdyFrameReader,
  synReplyFrame,
  synStreamFrame,
} from "./spdy-frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./spdy-headers.ts";
import { SpdyStream, type SpdyStreamOwner } from "./spdy-stream.ts";

export interface SpdyConnectionOptions {
  readonly socket: Duplex;
  /** Bytes behind the head of the upgrade. */
  readonly head: Buffer;
  readonly clock: Clock;
  /** A server's: a stream was opened by the client, and accepted. */
  readonly onStream?: (stream: SpdyStream) => void;
  /** A server's: which streams are accepted. Default: all. */
  readonly accepts?: (headers: SpdyHeaders) => boolean;
  readonly onClose?: () => void;
}

const STREAMS_MAX = 1000;

export class SpdyConnection implements SpdyStreamOwner {
  readonly #options: SpdyConnectionOptions;
  readonly #frames = new SpdyFrameReader();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  #nextId = 1;
  #lastPeerId = 0;
  #isClosed = false;
  /** All streams wait for the one connection. */
  #drained: Promise<void> | undefined;

  constructor(options: SpdyConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    // Breaking is one way of closing.
    socket.on("error", () => {});
    // A client that has gone wants nothing more. What a server said before it went is still read, at the reader's pace.
    if (this.#isServer) socket.once("close", () => this.close());
    this.#readForever().catch(() => this.close());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A client's: opens a stream. */
  open(headers: SpdyHeaders): SpdyStream {
    const stream = new SpdyStream(this, this.#nextId, headers);
    this.#nextId += 2;
    if (this.#isClosed) stream.destroy();
    else {
      this.#streams.set(stream.id, stream);
      // Whoever writes to the stream waits for the connection; this frame is small.
      this.#write(synStreamFrame(stream.id, this.#writer.write(headers))).catch(() => this.close());
    }
    return stream;
  }

  /** What was written before still goes out. */
  close(): void {
    if (this.#isClosed) return;
    const { socket } = this.#options;
    if (socket.writable) socket.write(goAwayFrame(this.#lastPeerId));
    this.#isClosed = true;
    for (const stream of [...this.#streams.values()]) stream.receiveReset();
    this.#streams.clear();
    this.#reader.close();
    endGently(socket, this.#options.clock);
    this.#options.onClose?.();
  }

  sendData(id: number, bytes: Buffer, isLast: boolean): Promise<void> {
    return this.#write(dataFrame(id, bytes, isLast));
  }

  sendReset(id: number): Promise<void> {
    this.#streams.delete(id);
    return this.#write(rstStreamFrame(id, RESET_STATUS.cancel));
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }

  /** Resolves when the connection takes more. */
  #write(bytes: Buffer): Promise<void> {
    const { socket } = this.#options;
    if (this.#isClosed || !socket.writable || socket.write(bytes)) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        socket.off("drain", done);
        socket.off("close", done);
        this.#drained = undefined;
        resolve();
      };
      socket.once("drain", done);
      socket.once("close", done);
    });
    return this.#drained;
  }

  async #readForever(): Promise<void> {
    const { socket, head } = this.#options;
    await this.#take(head);
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      if (this.#isClosed) return;
      await this.#take(chunk);
    }
    this.close();
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const frame of this.#frames.read(chunk)) {
      if (this.#isClosed) return;
      await this.#onFrame(frame);
    }
  }

  async #onFrame(frame: SpdyFrame): Promise<void> {
    switch (frame.kind) {
      case "data":
        await this.#streams.get(frame.streamId)?.receive(frame.bytes, frame.isLast);
        return;
      case "synStream":
        await this.#onSynStream(frame.streamId, await this.#reader.read(frame.block), frame.isLast);
        return;
      case "synReply":
      case "headers":
        // They say nothing, but belong to the one compressed stream of the connection.
        await this.#reader.read(frame.block);
        if (frame.isLast) await this.#streams.get(frame.streamId)?.receive(Buffer.alloc(0), true);
        return;
      case "rstStream": {
        const stream = this.#streams.get(frame.streamId);
        this.#streams.delete(frame.streamId);
        stream?.receiveReset();
        return;
      }
      case "ping":
        // Clients count odd, servers even: what is ours has come back.
        if ((frame.id % 2 === 1) === this.#isServer) await this.#write(pingFrame(frame.id));
        return;
      case "goAway":
        if (this.#isServer && this.#streams.size === 0) this.close();
        return;
      case "other":
        return;
    }
  }

  async #onSynStream(id: number, headers: SpdyHeaders, isHalfClosed: boolean): Promise<void> {
    if (!this.#isServer || id % 2 === 0 || id <= this.#lastPeerId) {
      throw new SpdyError("malformed", `stream ${id} out of turn`);
    }
    this.#lastPeerId = id;
    const { accepts, onStream } = this.#options;
    if (this.#streams.size >= STREAMS_MAX || accepts?.(headers) === false) {
      await this.#write(rstStreamFrame(id, RESET_STATUS.refusedStream));
      return;
    }
    const stream = new SpdyStream(this, id, headers);
    this.#streams.set(id, stream);
    // Before anything else of the stream: a client drops what comes for one that has not been accepted.
    await this.#write(synReplyFrame(id, this.#writer.write(new Map())));
    if (isHalfClosed) await stream.receive(Buffer.alloc(0), true);
    onStream?.(stream);
  }

  get #isServer(): boolean {
    return this.#options.onStream !== undefined;
  }
}
