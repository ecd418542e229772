import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONTROL_FRAME_BYTES_MAX,
  dataFrame,
  goAwayFrame,
  pingFrame,
  rstStreamFrame,
  SpdyError,
  type SpdyFrame,
  SpdyFrameReader,
  synReplyFrame,
  synStreamFrame,
} from "./spdy-frames.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const bytes = (text: string) => Buffer.from(text);

/** Frames of the bytes, whose data pieces are joined where they follow each other. */
function read(...chunks: readonly Buffer[]): SpdyFrame[] {
  const reader = new SpdyFrameReader();
  const frames: SpdyFrame[] = [];
  for (const chunk of chunks) {
    for (const frame of reader.read(chunk)) {
      const before = frames.at(-1);
      if (frame.kind === "data" && before?.kind === "data" && !before.isLast) {
        if (before.streamId === frame.streamId) frames.pop();
        const joined = before.streamId === frame.streamId ? before.bytes : Buffer.alloc(0);
        frames.push({ ...frame, bytes: Buffer.concat([joined, frame.bytes]) });
      } else frames.push(frame);
    }
  }
  return frames;
}

describe("SPDY/3.1 frames", () => {
  it.each<[string, Buffer, string]>([
    ["data", dataFrame(5, bytes("hi"), false), "00000005 00000002 6869"],
    ["the end of a stream", dataFrame(5, bytes(""), true), "00000005 01000000"],
    ["a new stream", synStreamFrame(1, bytes("b")), "80030001 0000000b 00000001 00000000 0000 62"],
    ["an accepted stream", synReplyFrame(3, bytes("b")), "80030002 00000005 00000003 62"],
    ["a reset", rstStreamFrame(7, 5), "80030003 00000008 00000007 00000005"],
    ["a ping", pingFrame(9), "80030006 00000004 00000009"],
    ["the end of all", goAwayFrame(11), "80030007 00000008 0000000b 00000000"],
  ])("of %s are these bytes", (_what, frame, expected) => {
    expect(frame.toString("hex")).toBe(expected.replaceAll(" ", ""));
  });

  it.each<[string, SpdyFrame[]]>([
    ["00000005 00000002 6869", [{ kind: "data", streamId: 5, bytes: bytes("hi"), isLast: false }]],
    ["00000005 01000000", [{ kind: "data", streamId: 5, bytes: bytes(""), isLast: true }]],
    ["00000005 00000000", []],
    [
      "80030001 0100000b 00000001 00000000 0000 62",
      [{ kind: "synStream", streamId: 1, isLast: true, block: bytes("b") }],
    ],
    [
      "80030002 00000005 80000003 62",
      [{ kind: "synReply", streamId: 3, isLast: false, block: bytes("b") }],
    ],
    [
      "80030008 00000004 00000003",
      [{ kind: "headers", streamId: 3, isLast: false, block: bytes("") }],
    ],
    ["80030003 00000008 00000007 00000005", [{ kind: "rstStream", streamId: 7, status: 5 }]],
    ["80030006 00000004 00000009", [{ kind: "ping", id: 9 }]],
    ["80030007 00000008 0000000b 00000000", [{ kind: "goAway" }]],
    ["80030004 00000004 00000000", [{ kind: "other", type: 4 }]],
    ["80030009 00000008 00000001 00000100", [{ kind: "other", type: 9 }]],
  ])("%s are read", (text, frames) => {
    expect(read(hex(text))).toEqual(frames);
  });

  it.each([
    ["another version", "80020001 00000000", "malformed"],
    ["a stream 0", "80030001 0000000a 00000000 00000000 0000", "malformed"],
    ["a cut-off new stream", "80030001 00000006 00000001 0000", "malformed"],
    ["a cut-off reset", "80030003 00000004 00000001", "malformed"],
    ["an empty ping", "80030006 00000000", "malformed"],
    ["a long control frame", "80030001 00010001", "tooLarge"],
  ])("with %s are refused", (_what, text, code) => {
    expect(() => read(hex(text))).toThrow(expect.objectContaining({ name: "SpdyError", code }));
  });

  it("need not be whole: what has come of a long data frame is given at once", () => {
    const reader = new SpdyFrameReader();
    const [first] = [...reader.read(hex("00000001 00ffffff 41"))];
    expect(first).toEqual({ kind: "data", streamId: 1, bytes: bytes("A"), isLast: false });
  });

  it("are the same wherever the connection cuts them", () => {
    const frame = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ maxLength: 300 }), fc.boolean())
        .map(([id, data, isLast]) => dataFrame(id, Buffer.from(data), isLast)),
      fc.uint8Array({ maxLength: 300 }).map((block) => synStreamFrame(1, Buffer.from(block))),
      fc.constant(pingFrame(1)),
      fc.constant(rstStreamFrame(1, 5)),
    );
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 70 })),
        (frames, sizes) => {
          const all = Buffer.concat(frames);
          const chunks: Buffer[] = [];
          for (let at = 0; at < all.length; ) {
            const size = sizes.next().value ?? 1;
            chunks.push(all.subarray(at, at + size));
            at += size;
          }
          expect(read(...chunks)).toEqual(read(...frames));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("of any nonsense are refused or passed over, never anything else", () => {
    const begin = fc.constantFrom("", "8003000100", "80030003", "8003000600000004", "00000001");
    fc.assert(
      fc.property(begin, fc.uint8Array({ maxLength: 2000 }), (start, rest) => {
        const reader = new SpdyFrameReader();
        let given = 0;
        try {
          for (const chunk of [hex(start), Buffer.from(rest)]) {
            for (const frame of reader.read(chunk))
              if (frame.kind === "data") given += frame.bytes.length;
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
        expect(given).toBeLessThanOrEqual(rest.length + start.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("of a control frame in single bytes cost no more than their length", () => {
    const block = Buffer.alloc(CONTROL_FRAME_BYTES_MAX - 100);
    const frame = synStreamFrame(1, block);
    const started = performance.now();
    const frames = read(...Array.from(frame, (byte) => Buffer.from([byte])));
    expect(frames).toHaveLength(1);
    // Quadratic copying of 64 KiB would be 2 GiB; a slow machine takes some 50 ms for this.
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
