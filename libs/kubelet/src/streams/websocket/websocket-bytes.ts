/**
 * A WebSocket as a stream of bytes: messages begin and end wherever they like, as in a tunnel.
 *
 * Upstream: staging/src/k8s.io/client-go/tools/portforward/tunneling_connection.go @1.36
 */
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { messageBytes } from "./message-bytes.ts";

const NORMAL = 1000;

export function websocketBytes(socket: WebSocket): Duplex {
  const stream = new Duplex({
    // The other side closes the whole WebSocket or nothing.
    allowHalfOpen: false,
    read() {
      socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      // Whoever has gone away gets nothing more; the stream learns of it by its close.
      if (socket.readyState !== socket.OPEN) done();
      else socket.send(chunk, () => done());
    },
    final(done) {
      socket.close(NORMAL);
      done();
    },
    destroy(error, done) {
      if (error) socket.terminate();
      else socket.close(NORMAL);
      done(error);
    },
  });
  socket.on("message", (data) => {
    if (!stream.push(messageBytes(data))) socket.pause();
  });
  socket.on("error", () => stream.destroy());
  socket.once("close", () => {
    if (!stream.readableEnded) stream.push(null);
    stream.destroy();
  });
  return stream;
}
