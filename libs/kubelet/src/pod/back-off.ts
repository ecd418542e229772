/**
 * Delays between tries, by key: the first is `initialMs`, each further one twice as long up to `maxMs`; a
 * key that was left alone for twice `maxMs` begins anew. Time is an argument, so that plans stay pure.
 *
 * Upstream: staging/src/k8s.io/client-go/util/flowcontrol/backoff.go Backoff @1.36
 */
interface Entry {
  readonly delayMs: number;
  readonly updatedMs: number;
}

export interface BackOffReader {
  /** When the key may be tried again, if `sinceMs` (the last failure) is too short ago; undefined: now. */
  waitUntil(key: string, sinceMs: number, nowMs: number): number | undefined;
  delayOf(key: string): number;
}

export class BackOff implements BackOffReader {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { readonly initialMs: number; readonly maxMs: number }) {
    this.#initialMs = options.initialMs;
    this.#maxMs = options.maxMs;
  }

  waitUntil(key: string, sinceMs: number, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isExpired(entry, sinceMs)) return undefined;
    const untilMs = sinceMs + entry.delayMs;
    return nowMs < untilMs ? untilMs : undefined;
  }

  /** The same, counted from the last failure that `next` was told of. */
  waitUntilAfterUpdate(key: string, nowMs: number): number | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#isExpired(entry, nowMs)) return undefined;
    const untilMs = entry.updatedMs + entry.delayMs;
    return nowMs < untilMs ? untilMs : undefined;
  }

  delayOf(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** A try begins (or failed) now; the next one will have to wait longer. */
  next(key: string, sinceMs: number, nowMs: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      entry === undefined || this.#isExpired(entry, sinceMs)
        ? this.#initialMs
        : Math.min(entry.delayMs * 2, this.#maxMs);
    this.#entries.set(key, { delayMs, updatedMs: nowMs });
  }

  forget(matches: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (matches(key)) this.#entries.delete(key);
  }

  #isExpired(entry: Entry, eventMs: number): boolean {
    return eventMs - entry.updatedMs > this.#maxMs * 2;
  }
}
