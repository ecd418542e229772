import { Duplex } from "node:stream";
import { FakeClock } from "@kubets/service";
import { expect, it } from "vitest";
import { refuseStream } from "./stream-request.ts";

it("a client that is refused and neither reads nor closes is let go", async () => {
  const clock = new FakeClock();
  let text = "";
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  refuseStream({ socket, clock }, 403, "no\n", ["X-More: 1"]);
  socket.push("what it goes on to say");
  await clock.advance(0);
  expect(text).toBe(
    "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nX-More: 1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nno\n",
  );
  expect(socket.destroyed).toBe(false);
  await clock.advance(10_000);
  expect(socket.destroyed).toBe(true);
});
