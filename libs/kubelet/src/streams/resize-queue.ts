/** Terminal sizes in the order they came; of several that wait, only the last matters. */
import type { TerminalSize } from "@kubets/cri";

export class ResizeQueue implements AsyncIterable<TerminalSize> {
  #latest: TerminalSize | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** A JSON text {"Width": …, "Height": …}; anything else is passed over. */
  pushJson(text: string): void {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null) return;
      const entries = new Map<string, unknown>(Object.entries(value));
      const [width, height] = [entries.get("Width"), entries.get("Height")];
      if (typeof width !== "number" || typeof height !== "number") return;
      this.#latest = { width, height };
      this.#wake?.();
    } catch {
      // Clients may send nonsense; the terminal keeps its size then.
    }
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TerminalSize> {
    for (;;) {
      const size = this.#latest;
      this.#latest = undefined;
      if (size !== undefined) yield size;
      else if (this.#isEnded) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
