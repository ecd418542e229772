import { Duplex } from "node:stream";
import { FakeClock } from "@kubets/service";
import { expect, it } from "vitest";
import { SpdyConnection } from "./spdy-connection.ts";

/** A connection whose other side takes nothing until it is told to. */
function fullSocket() {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const socket = new Duplex({
    highWaterMark: 1,
    read() {},
    write(_chunk, _encoding, done) {
      if (isOpen) done();
      else waiting.push(done);
    },
  });
  const take = () => {
    isOpen = true;
    for (const done of waiting.splice(0)) done();
  };
  return { socket, take };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("many streams wait for a full connection as one, and go on when it has room", async () => {
  const { socket, take } = fullSocket();
  const clock = new FakeClock();
  const connection = new SpdyConnection({ socket, head: Buffer.alloc(0), clock });
  const before = socket.listenerCount("drain");
  let written = 0;
  for (let count = 0; count < 100; count++) {
    connection.open(new Map()).write("bytes", () => {
      written++;
    });
  }
  await settled();
  expect([written, socket.listenerCount("drain") - before]).toEqual([0, 1]);
  take();
  await expect.poll(() => written).toBe(100);
  expect(socket.listenerCount("drain")).toBe(before);
});

it("a connection that closes while it is full ends what waits for it, and leaves no timer", async () => {
  const { socket } = fullSocket();
  const clock = new FakeClock();
  const connection = new SpdyConnection({ socket, head: Buffer.alloc(0), clock });
  const streams = Array.from({ length: 5 }, () => connection.open(new Map()));
  for (const stream of streams) stream.write("bytes");
  await settled();
  connection.close();
  socket.destroy();
  await expect.poll(() => streams.every((stream) => stream.writableFinished)).toBe(true);
  expect([clock.pending, socket.listenerCount("drain")]).toEqual([0, 0]);
});
