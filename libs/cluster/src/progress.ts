/** Steps for a person who waits: a spinner on a terminal, plain lines elsewhere. Always on stderr, so results pipe. */
import type { Clock } from "@kubets/service";

export interface Progress {
  begin(text: string): void;
  done(text: string): void;
  failed(text: string): void;
  note(text: string): void;
  /** Takes the step away without a word: its result is what comes next. */
  end(): void;
}

export interface ProgressOutput {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly color: boolean;
  /** Only failures. */
  readonly quiet?: boolean;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
/** Where nothing can spin, a step that takes longer is named before it is done. */
const SLOW_MS = 1_000;

export function createProgress(output: ProgressOutput, clock: Clock): Progress {
  const paint = (code: number, text: string) =>
    output.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  let cancel: (() => void) | undefined;
  let startedMs = 0;
  const clear = () => {
    cancel?.();
    cancel = undefined;
    if (output.isTTY) output.write("\r\u001b[K");
  };
  const took = () => {
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    return seconds >= 0.95 ? paint(2, ` (${seconds.toFixed(1)} s)`) : "";
  };
  return {
    begin: (text) => {
      if (output.quiet === true) return;
      clear();
      startedMs = clock.monotonicMs();
      if (!output.isTTY) {
        cancel = clock.setTimer(SLOW_MS, () => output.write(` … ${text}\n`));
        return;
      }
      const frame = (index: number) => {
        output.write(`\r ${FRAMES[index % FRAMES.length]} ${text} `);
        cancel = clock.setTimer(FRAME_MS, () => frame(index + 1));
      };
      frame(0);
    },
    done: (text) => {
      if (output.quiet === true) return;
      clear();
      output.write(` ${paint(32, "✓")} ${text}${took()}\n`);
    },
    failed: (text) => {
      clear();
      output.write(` ${paint(31, "✗")} ${text}\n`);
    },
    end: () => {
      if (output.quiet !== true) clear();
    },
    note: (text) => {
      if (output.quiet === true) return;
      clear();
      output.write(`${text}\n`);
    },
  };
}
