import { isStatusError, type KubeObject, type StatusError } from "@kubets/api";
import { createRegistry } from "@kubets/registry";
import {
  createRequestCore,
  type IncomingRequest,
  type Outcome,
  parseOptions,
  parseRequestInfo,
  Query,
  type RequestCore,
} from "@kubets/request";
import { type Clock, silentLogger } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import { createWatchCache, type Entry, type WatchCache, type WatchSink } from "@kubets/watch-cache";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface CallAnswer {
  readonly code: number;
  readonly object?: KubeObject;
  readonly list?: {
    readonly revision: string;
    readonly next: string;
    readonly objects: readonly KubeObject[];
    readonly entries: readonly Entry[];
  };
  /** What a refusal says. */
  readonly refusal?: StatusError["status"];
}

const nobody = new AbortController().signal;

/** The core of one apiserver (cache, registry, verbs) on a simulated store: everything but sockets and admission. */
export class SimulatedReplica {
  readonly name: string;
  readonly #storage: Storage;
  readonly #cache: WatchCache;
  readonly #core: RequestCore;

  private constructor(name: string, storage: Storage, cache: WatchCache, core: RequestCore) {
    this.name = name;
    this.#storage = storage;
    this.#cache = cache;
    this.#core = core;
  }

  static async start(options: {
    readonly name: string;
    readonly storage: Storage;
    readonly clock: Clock;
    readonly newId: () => string;
    /** Events of each resource that the cache keeps. Few, so that the store is asked as well. */
    readonly ringEventsMax?: number;
  }): Promise<SimulatedReplica> {
    const { storage, clock, newId, ringEventsMax = 50 } = options;
    const cache = createWatchCache({ storage, clock, ringEventsMax, bookmarkIntervalMs: 500 });
    await cache.start(nobody);
    const registry = createRegistry({
      storage,
      cache,
      clock,
      logger: silentLogger,
      serviceClusterIPRange: ["10.96.0.0/12"],
    });
    const core = createRequestCore({
      registry,
      authenticators: [
        {
          name: "everybody",
          authenticate: () => ({ user: { name: "tester", groups: [] } }),
        },
      ],
      authorizer: { name: "all", authorize: () => ({ verdict: "allow", reason: "" }) },
      admission: {
        mutate: (request) => Promise.resolve(request.object),
        validate: () => Promise.resolve(),
      },
      clock,
      logger: silentLogger,
      newId,
    });
    return new SimulatedReplica(options.name, storage, cache, core);
  }

  /** Rejects with nothing: a refusal is an answer with its code. */
  async call(call: Call): Promise<CallAnswer> {
    try {
      return answerOf(await this.#perform(call));
    } catch (error) {
      if (isStatusError(error)) return { code: error.code, refusal: error.status };
      throw error;
    }
  }

  /** Opens a watch; resolves with its code: 200, or that of the refusal. */
  async watch(call: Call, sink: WatchSink): Promise<number> {
    try {
      const outcome = await this.#perform(call);
      if (outcome.kind !== "watch") throw new TypeError(`a watch gave ${outcome.kind}`);
      await outcome.open(sink);
      return 200;
    } catch (error) {
      if (isStatusError(error)) return error.code;
      throw error;
    }
  }

  /** As a killed process would: nothing is finished, watches end. */
  async kill(): Promise<void> {
    await this.#cache.stop();
    await this.#storage.close();
  }

  async compact(keep: bigint): Promise<void> {
    const revision = await this.#storage.currentRevision();
    if (revision > keep) await this.#storage.compact(revision - keep);
  }

  async #perform(call: Call): Promise<Outcome> {
    const context = this.#core.begin(incoming(call));
    try {
      return await this.#core.run(context, (ready) => this.#core.performVerb(ready));
    } finally {
      context.finish();
    }
  }
}

function incoming({ method, path, query, body, contentType }: Call): IncomingRequest {
  const parsed = new Query(new URLSearchParams(query).toString());
  const info = parseRequestInfo(method, path, parsed);
  const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  return {
    info,
    credentials: {
      clientCertificates: [],
      header: () => [],
      headerNames: () => [],
      remoteAddress: "192.0.2.7",
    },
    userAgent: "model",
    contentType: contentType ?? "application/json",
    options: () => parseOptions(info.verb, parsed),
    readBody: () => bytes,
    signal: nobody,
  };
}

function answerOf(outcome: Outcome): CallAnswer {
  switch (outcome.kind) {
    case "entry":
      return { code: outcome.code, object: outcome.entry.object };
    case "object":
      return { code: outcome.code, object: outcome.object };
    case "status":
      return { code: outcome.code };
    case "list":
      return {
        code: 200,
        list: {
          revision: String(outcome.page.revision),
          next: outcome.page.continueToken,
          objects: outcome.page.entries.map((entry) => entry.object),
          entries: outcome.page.entries,
        },
      };
    default:
      throw new TypeError(`a ${outcome.kind} is no answer`);
  }
}
