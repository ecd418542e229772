import type { Revision } from "@kubets/storage";
import type { Feed } from "./feed.ts";

/**
 * Follows what other replicas tell about the log. While commits are under way here, their answers bring the same
 * rows, so reading them as well would only make everybody slower. What was told meanwhile is followed when the last
 * commit has its answer; should that take long, the feed's own tick does it.
 */
export class HintFollower {
  readonly #feed: Feed;
  readonly #isCommitting: () => boolean;
  #told: Revision = 0n;

  constructor(options: { readonly feed: Feed; readonly isCommitting: () => boolean }) {
    this.#feed = options.feed;
    this.#isCommitting = options.isCommitting;
  }

  /** Somebody wrote up to here, or says so. */
  told(last: Revision): void {
    if (last > this.#told) this.#told = last;
    if (!this.#isCommitting()) this.follow();
  }

  /** To be called when no commit is under way any more. */
  follow(): void {
    const told = this.#told;
    // Forgotten at once: a forged hint far ahead must not make every later one a read.
    this.#told = 0n;
    this.#feed.hint(told);
  }
}
