/** What a cluster that comes up goes through, for whoever follows it. */
import { CommandError } from "./command.ts";
import type { Step } from "./control.ts";
import { plainMessage } from "./plain-message.ts";

export class BringUpSteps {
  readonly #onChange: () => void;
  #steps: readonly Step[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get all(): readonly Step[] {
    return this.#steps;
  }

  /** A failure is told to the followers and thrown. */
  async run(text: string, task: () => Promise<void>): Promise<void> {
    const index = this.#steps.length;
    this.#steps = [...this.#steps, { text, state: "running" }];
    this.#onChange();
    try {
      await task();
      this.#steps = this.#steps.with(index, { text, state: "done" });
    } catch (error) {
      const detail = error instanceof Error ? describe(error) : String(error);
      this.#steps = this.#steps.with(index, { text, state: "failed", detail });
      throw error;
    } finally {
      this.#onChange();
    }
  }
}

/** The error and what caused it, on one line. */
function describe(error: Error): string {
  if (error instanceof CommandError) return error.message;
  const { cause } = error;
  const message = plainMessage(error);
  return cause instanceof Error ? `${message}: ${describe(cause)}` : message;
}
