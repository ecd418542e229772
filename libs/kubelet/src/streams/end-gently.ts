import type { Duplex } from "node:stream";
import type { Clock } from "@kubets/service";

/** How long the other side may take to read what was written last. */
const PATIENCE_MS = 5000;

/**
 * Ends a connection behind what was written to it. Going away while bytes of the other side wait unread would make
 * the kernel break the connection, and the other side could lose our last words: so they are read and dropped, for a
 * while.
 */
export function endGently(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  const cancel = clock.setTimer(PATIENCE_MS, () => socket.destroy());
  socket.once("close", cancel);
  socket.end();
  socket.on("data", () => {});
  socket.resume();
}
