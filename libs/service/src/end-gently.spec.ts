import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { endGently } from "./end-gently.ts";
import { FakeClock } from "./fake-clock.ts";

/** A connection whose other side takes what is written when `take` is called. */
function connection() {
  let take = () => {};
  const socket = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      take = done;
    },
  });
  return { socket, take: () => take(), clock: new FakeClock() };
}

describe("ending a connection gently", () => {
  it("gives a slow reader all the time it needs, and then some to close", async () => {
    const { socket, take, clock } = connection();
    socket.write("last words");
    endGently(socket, clock);
    await clock.advance(3_600_000);
    expect(socket.destroyed).toBe(false);
    take();
    await clock.advance(9_999);
    expect(socket.destroyed).toBe(false);
    await clock.advance(1);
    expect(socket.destroyed).toBe(true);
  });

  it("waits on as long as the other side is still there to read", async () => {
    const { socket, clock } = connection();
    endGently(socket, clock);
    for (let pings = 0; pings < 6; pings++) {
      await clock.advance(5_000);
      socket.push("ping");
    }
    await clock.advance(9_999);
    expect(socket.destroyed).toBe(false);
    await clock.advance(1);
    expect(socket.destroyed).toBe(true);
  });

  it("does not listen for ever", async () => {
    const { socket, clock } = connection();
    endGently(socket, clock);
    let pings = 0;
    for (; !socket.destroyed && pings < 100; pings++) {
      socket.push("ping");
      await clock.advance(5_000);
    }
    expect(pings).toBe(60);
  });

  it("leaves nothing behind when the other side closes", async () => {
    const { socket, clock } = connection();
    endGently(socket, clock);
    await clock.advance(0);
    expect(clock.pending).toBe(1);
    socket.push("unread");
    socket.push(null);
    await clock.advance(0);
    expect([socket.destroyed, clock.pending]).toEqual([true, 0]);
  });

  it("leaves one alone that is closed already", () => {
    const { socket, clock } = connection();
    socket.destroy();
    endGently(socket, clock);
    expect(clock.pending).toBe(0);
  });
});
