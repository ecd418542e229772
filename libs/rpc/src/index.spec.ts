import { describe, expect, it } from "vitest";
import { CreateRequest, EventType, ListChunk, ObjectsService, WatchBatch } from "./index.ts";

describe("kubets.api.v1", () => {
  it("carries payloads as they are, in the form that the caller chose", () => {
    const json = Buffer.from('{"kind":"Pod"}');
    const batch = WatchBatch.decode(
      WatchBatch.encode({
        events: [
          { type: EventType.EVENT_TYPE_ADDED, object: { form: { $case: "json", value: json } } },
          {
            type: EventType.EVENT_TYPE_DELETED,
            object: { form: { $case: "protobuf", value: Buffer.from("k8s\0") } },
          },
        ],
      }).finish(),
    );
    const [added, deleted] = batch.events;
    expect(added?.object?.form).toEqual({ $case: "json", value: json });
    expect(Buffer.isBuffer(added?.object?.form?.value)).toBe(true);
    expect(deleted?.object?.form?.$case).toBe("protobuf");
  });

  it("tells an absent count from zero", () => {
    const chunk = (remainingItemCount?: number) =>
      ListChunk.decode(
        ListChunk.encode({
          resourceVersion: "",
          continue: "",
          items: [],
          remainingItemCount,
        }).finish(),
      ).remainingItemCount;
    expect(chunk(0)).toBe(0);
    expect(chunk()).toBeUndefined();
  });

  it("names its methods as clients call them", () => {
    expect(ObjectsService.create.path).toBe("/kubets.api.v1.Objects/Create");
    expect(ObjectsService.watch.responseStream).toBe(true);
    expect(CreateRequest.decode(CreateRequest.encode({}).finish()).ref).toBeUndefined();
  });
});
