import type { Clock } from "@kubets/service";
import type { Revision } from "@kubets/storage";
import { tooLargeResourceVersion } from "./cache-errors.ts";

/** Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go blockTimeout @1.36 */
const waitMaxMs = 3_000;

interface Waiter {
  readonly revision: Revision;
  readonly resolve: () => void;
  readonly cancel: () => void;
}

/** Up to which revision the cache has come, and who waits for one. */
export class RevisionGate {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #revision: Revision = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get revision(): Revision {
    return this.#revision;
  }

  advance(revision: Revision): void {
    this.#revision = revision;
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.cancel();
      waiter.resolve();
    }
  }

  /** Resolves when everything up to the revision was applied; 504 when that takes too long. */
  reached(revision: Revision): Promise<void> | undefined {
    if (this.#revision >= revision) return undefined;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(waitMaxMs, () => {
        this.#waiters.delete(waiter);
        reject(tooLargeResourceVersion(revision, this.#revision));
      });
      const waiter: Waiter = { revision, resolve, cancel };
      this.#waiters.add(waiter);
    });
  }
}
