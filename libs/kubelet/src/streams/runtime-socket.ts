import { Socket } from "node:net";

/**
 * A connection to a runtime's streaming server, which goes as soon as it has said its last, whether or not it has read
 * all that it was sent. What it said waits in the kernel then, and a connection that is destroyed at the first failure to
 * write would take it along: this one is read to its end.
 */
export class RuntimeSocket extends Socket {
  static connect(url: URL): RuntimeSocket {
    // Frames come in pieces, each of which would otherwise wait until the one before is acknowledged.
    return new RuntimeSocket().setNoDelay(true).connect(Number(url.port), url.hostname);
  }

  /** Whoever has gone hears nothing more; reading tells the rest. */
  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    super._write(chunk, encoding, () => done());
  }

  override _writev(
    chunks: { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    done: () => void,
  ): void {
    super._writev?.(chunks, () => done());
  }

  /** What came before the connection broke waits for its reader. */
  override destroy(error?: Error): this {
    if (this.destroyed || this.readableLength === 0 || !isBroken(error)) {
      return super.destroy(error);
    }
    this.push(null);
    return this;
  }
}

function isBroken(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall === "read" && error.code === "ECONNRESET";
}
