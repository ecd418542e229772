/**
 * Holds a runtime to a few starts at a time. Starting is work for the processor: a hundred at once take as
 * long as a few at a time, but then none is done before all are. What belongs to a pod that has begun goes
 * before new pods, so that each is finished soon.
 *
 * A start that has begun is never broken off: a runtime that loses its caller half-way is left with a container
 * that is neither there nor gone. Giving up only spares what has not begun.
 */
import type { ContainerRuntime } from "@kubets/cri";

export function boundStarts(runtime: ContainerRuntime, startsMax: number): ContainerRuntime {
  const slots = new Slots(startsMax);
  return {
    ...runtime,
    runSandbox: (config, handler, options) =>
      slots.run("later", options?.signal, () => runtime.runSandbox(config, handler)),
    createContainer: (sandboxId, config, sandbox, options) =>
      slots.run("sooner", options?.signal, () =>
        runtime.createContainer(sandboxId, config, sandbox),
      ),
    startContainer: (id, options) =>
      slots.run("sooner", options?.signal, () => runtime.startContainer(id)),
  };
}

type Turn = "sooner" | "later";

class Slots {
  readonly #waiting: Readonly<Record<Turn, (() => void)[]>> = { sooner: [], later: [] };
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(turn: Turn, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting[turn].push(resolve));
    try {
      // Whoever gave up while waiting hands its turn on at once.
      signal?.throwIfAborted();
      return await task();
    } finally {
      const next = this.#waiting.sooner.shift() ?? this.#waiting.later.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
