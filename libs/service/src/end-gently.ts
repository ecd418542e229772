import type { Duplex } from "node:stream";
import type { Clock } from "./clock.ts";

/** How long the other side may say nothing before it closes. Longer than the pauses between a client's pings. */
const PATIENCE_MS = 10_000;
/** How long it may go on talking. */
const LONGEST_MS = 300_000;

/**
 * Ends a connection behind what was written to it. Going away while bytes of the other side wait unread, or still come,
 * would make the kernel break the connection, and the other side could lose our last words: so they are read and dropped,
 * for a while.
 */
export function endGently(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  let deadlineMs: number | undefined;
  let cancel = () => {};
  const wait = () => {
    // Not before all is on its way: a slow reader is given its time, a stuck one is its owner's to find.
    if (!socket.writableFinished) return;
    const nowMs = clock.monotonicMs();
    deadlineMs ??= nowMs + LONGEST_MS;
    cancel();
    cancel = clock.setTimer(Math.min(PATIENCE_MS, deadlineMs - nowMs), () => socket.destroy());
  };
  socket.once("finish", wait);
  socket.once("close", () => cancel());
  socket.on("data", wait);
  wait();
  socket.end();
  socket.resume();
}
