/**
 * What a controller has asked for and not yet seen: it does not act on a key again while creations or
 * deletions that it caused are still missing in its informer. Expectations that stay unmet end after a
 * time, since a lost event must not block a key for ever.
 *
 * Upstream: pkg/controller/controller_utils.go ControllerExpectations, UIDTrackingControllerExpectations @1.36
 */
import type { Clock } from "@kubets/service";

interface Expected {
  creations: number;
  /** uids, so that a deletion seen twice counts once. */
  readonly deletions: Set<string>;
  readonly sinceMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #byKey = new Map<string, Expected>();

  constructor(options: { readonly clock: Clock; readonly timeoutMs?: number }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? 300_000;
  }
  /** Replaces what was expected for the key. Call before the requests go out. */
  expect(
    key: string,
    wanted: { readonly creations?: number; readonly deletions?: Iterable<string> },
  ) {
    this.#byKey.set(key, {
      creations: wanted.creations ?? 0,
      deletions: new Set(wanted.deletions),
      sinceMs: this.#clock.monotonicMs(),
    });
  }
  /** A creation was seen, or failed. */
  created(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected !== undefined && expected.creations > 0) expected.creations--;
  }
  /** A deletion was seen, or failed. */
  deleted(key: string, uid: string): void {
    this.#byKey.get(key)?.deletions.delete(uid);
  }
  /** Whether the controller may act on the key. */
  isMet(key: string): boolean {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return true;
    if (expected.creations === 0 && expected.deletions.size === 0) return true;
    return this.#clock.monotonicMs() - expected.sinceMs > this.#timeoutMs;
  }
  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
