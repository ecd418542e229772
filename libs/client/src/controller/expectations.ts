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
    const expected = {
      creations: wanted.creations ?? 0,
      deletions: new Set(wanted.deletions),
      sinceMs: this.#clock.monotonicMs(),
    };
    this.#byKey.set(key, expected);
    this.#forgetIfSeen(key, expected);
  }
  /** A creation was seen, or failed. */
  created(key: string): void {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return;
    if (expected.creations > 0) expected.creations--;
    this.#forgetIfSeen(key, expected);
  }
  /** A deletion was seen, or failed. */
  deleted(key: string, uid: string): void {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return;
    expected.deletions.delete(uid);
    this.#forgetIfSeen(key, expected);
  }
  /** Whether the controller may act on the key. */
  isMet(key: string): boolean {
    const expected = this.#byKey.get(key);
    if (expected === undefined) return true;
    return this.#clock.monotonicMs() - expected.sinceMs > this.#timeoutMs;
  }
  forget(key: string): void {
    this.#byKey.delete(key);
  }
  /** Keys of which something is expected. */
  get size(): number {
    return this.#byKey.size;
  }

  #forgetIfSeen(key: string, { creations, deletions }: Expected): void {
    if (creations === 0 && deletions.size === 0) this.#byKey.delete(key);
  }
}
