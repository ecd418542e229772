import { describe, expect, it } from "vitest";
import type { RevisionHint } from "./bus.ts";
import { decodeHint, encodeHint } from "./hint-codec.ts";
import { createMemoryBus } from "./memory-bus.ts";

const hint: RevisionHint = { first: 7n, last: 9n };

describe("the memory bus", () => {
  it("tells every receiver, not before publish has returned", async () => {
    const bus = createMemoryBus();
    const seen: string[] = [];
    bus.subscribe(({ first, last }) => seen.push(`a ${first} ${last}`));
    bus.subscribe(({ first, last }) => seen.push(`b ${first} ${last}`));
    bus.publish(hint);
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual(["a 7 9", "b 7 9"]);
  });

  it("tells nobody who has left, and nothing once closed", async () => {
    const bus = createMemoryBus();
    const seen: string[] = [];
    const onHint = () => seen.push("hint");
    const leave = bus.subscribe(onHint);
    bus.subscribe(onHint);
    leave();
    bus.publish(hint);
    await Promise.resolve();
    expect(seen).toEqual(["hint"]);
    expect(bus.isConnected()).toBe(true);
    await bus.close();
    bus.publish(hint);
    await Promise.resolve();
    expect(seen).toEqual(["hint"]);
    expect(bus.isConnected()).toBe(false);
  });
});

describe("the form of a hint", () => {
  it("carries revisions beyond 2^53 there and back", () => {
    const large = { first: 2n ** 53n + 1n, last: 2n ** 62n };
    expect(decodeHint(encodeHint(large))).toEqual(large);
  });

  it("is refused when it is cut, longer, of another version, reversed or negative", () => {
    const good = encodeHint(hint);
    expect(decodeHint(good.subarray(1))).toBeUndefined();
    expect(decodeHint(new Uint8Array([...good, 0]))).toBeUndefined();
    expect(decodeHint(new Uint8Array([2, ...good.subarray(1)]))).toBeUndefined();
    expect(decodeHint(encodeHint({ first: 9n, last: 7n }))).toBeUndefined();
    expect(decodeHint(encodeHint({ first: -1n, last: 7n }))).toBeUndefined();
    expect(decodeHint(new Uint8Array())).toBeUndefined();
  });
});
