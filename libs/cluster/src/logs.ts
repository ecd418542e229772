/** `kubets logs`: the log files of a cluster's components. */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import type { ClusterHandle } from "./status.ts";

const ENDING = ".log";

/** The components that have a log, by the names that `logFile` takes. */
export function logNames({ paths }: ClusterHandle): string[] {
  return readdirSync(paths.logs)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** `kubelet` where there is one node, `kubelet NODE`, `kubelet/NODE` or `kubelet-NODE`; throws with what there is. */
export function chooseLog(names: readonly string[], wanted: readonly string[]): string {
  const name = wanted.join("-").replaceAll("/", "-").replaceAll(" ", "-");
  if (names.includes(name)) return name;
  const matches = names.filter((known) => known.startsWith(`${name}-`));
  const [first] = matches;
  if (first !== undefined && matches.length === 1) return first;
  const choice = matches.length > 1 ? matches : names;
  throw new Error(
    `${matches.length > 1 ? `"${name}" is more than one log` : `there is no log of "${name}"`}; there is: ${choice.join(", ")}`,
  );
}

/**
 * The last `lines` lines (undefined: everything); then, with `follow`, what is appended until the signal or until the
 * cluster is removed. A file that is renamed away is read to its end before the one that takes its place.
 */
export async function* readLog(
  { paths }: ClusterHandle,
  name: string,
  options: { readonly lines?: number; readonly follow: boolean },
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const file = join(paths.logs, `${name}${ENDING}`);
  let descriptor = openSync(file, "r");
  try {
    let position = startOf(descriptor, options.lines);
    for (;;) {
      // Looked for before the old one is read: what was written to it until then is not lost.
      const isReplaced = isAnother(file, descriptor);
      // Cut off by whoever rotates logs: what is new begins at the top.
      if (fstatSync(descriptor).size < position) position = 0;
      for (;;) {
        const piece = readPiece(descriptor, position, PIECE_BYTES);
        if (piece.length === 0) break;
        position += piece.length;
        yield piece;
      }
      if (!options.follow || signal.aborted) return;
      if (isReplaced) {
        const next = openSync(file, "r");
        closeSync(descriptor);
        descriptor = next;
        position = 0;
        continue;
      }
      if (!existsSync(paths.logs)) return;
      await sleep(clock, FOLLOW_MS, signal).catch(() => {
        // The signal ended the wait; the next round ends the reading.
      });
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether the file of this name is not the one that is open. Between the two there may be none. */
function isAnother(file: string, descriptor: number): boolean {
  const named = statSync(file, { throwIfNoEntry: false });
  if (named === undefined) return false;
  const open = fstatSync(descriptor);
  return named.ino !== open.ino || named.dev !== open.dev;
}

const PIECE_BYTES = 1 << 16;
const FOLLOW_MS = 200;

/** Where the last `lines` lines begin. */
function startOf(descriptor: number, lines: number | undefined): number {
  if (lines === undefined) return 0;
  const { size } = fstatSync(descriptor);
  if (lines === 0) return size;
  let missing = lines;
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - PIECE_BYTES);
    const piece = readPiece(descriptor, begin, end - begin);
    for (let index = piece.length - 1; index >= 0; index--) {
      const isEnd = begin + index === size - 1;
      if (piece[index] !== NEWLINE || isEnd) continue;
      missing--;
      if (missing <= 0) return begin + index + 1;
    }
    end = begin;
  }
  return 0;
}

const NEWLINE = 0x0a;

function readPiece(descriptor: number, position: number, length: number): Buffer {
  const piece = Buffer.alloc(length);
  return piece.subarray(0, readSync(descriptor, piece, 0, length, position));
}
