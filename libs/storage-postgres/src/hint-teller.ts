import type { Bus } from "@kubets/bus";
import type { Clock } from "@kubets/service";
import type { Revision } from "@kubets/storage";

/** While commits follow each other, so much lies between two hints. */
const betweenMs = 10;

/**
 * Tells other replicas what was committed here: at once after a rest, and at once when nothing more is to come. Each hint wakes
 * every other replica, so in between one stands for several commits.
 */
export class HintTeller {
  readonly #bus: Bus;
  readonly #clock: Clock;
  #untold: { first: Revision; last: Revision } | undefined;
  #toldMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** These revisions were committed. */
  committed(range: { readonly first: Revision; readonly last: Revision }): void {
    this.#untold = { first: this.#untold?.first ?? range.first, last: range.last };
    const restMs = this.#toldMs + betweenMs - this.#clock.monotonicMs();
    if (restMs <= 0) this.flush();
    else this.#cancelTimer ??= this.#clock.setTimer(restMs, () => this.flush());
  }

  /** To be called when no commit is under way any more, and at the end. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#untold === undefined) return;
    this.#bus.publish(this.#untold);
    this.#untold = undefined;
    this.#toldMs = this.#clock.monotonicMs();
  }
}
