import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { decodeEnvelope } from "./task-events.ts";

function envelope(topic: string, fields: readonly [number, string | number][]): Buffer {
  const payload = new BinaryWriter();
  for (const [field, value] of fields) {
    if (typeof value === "string") payload.uint32((field << 3) | 2).string(value);
    else payload.uint32(field << 3).uint32(value);
  }
  const any = new BinaryWriter().uint32(10).string("type").uint32(18).bytes(payload.finish());
  const time = new BinaryWriter().uint32(8).int64(1n).finish();
  const message = new BinaryWriter()
    .uint32(10)
    .bytes(time)
    .uint32(18)
    .string("k8s.io")
    .uint32(26)
    .string(topic)
    .uint32(34)
    .bytes(any.finish());
  return Buffer.from(message.finish());
}

describe("an envelope of containerd's events", () => {
  it("tells that a container's own process ended", () => {
    const bytes = envelope("/tasks/exit", [
      [1, "abc"],
      [2, "abc"],
      [3, 77],
      [4, 1],
    ]);
    expect(decodeEnvelope(bytes).event).toEqual({ type: "exited", id: "abc" });
  });

  it("does not take the end of an exec for the end of its container", () => {
    const bytes = envelope("/tasks/exit", [
      [1, "abc"],
      [2, "exec-1"],
      [3, 77],
      [4, 1],
    ]);
    expect(decodeEnvelope(bytes).event).toBeUndefined();
  });

  it("tells of starts and of memory running out", () => {
    expect(
      decodeEnvelope(
        envelope("/tasks/start", [
          [1, "a"],
          [2, 5],
        ]),
      ).event?.type,
    ).toBe("started");
    expect(decodeEnvelope(envelope("/tasks/oom", [[1, "a"]])).event?.type).toBe("oom");
  });

  it("is passed over when its topic is another", () => {
    expect(decodeEnvelope(envelope("/images/update", [[1, "a"]])).event).toBeUndefined();
  });
});
