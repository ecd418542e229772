import type { Duplex } from "node:stream";
import type { Clock } from "@kubets/service";

/** How long the other side may take to close when everything was written. */
const PATIENCE_MS = 5000;

/**
 * Ends a connection behind what was written to it. Going away while bytes of the other side wait unread would make
 * the kernel break the connection, and the other side could lose our last words: so they are read and dropped, for a
 * while.
 */
export function endGently(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  const waitForClose = () => {
    const cancel = clock.setTimer(PATIENCE_MS, () => socket.destroy());
    socket.once("close", cancel);
  };
  // Not before all is on its way: a slow reader is given its time, a stuck one is idle.
  if (socket.writableFinished) waitForClose();
  else socket.once("finish", waitForClose);
  socket.end();
  socket.on("data", () => {});
  socket.resume();
}
