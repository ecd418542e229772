import { EventType, ListChunk, ObjectResponse, WatchBatch } from "@kubets/rpc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readListChunk, readObject, readWatchBatch } from "./wire-reader.ts";

const payload = fc
  .uint8Array({ maxLength: 400 })
  .map((bytes) => ({ form: { $case: "json" as const, value: Buffer.from(bytes) } }));
const asBytes = (each: { form: { value: Buffer } }) => each.form.value.toString("hex");

describe("the wire reader", () => {
  it("reads what the generated encoder writes", () => {
    fc.assert(
      fc.property(fc.array(payload), fc.string(), fc.string(), (items, revision, token) => {
        const encoded = ListChunk.encode({
          resourceVersion: revision,
          continue: token,
          remainingItemCount: 7,
          items,
        }).finish();
        const chunk = readListChunk(Buffer.from(encoded));
        expect(chunk.resourceVersion).toBe(Buffer.from(revision).toString("utf8"));
        expect(chunk.continueToken).toBe(Buffer.from(token).toString("utf8"));
        expect(chunk.items.map((each) => each.toString("hex"))).toEqual(items.map(asBytes));
      }),
    );
    const type = fc.constantFrom(EventType.EVENT_TYPE_ADDED, EventType.EVENT_TYPE_BOOKMARK);
    fc.assert(
      fc.property(fc.array(fc.record({ type, object: payload })), (events) => {
        const read: unknown[] = [];
        const encoded = WatchBatch.encode({ events }).finish();
        readWatchBatch(Buffer.from(encoded), (kind, object) => {
          read.push([kind, object.toString("hex")]);
        });
        expect(read).toEqual(events.map((event) => [event.type, asBytes(event.object)]));
      }),
    );
    fc.assert(
      fc.property(payload, (object) => {
        const encoded = ObjectResponse.encode({ object }).finish();
        expect(readObject(Buffer.from(encoded))?.toString("hex")).toBe(asBytes(object));
      }),
    );
  });

  it("refuses bytes that are no message, and never reads past their end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readWatchBatch(Buffer.from(bytes), () => {});
        } catch (error) {
          expect(error).toMatchObject({ code: "badResponse" });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
