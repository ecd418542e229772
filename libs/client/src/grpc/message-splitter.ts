/**
 * Cuts the byte stream of a gRPC call into its messages: one byte that says whether it is compressed, four
 * bytes of length, the message. Messages that lie in one chunk are not copied.
 */
import { ClientError } from "../client.ts";

const PREFIX_BYTES = 5;

export class MessageSplitter {
  readonly #messageBytesMax: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** How many bytes must be there before it is worth looking again. */
  #wantedBytes = PREFIX_BYTES;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }
  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#restBytes > 0;
  }
  /** Appends the messages that are whole now. Throws ClientError for what is not gRPC. */
  push(chunk: Buffer, messages: Buffer[]): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    if (this.#restBytes < this.#wantedBytes) return;
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#restBytes);
    let at = 0;
    this.#wantedBytes = PREFIX_BYTES;
    while (bytes.length - at >= PREFIX_BYTES) {
      if (bytes[at] !== 0)
        throw new ClientError("badResponse", "a compressed message came unasked");
      const length = bytes.readUInt32BE(at + 1);
      if (length > this.#messageBytesMax) {
        throw new ClientError("badResponse", `a message of ${length} bytes is over the limit`);
      }
      if (bytes.length - at < PREFIX_BYTES + length) {
        this.#wantedBytes = PREFIX_BYTES + length;
        break;
      }
      messages.push(bytes.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length));
      at += PREFIX_BYTES + length;
    }
    this.#restBytes = bytes.length - at;
    this.#rest = this.#restBytes === 0 ? [] : [bytes.subarray(at)];
  }
}

/** The message with its prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}
