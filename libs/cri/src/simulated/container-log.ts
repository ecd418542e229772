/** A container's log file in the format that CRI runtimes write: time, stream, "F" or "P", text. */
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "@kubets/service";

export class ContainerLog {
  readonly #path: string;
  readonly #clock: Clock;
  #pending = "";
  #writing: Promise<void> | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Text is split into lines; a last part without a newline is marked as partial. */
  write(stream: "stdout" | "stderr", bytes: Buffer | string): void {
    const text = typeof bytes === "string" ? bytes : bytes.toString("utf8");
    const time = new Date(this.#clock.now()).toISOString().replace("Z", "000000Z");
    const parts = text.split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) this.#pending += `${time} ${stream} F ${part}\n`;
    if (last !== "") this.#pending += `${time} ${stream} P ${last}\n`;
    this.#writing ??= this.#flush();
  }

  /** Resolves when everything written so far is in the file. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** A log that cannot be written is lost, as it is when a real node's disk is full; the container goes on. */
  async #flush(): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      while (this.#pending !== "") {
        const text = this.#pending;
        this.#pending = "";
        await appendFile(this.#path, text);
      }
    } catch {
      this.#pending = "";
    } finally {
      this.#writing = undefined;
    }
  }
}
