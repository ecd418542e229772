/**
 * Clients of the API that never stop: some create and update objects and try again what fails, one watches them and
 * resumes. At the end every acknowledged write must have been seen by the watch, once and in order.
 */
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface ApiAccess {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a retry may cure; after this long the request counts as failed. */
const RETRY_MS = 45_000;
const ATTEMPT_MS = 5_000;
const PAUSE_MS = 200;

export class ApiClient {
  readonly #access: ApiAccess;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  requests = 0;
  retries = 0;
  readonly failed: string[] = [];

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** Tries until it is answered by anything but a server's trouble; counts what no retry cured. */
  async call(method: string, path: string, body?: unknown, type?: string): Promise<ApiAnswer> {
    const deadline = performance.now() + RETRY_MS;
    this.requests++;
    for (;;) {
      let why: string;
      try {
        const answer = await this.#once(method, path, body, type);
        if (answer.status < 500 && answer.status !== 429) return answer;
        why = `${answer.status} ${answer.body.slice(0, 200)}`;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
      if (performance.now() > deadline) {
        this.failed.push(`${method} ${path}: ${why}`);
        throw new Error(this.failed.at(-1));
      }
      this.retries++;
      await sleep(PAUSE_MS);
    }
  }

  #once(
    method: string,
    path: string,
    body: unknown,
    type = "application/json",
  ): Promise<ApiAnswer> {
    const { server, ca, cert, key } = this.#access;
    const headers = body === undefined ? {} : { "content-type": type };
    return new Promise((resolve, reject) => {
      const call = request(
        `${server}${path}`,
        { method, ca, cert, key, headers, agent: this.#agent },
        (response) => {
          text(response).then(
            (answer) => resolve({ status: response.statusCode ?? 0, body: answer }),
            reject,
          );
        },
      );
      const timer = setTimeout(() => call.destroy(new Error("no answer in 5 s")), ATTEMPT_MS);
      call.on("error", reject);
      call.on("close", () => clearTimeout(timer));
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Lines of a watch until it ends by itself or by the signal. */
  async watch(path: string, signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    const { server, ca, cert, key } = this.#access;
    await new Promise<void>((resolve) => {
      const call = request(`${server}${path}`, { ca, cert, key, agent: false, signal });
      let rest = "";
      call.on("response", (response) => {
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          const lines = `${rest}${piece}`.split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) onLine(line);
        });
        response.on("error", () => resolve());
        response.on("close", () => resolve());
      });
      call.on("error", () => resolve());
      call.on("close", () => resolve());
      call.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Counted {
  readonly metadata: { readonly name?: string; readonly resourceVersion: string };
  readonly data?: { readonly n?: string };
}

interface WatchLine {
  readonly type: string;
  readonly object: Counted & { readonly code?: number };
}

export interface LoadFindings {
  readonly acknowledged: number;
  /** Acknowledged values that the watch never told. */
  readonly unseen: readonly string[];
  /** What the watch told twice, backwards, or other than the final list. */
  readonly wrong: readonly string[];
  readonly resumes: number;
}

const WRITERS = 3;
const WRITE_EVERY_MS = 150;

/** Counts up in a few ConfigMaps, and watches itself do it. */
export class CountingLoad {
  readonly #api: ApiClient;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #stopWatch = new AbortController();
  /** name → the values whose writes were acknowledged. */
  readonly #acknowledged = new Map<string, number[]>();
  readonly #seen = new Map<string, number[]>();
  readonly #wrong: string[] = [];
  #version = "";
  #resumes = -1;
  #work: Promise<unknown> | undefined;

  constructor(api: ApiClient, namespace: string) {
    this.#api = api;
    this.#path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  async start(): Promise<void> {
    const list = JSON.parse((await this.#api.call("GET", this.#path)).body) as {
      metadata: { resourceVersion: string };
    };
    this.#version = list.metadata.resourceVersion;
    const names = Array.from({ length: WRITERS }, (_, index) => `count-${index}`);
    this.#work = Promise.all([...names.map((name) => this.#write(name)), this.#watch()]);
    // Awaited by `end`, which tells.
    this.#work.catch(() => {});
  }

  async #write(name: string): Promise<void> {
    const { signal } = this.#stop;
    const values: number[] = [];
    this.#acknowledged.set(name, values);
    // A create that was carried out but not answered is there when it is tried again.
    const made = await this.#api.call("POST", this.#path, { metadata: { name }, data: { n: "0" } });
    if (made.status !== 201 && made.status !== 409) throw new Error(`create: ${made.status}`);
    values.push(0);
    for (let n = 1; !signal.aborted; n++) {
      const path = `${this.#path}/${name}`;
      const patch = { data: { n: String(n) } };
      const { status } = await this.#api.call("PATCH", path, patch, "application/merge-patch+json");
      if (status !== 200) throw new Error(`patch of ${name}: ${status}`);
      values.push(n);
      await sleep(WRITE_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopWatch;
    while (!signal.aborted) {
      this.#resumes++;
      const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${this.#version}`;
      await this.#api.watch(`${this.#path}${query}`, signal, (line) => this.#told(line));
      await sleep(50);
    }
  }

  #told(line: string): void {
    const { type, object } = JSON.parse(line) as WatchLine;
    if (type === "ERROR") {
      this.#wrong.push(`the watch was refused: ${line.slice(0, 200)}`);
      return;
    }
    this.#version = object.metadata.resourceVersion;
    const { name = "" } = object.metadata;
    if (type === "BOOKMARK" || !name.startsWith("count-")) return;
    const values = this.#seen.get(name) ?? [];
    this.#seen.set(name, values);
    const n = Number(object.data?.n);
    const last = values.at(-1) ?? -1;
    if (n <= last) this.#wrong.push(`${name} went from ${last} to ${n}`);
    values.push(n);
  }

  /** Ends the writers, gives the watch a moment to tell the last of it, and compares. */
  async end(): Promise<LoadFindings> {
    this.#stop.abort();
    await sleep(RETRY_MS / 15);
    this.#stopWatch.abort();
    await this.#work;
    const list = JSON.parse((await this.#api.call("GET", this.#path)).body) as { items: Counted[] };
    for (const { metadata, data } of list.items) {
      const seen = this.#seen.get(metadata.name ?? "");
      if (seen !== undefined && String(seen.at(-1)) !== data?.n) {
        this.#wrong.push(`${metadata.name} is ${data?.n}, the watch told ${seen.at(-1)}`);
      }
    }
    const unseen = [...this.#acknowledged].flatMap(([name, values]) => {
      const seen = new Set(this.#seen.get(name));
      return values.filter((value) => !seen.has(value)).map((value) => `${name}=${value}`);
    });
    const acknowledged = [...this.#acknowledged.values()].reduce(
      (sum, { length }) => sum + length,
      0,
    );
    return { acknowledged, unseen, wrong: this.#wrong, resumes: this.#resumes };
  }
}
