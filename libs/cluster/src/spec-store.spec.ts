import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts, withMachineLock } from "./spec-store.ts";

describe("the ports of a new cluster", () => {
  it("are none that another one has, whether it listens or not", async () => {
    const first = await freePorts("127.0.0.1", 42_000, 10);
    expect(await freePorts("127.0.0.1", first, 10, [first])).toBeGreaterThanOrEqual(first + 10);
    expect(await freePorts("127.0.0.1", first, 10, [first + 5])).toBeGreaterThanOrEqual(first + 15);
    const server = createServer().listen(first + 3, "127.0.0.1");
    await once(server, "listening");
    expect(await freePorts("127.0.0.1", first, 10)).toBeGreaterThanOrEqual(first + 10);
    server.close();
  });
});

describe("the machine's lock", () => {
  let state: string;
  let clock: FakeClock;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "kubets-lock-"));
    clock = new FakeClock();
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));
  const lock = <T>(task: () => Promise<T>) => withMachineLock({ state, run: state }, clock, task);

  it("lets one in at a time, and leaves nothing behind", async () => {
    const order: string[] = [];
    const leave = Promise.withResolvers<void>();
    const first = lock(async () => {
      order.push("first begins");
      await leave.promise;
      order.push("first ends");
    });
    const second = lock(async () => {
      order.push("second");
    });
    await clock.advance(500);
    expect(order).toEqual(["first begins"]);
    leave.resolve();
    await first;
    await clock.advance(100);
    await second;
    expect(order).toEqual(["first begins", "first ends", "second"]);
    expect(readdirSync(state)).toEqual([]);
  });
  it.each([
    ["whose holder is gone", JSON.stringify({ name: "lock", pid: 2 ** 22 + 1, startTime: "1" })],
    ["that a full disk left empty", ""],
  ])("is taken over from one %s", async (_, text) => {
    writeFileSync(join(state, ".lock"), text);
    expect(await lock(() => Promise.resolve("done"))).toBe("done");
    expect(readdirSync(state)).toEqual([]);
  });
  it("is let go when the task fails", async () => {
    await expect(lock(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(state)).toEqual([]);
  });
});
