/** Ends components that run but do not answer; what started them starts them again. */
import type { Clock, Logger } from "@kubets/service";
import { type Probe, watchLiveness } from "./liveness.ts";

export interface LivenessWatchesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined for what cannot be asked. */
  readonly probe: (component: string) => Probe | undefined;
}

export class LivenessWatches {
  readonly #options: LivenessWatchesOptions;
  readonly #ends = new Map<string, () => void>();

  constructor(options: LivenessWatchesOptions) {
    this.#options = options;
  }

  begin(component: string, kill: (why: string) => void): void {
    const { clock, logger } = this.#options;
    const probe = this.#options.probe(component);
    if (probe === undefined) return;
    this.end(component);
    const onSilent = (why: string) => {
      logger.error("a component is silent and is killed", { component, why });
      kill(`killed: ${why}`);
    };
    this.#ends.set(component, watchLiveness({ probe, clock, onSilent }));
  }

  /** Without a component: all of them. */
  end(component?: string): void {
    for (const name of component === undefined ? [...this.#ends.keys()] : [component]) {
      this.#ends.get(name)?.();
      this.#ends.delete(name);
    }
  }
}
