/**
 * A bound on the requests under way, separately for those that read and those that write. What comes above it waits
 * its turn: users take turns, so that a flood of one does not stand before the others. Waiting has bounds of its own,
 * in number and in time; beyond them a request is refused.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go, and priority-and-fairness.go for the waiting
 * @1.36
 */
import type { Clock } from "@kubets/service";

/** Zero means no limit. */
export interface InFlightMaxima {
  /** --max-requests-inflight */
  readonly readOnly: number;
  /** --max-mutating-requests-inflight */
  readonly mutating: number;
}

export type InFlightKind = keyof InFlightMaxima;

interface Waiter {
  readonly enter: () => void;
}

const waitingMax = 5_000;
/** A quarter of the time that a request may take, as upstream has it. */
const waitMaxMs = 15_000;

export class InFlightLimits {
  readonly #lanes: Readonly<Record<InFlightKind, Lane>>;

  constructor(maxima: InFlightMaxima, clock: Clock) {
    this.#lanes = {
      readOnly: new Lane(maxima.readOnly, clock),
      mutating: new Lane(maxima.mutating, clock),
    };
  }
  tryEnter(kind: InFlightKind): boolean {
    return this.#lanes[kind].tryEnter();
  }
  /** Resolves to true when the request may go on, to false when it has to be refused. */
  wait(kind: InFlightKind, flow: string): Promise<boolean> {
    return this.#lanes[kind].wait(flow);
  }
  leave(kind: InFlightKind): void {
    this.#lanes[kind].leave();
  }
  underWay(kind: InFlightKind): number {
    return this.#lanes[kind].underWay;
  }
  waiting(kind: InFlightKind): number {
    return this.#lanes[kind].waiting;
  }
}

class Lane {
  readonly #max: number;
  readonly #clock: Clock;
  /** In the order in which flows have their turn; a flow is there as long as it has somebody waiting. */
  readonly #flows = new Map<string, Set<Waiter>>();
  underWay = 0;
  waiting = 0;

  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }
  tryEnter(): boolean {
    if (this.#max > 0 && this.underWay >= this.#max) return false;
    this.underWay++;
    return true;
  }
  wait(flow: string): Promise<boolean> {
    if (this.waiting >= waitingMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        enter: () => {
          cancel();
          resolve(true);
        },
      };
      const waiters = this.#flows.get(flow) ?? new Set();
      this.#flows.set(flow, waiters.add(waiter));
      this.waiting++;
      const cancel = this.#clock.setTimer(waitMaxMs, () => {
        this.#remove(flow, waiters, waiter);
        resolve(false);
      });
    });
  }
  /** The place goes to the next flow's first waiter, if there is any. */
  leave(): void {
    for (const [flow, waiters] of this.#flows) {
      for (const waiter of waiters) {
        this.#remove(flow, waiters, waiter);
        if (waiters.size > 0) {
          // Behind all others.
          this.#flows.delete(flow);
          this.#flows.set(flow, waiters);
        }
        waiter.enter();
        return;
      }
    }
    this.underWay--;
  }
  #remove(flow: string, waiters: Set<Waiter>, waiter: Waiter): void {
    waiters.delete(waiter);
    this.waiting--;
    if (waiters.size === 0) this.#flows.delete(flow);
  }
}
