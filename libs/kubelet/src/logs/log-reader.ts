/**
 * Reads a container's log file for a client: the lines that were asked for, then, where it follows, what is
 * written until the container ends. Gives ready bytes; the caller's back-pressure holds the reading.
 *
 * Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go ReadLogs @1.36
 */
import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { parseTime } from "@kubets/api";
import { type Clock, sleep } from "@kubets/service";
import { type LogLine, parseLogLine } from "./log-line.ts";
import type { LogOptions } from "./log-options.ts";

export interface ReadLogInput {
  readonly path: string;
  readonly options: LogOptions;
  /** Whether more may still be written. */
  readonly isRunning: () => Promise<boolean>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
const LINE_END = Buffer.from("\n");
/** How often a follower looks whether the container still runs. */
const CHECK_MS = 1000;

export async function* readLog(input: ReadLogInput): AsyncGenerator<Buffer> {
  const { options, signal } = input;
  let file = await open(input.path, "r");
  const watcher = options.follow ? new ChangeWatcher(input.path) : undefined;
  try {
    const format = new LineFormatter(options);
    const position = options.tailLines === undefined ? 0 : await tailStart(file, options.tailLines);
    const scanner = new LineScanner(position);
    for (;;) {
      // What the container wrote before it ended is read after it is known to have ended.
      const isRunning = options.follow && (await input.isRunning());
      for await (const lines of scanner.read(file)) {
        const bytes = format.bytes(lines);
        if (bytes.length > 0) yield bytes;
        if (format.isFull || signal.aborted) return;
      }
      if (!isRunning || signal.aborted) return;
      if (await wasReplaced(file, input.path)) {
        await file.close();
        file = await open(input.path, "r");
        scanner.restart();
        continue;
      }
      await watcher?.changed(input.clock, signal);
    }
  } finally {
    watcher?.close();
    await file.close();
  }
}

/** Wakes when the file's folder tells of a change, and now and then in any case. */
class ChangeWatcher {
  readonly #watcher: FSWatcher;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(path: string) {
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_, changed) => {
      if (changed !== null && changed !== name) return;
      this.#hasChanged = true;
      this.#wake?.();
    });
    // Without it the timer alone finds what is new.
    this.#watcher.on("error", () => this.#watcher.close());
  }

  async changed(clock: Clock, signal: AbortSignal): Promise<void> {
    if (!this.#hasChanged) {
      const done = new AbortController();
      const told = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const timer = sleep(clock, CHECK_MS, AbortSignal.any([done.signal, signal])).catch(() => {});
      await Promise.race([told, timer]);
      done.abort();
      this.#wake = undefined;
    }
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher.close();
  }
}

/** Complete lines of a file from a position on; an unfinished last line waits for its end. */
class LineScanner {
  #position: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(position: number) {
    this.#position = position;
  }

  restart(): void {
    this.#position = 0;
    this.#rest = Buffer.alloc(0);
  }

  /** One list for each piece that is read, so that a long log is not a promise for each line. */
  async *read(file: FileHandle): AsyncGenerator<LogLine[]> {
    for (;;) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      const fresh = buffer.subarray(0, bytesRead);
      const all = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
      const lines: LogLine[] = [];
      let start = 0;
      for (;;) {
        const end = all.indexOf(NEWLINE, start);
        if (end < 0) break;
        const line = parseLogLine(all.subarray(start, end));
        start = end + 1;
        // A line of another form was not written by the runtime.
        if (line !== undefined) lines.push(line);
      }
      this.#rest = all.subarray(start);
      yield lines;
    }
  }
}

class LineFormatter {
  readonly #options: LogOptions;
  readonly #continues = { stdout: false, stderr: false };
  #bytesLeft: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#bytesLeft = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get isFull(): boolean {
    return this.#bytesLeft <= 0;
  }

  bytes(lines: readonly LogLine[]): Buffer {
    const { stream, sinceMs, timestamps } = this.#options;
    const parts: Buffer[] = [];
    for (const line of lines) {
      if (stream !== "All" && stream.toLowerCase() !== line.stream) continue;
      if (sinceMs !== undefined && (parseTime(line.time) ?? 0) < sinceMs) continue;
      // The time stands at the beginning of a line, not at each of its parts.
      if (timestamps && !this.#continues[line.stream]) parts.push(Buffer.from(`${line.time} `));
      parts.push(line.text);
      if (!line.isPartial) parts.push(LINE_END);
      this.#continues[line.stream] = line.isPartial;
    }
    let bytes = Buffer.concat(parts);
    if (bytes.length > this.#bytesLeft) bytes = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= bytes.length;
    return bytes;
  }
}

/** Where the last `lines` lines begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  let found = 0;
  // The newline at the very end ends the last line and begins none.
  for (let end = size - 1; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const buffer = Buffer.allocUnsafe(end - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (buffer[at] !== NEWLINE) continue;
      found += 1;
      if (found === lines) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

/** The runtime began a new file under the old name, and the old one is read to its end. */
async function wasReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [open, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino !== open.ino;
}
