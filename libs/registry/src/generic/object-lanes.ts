import type { Clock } from "@kubets/service";

/** Nobody waits longer for those before: whoever holds a lane may itself be waiting, on a webhook for instance. */
const waitMaxMs = 1_000;
/** Whoever comes behind so many would hardly get its turn within that time, and goes ahead at once. */
const waitingMax = 256;

/** Gives the place in the lane to the next. */
export type Leave = () => void;

/** Who passed by holds no place. */
const passBy: Leave = () => {};

/**
 * Writers of one object that met each other line up behind one another. Each then starts from what the one before it
 * wrote, instead of all computing the same step and all but one of them in vain. A lane only saves work: whether a write
 * counts is decided by its commit, so it may be passed by.
 */
export class ObjectLanes {
  readonly #clock: Clock;
  /** Who waits behind the holder; a lane without a holder is not there. */
  readonly #lanes = new Map<string, (() => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBusy(key: string): boolean {
    return this.#lanes.has(key);
  }

  /** Resolves when it is our turn, or when waiting is of no use; `leave` must be called either way. */
  async enter(key: string): Promise<Leave> {
    const waiting = this.#lanes.get(key);
    if (waiting === undefined) {
      this.#lanes.set(key, []);
      return this.#leaveOnce(key);
    }
    if (waiting.length >= waitingMax) return passBy;
    const isOurTurn = await new Promise<boolean>((resolve) => {
      const cancel = this.#clock.setTimer(waitMaxMs, () => {
        waiting.splice(waiting.indexOf(begin), 1);
        resolve(false);
      });
      const begin = () => {
        cancel();
        resolve(true);
      };
      waiting.push(begin);
    });
    return isOurTurn ? this.#leaveOnce(key) : passBy;
  }

  #leaveOnce(key: string): Leave {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const next = this.#lanes.get(key)?.shift();
      if (next === undefined) this.#lanes.delete(key);
      else next();
    };
  }
}
