/**
 * The REST edge: a port, and for each request the way through the core and back.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/genericapiserver.go @1.36
 */
import type { StatusError } from "@kubets/api";
import type { Outcome, RequestContext, RequestCore } from "@kubets/request";
import type { Clock, Logger } from "@kubets/service";
import { type AnswerForm, negotiateForm } from "./answer/negotiate.ts";
import { serveWatch, type WatchUpgrade } from "./answer/serve-watch.ts";
import type { WatchWriter } from "./answer/watch-writer.ts";
import { writeOutcome } from "./answer/write-outcome.ts";
import { writeError } from "./answer/write-status.ts";
import type { Connector } from "./connect/connector.ts";
import type { Exchange } from "./http/exchange.ts";
import { incomingRequest } from "./http/incoming.ts";
import { createListener, type Listener, type ListenerOptions } from "./http/listener.ts";
import { UpgradeExchange } from "./http/upgrade-exchange.ts";
import type { UpgradeRequest } from "./http/upgrade-request.ts";
import { firstProtocol, isWebSocket } from "./http/websocket-messages.ts";
import { isOfApi, sendNoPage, servePath } from "./paths/index-path.ts";
import type { PathHandler } from "./paths/path-handler.ts";
import type { RequestMetrics } from "./request-metrics.ts";

export interface RestServerOptions extends Omit<ListenerOptions, "onExchange" | "onUpgrade"> {
  readonly core: RequestCore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared with the other edges of this process. */
  readonly requests: RequestMetrics;
  /** 0 to 1: spreads the ends of watches. */
  readonly random: () => number;
  /** --min-request-timeout. Default 30 min. */
  readonly minRequestTimeoutMs?: number;
  /** Everything that is no resource; the first that knows a path serves it. */
  readonly paths: readonly PathHandler[];
  /** Connections to kubelets, pods and services. */
  readonly connector: Connector;
}

export interface RestServer {
  readonly port: number;
  listen(): Promise<void>;
  /** New requests get 429 and are sent elsewhere; watches end; what runs goes on. */
  drain(): void;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const minRequestTimeoutDefaultMs = 1_800_000;

export function createRestServer(options: RestServerOptions): RestServer {
  return new Server(options);
}

class Server implements RestServer {
  readonly #options: RestServerOptions;
  readonly #listener: Listener;
  readonly #metrics: RequestMetrics;
  readonly #watches = new Set<WatchWriter>();
  #underWay = 0;
  #isDraining = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: RestServerOptions) {
    this.#options = options;
    this.#metrics = options.requests;
    this.#listener = createListener({
      ...options,
      onExchange: (exchange) => this.#onExchange(exchange),
      onUpgrade: (upgrade) => this.#onUpgrade(upgrade),
    });
  }
  get port(): number {
    return this.#listener.port;
  }
  listen(): Promise<void> {
    return this.#listener.listen();
  }
  drain(): void {
    this.#isDraining = true;
    for (const watch of [...this.#watches]) watch.close();
    this.#listener.drain();
  }
  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
  close(): Promise<void> {
    return this.#listener.close();
  }

  #onExchange(exchange: Exchange): void {
    if (this.#isDraining) {
      refuseWhileDraining(exchange);
      return;
    }
    this.#run(exchange, (context) => this.#perform(exchange, context));
  }

  #onUpgrade(upgrade: UpgradeRequest): void {
    const exchange = new UpgradeExchange(upgrade, this.#options.clock);
    this.#run(exchange, async (context) => {
      const outcome = await this.#options.core.performVerb(context);
      if (outcome.kind === "connect") {
        await this.#options.connector.upgrade({ upgrade, exchange, context, outcome });
        return;
      }
      const watched =
        outcome.kind === "watch" && isWebSocket(upgrade)
          ? { exchange, protocol: firstProtocol(upgrade) }
          : undefined;
      await this.#answer(exchange, context, outcome, watched);
    });
  }

  /** Never throws and never rejects: this is where a request ends. */
  #run(exchange: Exchange, perform: (context: RequestContext) => Promise<void>): void {
    const { core, clock } = this.#options;
    let context: RequestContext;
    try {
      context = core.begin(incomingRequest(exchange));
    } catch (error) {
      writeUnparsed(exchange, core.statusOf(error));
      return;
    }
    this.#underWay++;
    const ended = this.#metrics.began(context);
    core
      .run(context, perform)
      .catch((error: unknown) => this.#refuse(exchange, context, core.statusOf(error, context)))
      .finally(() => {
        context.finish();
        ended(exchange.status, clock.monotonicMs());
        this.#underWay--;
        if (this.#underWay === 0) this.#becomeIdle();
      });
  }

  async #perform(exchange: Exchange, context: RequestContext): Promise<void> {
    if (!context.info.isResourceRequest) {
      await servePath(this.#options.paths, { exchange, context, path: context.info.path });
      return;
    }
    await this.#answer(exchange, context, await this.#options.core.performVerb(context));
  }

  async #answer(
    exchange: Exchange,
    context: RequestContext,
    outcome: Outcome,
    upgrade?: WatchUpgrade,
  ): Promise<void> {
    const { clock, connector, random } = this.#options;
    if (outcome.kind === "connect") {
      await connector.connect({ exchange, context, outcome });
      return;
    }
    const form = negotiateForm(exchange.header("accept"));
    if (outcome.kind !== "watch") {
      await writeOutcome(exchange, context, form, outcome, clock);
      return;
    }
    const serving = {
      clock,
      random,
      minRequestTimeoutMs: this.#options.minRequestTimeoutMs ?? minRequestTimeoutDefaultMs,
      underWay: this.#watches,
      onEvents: (watch: typeof outcome, count: number) => {
        this.#metrics.watchEvents(watch.store.info, count);
      },
    };
    await serveWatch(serving, exchange, context, form, outcome, upgrade);
  }

  #refuse(exchange: Exchange, context: RequestContext, error: StatusError): void {
    const { path, isResourceRequest } = context.info;
    // An object that is not there is named.
    const isOfPath = error.code === 404 && error.status.details?.name === undefined;
    if (isOfPath && isResourceRequest && !isOfApi(this.#options.paths, path)) {
      sendNoPage({ exchange, context, path });
      return;
    }
    writeError(exchange, context, error, acceptedForm(exchange));
  }

  #becomeIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }
}

/** An error is told in the form that was asked for, and as JSON where that form is what is wrong. */
function acceptedForm(exchange: Exchange): AnswerForm | undefined {
  try {
    return negotiateForm(exchange.header("accept"));
  } catch {
    // The refusal of the Accept header is the answer already.
    return undefined;
  }
}

function writeUnparsed(exchange: Exchange, error: StatusError): void {
  const headers = { "content-type": "application/json", "cache-control": "no-cache, private" };
  exchange.send(error.code, headers, `${JSON.stringify(error.status)}\n`);
}

/** Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/with_retry_after.go @1.36 */
function refuseWhileDraining(exchange: Exchange): void {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "retry-after": "5",
    // Some clients keep whatever is not forbidden: one had to wait 5 s for each request from then on.
    "cache-control": "no-store",
    ...(exchange.httpVersion === "HTTP/1.1" ? { connection: "close" } : {}),
  };
  exchange.send(429, headers, "The apiserver is shutting down, please try again later.\n");
}
