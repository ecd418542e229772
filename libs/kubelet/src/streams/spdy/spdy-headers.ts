/**
 * Header blocks of SPDY/3.1. What comes in is one zlib stream for the whole connection with a dictionary that
 * the protocol fixes; what goes out is stored uncompressed, since it is next to nothing.
 */
import { createInflate, type Inflate } from "node:zlib";
import { SpdyError } from "./spdy-frames.ts";

export type SpdyHeaders = ReadonlyMap<string, string>;

/** What a block may be when it is unpacked: a few bytes can stand for many. */
const PLAIN_BYTES_MAX = 64 * 1024;
const HEADERS_MAX = 100;

/** Undoes the compression of header blocks; they have to come in the order of the connection. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY });
  #chunks: Buffer[] = [];
  #length = 0;
  #fail: (error: Error) => void = () => {};

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => {
      this.#length += chunk.length;
      if (this.#length <= PLAIN_BYTES_MAX) this.#chunks.push(chunk);
      else this.#inflate.destroy(new SpdyError("tooLarge", "a header block is too long"));
    });
    this.#inflate.on("error", (cause) => this.#fail(cause));
    // The peer ended the zlib stream, which lasts as long as the connection, or the connection is over.
    this.#inflate.on("close", () => this.#fail(new SpdyError("malformed", "no more headers")));
    this.#inflate.on("end", () => this.#fail(new SpdyError("malformed", "no more headers")));
  }

  /** Rejects with SpdyError. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    if (this.#inflate.destroyed || this.#inflate.readableEnded) {
      throw new SpdyError("malformed", "no more headers");
    }
    const plain = await new Promise<Buffer>((resolve, reject) => {
      this.#fail = (cause) =>
        reject(
          cause instanceof SpdyError
            ? cause
            : new SpdyError("malformed", "a header block cannot be unpacked", { cause }),
        );
      this.#inflate.write(block, (error) => {
        // A failure comes by its event, with its cause; one of our own making behind this call.
        if (!error && this.#length <= PLAIN_BYTES_MAX) resolve(Buffer.concat(this.#chunks));
      });
    }).finally(() => {
      this.#chunks = [];
      this.#length = 0;
      this.#fail = () => {};
    });
    return parseHeaders(plain);
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** Header blocks without any compression: stored deflate blocks. */
export class HeaderWriter {
  #isFirst = true;

  write(headers: SpdyHeaders): Buffer {
    const parts: Buffer[] = [uint32(headers.size)];
    for (const [name, value] of headers) {
      const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)];
      parts.push(uint32(nameBytes.length), nameBytes, uint32(valueBytes.length), valueBytes);
    }
    const plain = Buffer.concat(parts);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(plain.length, 1);
    stored.writeUInt16LE(plain.length ^ 0xffff, 3);
    // A reader of Go's takes a block for complete only when an empty one follows.
    const block = Buffer.concat([stored, plain, EMPTY_BLOCK]);
    if (!this.#isFirst) return block;
    this.#isFirst = false;
    return Buffer.concat([ZLIB_HEADER, block]);
  }
}

const ZLIB_HEADER = Buffer.from([0x78, 0x01]);
const EMPTY_BLOCK = Buffer.from([0, 0, 0, 0xff, 0xff]);
/** An unpacked block: names and values with their lengths in front. Throws SpdyError. */
export function parseHeaders(bytes: Buffer): SpdyHeaders {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new SpdyError("malformed", "a header is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const text = () => take(take(4).readUInt32BE()).toString("utf8");
  const count = take(4).readUInt32BE();
  if (count > HEADERS_MAX) throw new SpdyError("tooLarge", `${count} headers`);
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = text();
    headers.set(name.toLowerCase(), text());
  }
  return headers;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The specification's dictionary: words with their lengths, then texts as they are. */
const DICTIONARY_WORDS =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status".split(
    " ",
  );
const DICTIONARY_TEXT =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

export const DICTIONARY = Buffer.concat([
  ...[
    ...DICTIONARY_WORDS,
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
  ].flatMap((word) => [uint32(word.length), Buffer.from(word)]),
  Buffer.from(DICTIONARY_TEXT),
]);
