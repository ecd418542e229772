/** Users at work while things break: they create and read all the time, try again what fails, and count. */
import type { Stack } from "./stack.ts";

const BETWEEN_TRIES_MS = 500;
const BETWEEN_TURNS_MS = 100;

export class Users {
  done = 0;
  retried = 0;
  /** The longest that one request took with all its retries. */
  longestMs = 0;
  readonly failures: string[] = [];
  readonly #stack: Stack;
  readonly #prefix: string;
  readonly #retries: number;
  readonly #created: string[] = [];
  #stopping = false;
  readonly #running: Promise<void>[];

  constructor(stack: Stack, options: { readonly prefix: string; readonly retries: number }) {
    this.#stack = stack;
    this.#prefix = options.prefix;
    this.#retries = options.retries;
    this.#running = ["ann", "bob"].map((name) => this.#work(`${this.#prefix}-${name}`));
  }

  async #work(name: string): Promise<void> {
    for (let turn = 0; !this.#stopping; turn++) {
      const own = `${name}-${turn}`;
      if (await this.#request(["create", "configmap", own, "--from-literal=a=b"])) {
        this.#created.push(own);
      }
      await this.#request(["get", "configmap", own, "-o", "name"]);
      await this.#request(["get", "pods", "-A"]);
      // A kubectl without a pause would be a whole core for each of them.
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TURNS_MS));
    }
  }

  async #request(args: readonly string[]): Promise<boolean> {
    const started = performance.now();
    let last = "";
    this.done++;
    for (let attempt = 0; attempt <= this.#retries; attempt++) {
      if (attempt === 1) this.retried++;
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS));
      const { code, stderr } = await this.#stack.tryKubectl(args);
      // A create whose answer was lost has happened: the retry finds it.
      if (code === 0 || (attempt > 0 && stderr.includes("already exists"))) {
        this.longestMs = Math.max(this.longestMs, performance.now() - started);
        return true;
      }
      last = stderr.trim();
    }
    this.failures.push(`${args.join(" ")}: ${last}`);
    return false;
  }

  /** Ends their work and looks whether everything that they were told exists is there. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    const there = (await this.#stack.kubectl("get", "configmaps", "-o", "name")).split("\n");
    const kept = new Set(there);
    for (const name of this.#created) {
      if (!kept.has(`configmap/${name}`)) this.failures.push(`${name} was created and is gone`);
    }
  }

  get summary(): string {
    const longest = `the longest took ${(this.longestMs / 1000).toFixed(1)} s`;
    return `${this.done} requests, ${this.retried} retried, ${this.failures.length} lost; ${longest}`;
  }
}
