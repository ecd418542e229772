import { ClientError } from "../client.ts";

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines; the last one may still be coming. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }
  push(chunk: Buffer, lines: string[]): void {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) break;
      this.#rest.push(chunk.subarray(at, end));
      const line = Buffer.concat(this.#rest).toString("utf8");
      if (line.trim() !== "") lines.push(line);
      this.#rest = [];
      this.#restBytes = 0;
      at = end + 1;
    }
    if (at === chunk.length) return;
    this.#rest.push(chunk.subarray(at));
    this.#restBytes += chunk.length - at;
    if (this.#restBytes > this.#lineBytesMax) {
      throw new ClientError("badResponse", `a line is longer than ${this.#lineBytesMax} bytes`);
    }
  }
}
