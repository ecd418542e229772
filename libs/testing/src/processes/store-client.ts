import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { FaultPointName } from "@kubets/storage-postgres";
import type { WatchedEvent } from "../history/history.ts";
import type {
  FromStore,
  StoreProcessOptions,
  StoreReplies,
  StoreRequest,
} from "./store-protocol.ts";

const entry = join(import.meta.dirname, "store-process.ts");

/** The process is gone, and with it the answer. */
export class ProcessGoneError extends Error {
  constructor() {
    super("the process is gone");
    this.name = "ProcessGoneError";
  }
}

/** The process answered that it failed. */
export class RequestFailedError extends Error {
  /** A StorageErrorCode, or "other". */
  readonly failure: string;
  constructor(failure: string, message: string) {
    super(message);
    this.name = "RequestFailedError";
    this.failure = failure;
  }
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A store process, seen from its parent. */
export class StoreClient {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #watches = new Map<
    number,
    {
      readonly onEvents: (events: readonly WatchedEvent[]) => void;
      readonly onEnd: (gone: boolean) => void;
    }
  >();
  #nextId = 0;
  #isGone = false;
  readonly #onFault = new Set<(point: FaultPointName) => void>();
  /** Resolves when the process has ended, however. */
  readonly gone: Promise<void>;
  readonly #ready: Promise<void>;

  constructor(options: StoreProcessOptions) {
    this.#child = fork(entry, [JSON.stringify(options)], {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.gone = new Promise((resolve) => {
      this.#child.once("exit", () => {
        this.#end();
        resolve();
      });
    });
    let isReady: () => void = () => {};
    this.#ready = new Promise((resolve) => {
      isReady = resolve;
    });
    this.#child.on("message", (message: FromStore) => {
      if ("ready" in message) isReady();
      else this.#receive(message);
    });
  }

  /** Resolves when it serves; rejects when it ended before. */
  async ready(): Promise<this> {
    await Promise.race([
      this.#ready,
      this.gone.then(() => {
        throw new ProcessGoneError();
      }),
    ]);
    return this;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves with the point when the process tells that it was passed. */
  onFault(listener: (point: FaultPointName) => void): () => void {
    this.#onFault.add(listener);
    return () => this.#onFault.delete(listener);
  }

  request<R extends StoreRequest>(request: R): Promise<StoreReplies[R["do"]]> {
    if (this.#isGone) return Promise.reject(new ProcessGoneError());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ ...request, id }, (error) => {
        if (error !== null) this.#fail(id);
      });
    });
  }

  async watch(
    after: bigint,
    sink: {
      readonly onEvents: (events: readonly WatchedEvent[]) => void;
      readonly onEnd: (gone: boolean) => void;
    },
  ): Promise<void> {
    const watch = this.#nextId++;
    this.#watches.set(watch, sink);
    await this.request({ do: "watch", watch, after });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.gone;
  }

  #receive(message: Exclude<FromStore, { ready: true }>): void {
    if ("fault" in message) {
      for (const listener of [...this.#onFault]) listener(message.fault);
    } else if ("watch" in message) {
      const sink = this.#watches.get(message.watch);
      if ("events" in message) sink?.onEvents(message.events);
      else {
        this.#watches.delete(message.watch);
        sink?.onEnd(message.gone);
      }
    } else {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if ("failure" in message) {
        pending?.reject(new RequestFailedError(message.failure, message.message));
      } else pending?.resolve(message.result as never);
    }
  }

  #fail(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(new ProcessGoneError());
  }

  #end(): void {
    this.#isGone = true;
    for (const id of [...this.#pending.keys()]) this.#fail(id);
    for (const { onEnd } of this.#watches.values()) onEnd(false);
    this.#watches.clear();
  }
}
