import { constants, createDeflate, createInflate } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpdyError } from "./spdy-frames.ts";
import { DICTIONARY, HeaderReader, HeaderWriter, parseHeaders } from "./spdy-headers.ts";

/** Compresses as Go's clients do: one zlib stream with the dictionary, flushed behind each block. */
class GoDeflate {
  readonly #deflate = createDeflate({ dictionary: DICTIONARY });
  #chunks: Buffer[] = [];
  constructor() {
    this.#deflate.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }
  async block(plain: Buffer): Promise<Buffer> {
    this.#chunks = [];
    this.#deflate.write(plain);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    return Buffer.concat(this.#chunks);
  }
  async end(): Promise<Buffer> {
    this.#chunks = [];
    this.#deflate.end();
    await new Promise((resolve) => this.#deflate.once("end", resolve));
    return Buffer.concat(this.#chunks);
  }
}

function plainBlock(headers: readonly (readonly [string, string])[], count = headers.length) {
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string) => [word(Buffer.byteLength(value)), Buffer.from(value)];
  return Buffer.concat([word(count), ...headers.flat().flatMap(text)]);
}

const port = [
  ["streamType", "data"],
  ["port", "8080"],
] as const;

describe("header blocks", () => {
  it("of Go's clients are read in the order of the connection", async () => {
    const deflate = new GoDeflate();
    const reader = new HeaderReader();
    for (const type of ["error", "stdin", "stdout"]) {
      const block = await deflate.block(plainBlock([["streamtype", type]]));
      expect(await reader.read(block)).toEqual(new Map([["streamtype", type]]));
    }
    const last = await deflate.block(plainBlock(port));
    expect(Object.fromEntries(await reader.read(last))).toEqual({
      streamtype: "data",
      port: "8080",
    });
    reader.close();
  });

  it("of ours are read by whoever has the dictionary, and by ourselves", async () => {
    const writer = new HeaderWriter();
    const blocks = [new Map(port), new Map(), new Map([["a", "ü"]])].map((each) =>
      writer.write(each),
    );
    const inflate = createInflate({ dictionary: DICTIONARY });
    const plain: Buffer[] = [];
    inflate.on("data", (chunk: Buffer) => plain.push(chunk));
    for (const block of blocks) await new Promise((resolve) => inflate.write(block, resolve));
    expect(Buffer.concat(plain)).toEqual(
      Buffer.concat([plainBlock(port), plainBlock([]), plainBlock([["a", "ü"]])]),
    );
    const reader = new HeaderReader();
    for (const block of blocks.slice(0, 2)) await reader.read(block);
    expect(await reader.read(blocks[2] ?? Buffer.alloc(0))).toEqual(new Map([["a", "ü"]]));
    reader.close();
  });

  it.each<[string, () => Promise<Buffer>, string]>([
    ["that is no zlib", async () => Buffer.from("nonsense"), "malformed"],
    ["that is cut off", () => new GoDeflate().block(plainBlock(port).subarray(0, -1)), "malformed"],
    ["that announces too much", () => new GoDeflate().block(plainBlock(port, 3)), "malformed"],
    ["of too many", () => new GoDeflate().block(plainBlock([], 101)), "tooLarge"],
    [
      "that stands for much more than it is",
      () => new GoDeflate().block(plainBlock([["a", "x".repeat(10_000_000)]])),
      "tooLarge",
    ],
  ])("%s is refused, and so is everything behind", async (_what, make, code) => {
    const reader = new HeaderReader();
    await expect(reader.read(await make())).rejects.toMatchObject({ name: "SpdyError", code });
    reader.close();
    await expect(reader.read(Buffer.from([0]))).rejects.toBeInstanceOf(SpdyError);
  });

  it("behind the end of the compressed stream are refused", async () => {
    const deflate = new GoDeflate();
    const reader = new HeaderReader();
    await reader.read(await deflate.block(plainBlock(port)));
    await reader
      .read(await deflate.end())
      .catch((error) => expect(error).toBeInstanceOf(SpdyError));
    await expect(reader.read(Buffer.from("more"))).rejects.toBeInstanceOf(SpdyError);
    reader.close();
  });

  it("of any nonsense are refused in bounded time, never with another error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 300 }), async (isZlib, noise) => {
        const reader = new HeaderReader();
        const head = isZlib ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0);
        await reader
          .read(Buffer.concat([head, noise]))
          .catch((error) => expect(error).toBeInstanceOf(SpdyError));
        reader.close();
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          parseHeaders(Buffer.from(noise));
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
