/** A client of a Service that keeps asking on new connections, and remembers when it was not answered. */
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 50;
const ANSWER_MS = 2_000;

export class ServiceLoad {
  readonly #urls: readonly string[];
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;
  asked = 0;
  readonly failures: string[] = [];

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  start(): void {
    this.#work = this.#run();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let turn = 0; !signal.aborted; turn++) {
      const url = this.#urls[turn % this.#urls.length] ?? "";
      this.asked++;
      const why = await ask(url);
      if (why !== undefined) this.failures.push(`${url}: ${why}`);
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function ask(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = get(url, { agent: false, timeout: ANSWER_MS }, (response) => {
      response.resume();
      response.on("error", (error) => resolve(error.message));
      response.on("end", () =>
        resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`),
      );
    });
    call.on("timeout", () => call.destroy(new Error("no answer in 2 s")));
    call.on("error", (error) => resolve(error.message));
  });
}
