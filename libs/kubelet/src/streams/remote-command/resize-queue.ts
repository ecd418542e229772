/** Terminal sizes in the order they came; of several that wait, only the last matters. */
import type { TerminalSize } from "@kubets/cri";

/** No size is longer; what is, is not one. */
const TEXT_MAX = 1024;

export class ResizeQueue implements AsyncIterable<TerminalSize> {
  #text = "";
  #latest: TerminalSize | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /**
   * The next bytes of a stream of JSON objects {"Width": …, "Height": …}, which may be cut anywhere. Clients may send
   * nonsense; the terminal keeps its size then.
   */
  push(bytes: Buffer): void {
    this.#text += bytes.toString("utf8");
    for (let end = this.#text.indexOf("}"); end >= 0; end = this.#text.indexOf("}")) {
      const size = parseSize(this.#text.slice(0, end + 1));
      this.#text = this.#text.slice(end + 1);
      if (size === undefined) continue;
      this.#latest = size;
      this.#wake?.();
    }
    if (this.#text.length > TEXT_MAX) this.#text = "";
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

function parseSize(text: string): TerminalSize | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const [width, height] = [fieldOf(value, "Width"), fieldOf(value, "Height")];
  return isCount(width) && isCount(height) ? { width, height } : undefined;
}

function fieldOf(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/** As in upstream's uint16. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
}
