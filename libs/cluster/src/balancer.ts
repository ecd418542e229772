/**
 * One address for several apiservers: whole TCP connections, so that clients still see the apiservers' certificate.
 *
 * A connection goes to the ready apiserver with the fewest. One that is not ready gets no new connections and keeps
 * those it has until it ends them; one that is silent loses them, so that its clients turn to another.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock, Logger } from "@kubets/service";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a look at an apiserver found; "gone" is silence or a refused connection. */
export type Readiness = "ready" | "unready" | "gone";

export interface BalancerOptions {
  readonly listen: Endpoint;
  readonly backends: readonly Endpoint[];
  /** Bounded by itself. */
  readonly check: (backend: Endpoint) => Promise<Readiness>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Backend {
  readonly endpoint: Endpoint;
  readonly clients: Set<Socket>;
  readiness: Readiness;
  silences: number;
}

const CHECK_MS = 1_000;
/** Until the first is ready, whoever started the cluster waits for it. */
const FIRST_CHECK_MS = 50;
const CONNECT_TIMEOUT_MS = 1_000;
/** One missed answer may be a pause for garbage; its connections are cut after this many. */
const SILENCES_MAX = 3;

export class Balancer {
  readonly #options: BalancerOptions;
  readonly #backends: readonly Backend[];
  readonly #server: Server;
  readonly #cancels = new Map<Backend, () => void>();
  #isStopped = false;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#backends = options.backends.map((endpoint) => ({
      endpoint,
      clients: new Set(),
      readiness: "gone",
      silences: 0,
    }));
    // A side that has said all it has to say may still be listening.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#serve(client, new Set()),
    );
  }

  /** The port it listens on, once started. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Whether some apiserver takes connections. */
  get isReady(): boolean {
    return this.#backends.some(({ readiness }) => readiness === "ready");
  }

  async start(): Promise<void> {
    const { host, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    for (const backend of this.#backends) this.#look(backend);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const backend of this.#backends) dropAll(backend);
    await closed;
  }

  #look(backend: Backend): void {
    const { check, logger } = this.#options;
    check(backend.endpoint)
      .catch((): Readiness => "gone")
      .then(
        (found) => this.#found(backend, found),
        (error: unknown) => logger.error("A check failed", { error }),
      );
  }

  #found(backend: Backend, found: Readiness): void {
    if (this.#isStopped) return;
    const { clock, logger } = this.#options;
    if (found !== backend.readiness) {
      logger.info("An apiserver's readiness has changed", { ...backend.endpoint, now: found });
    }
    backend.readiness = found;
    backend.silences = found === "gone" ? backend.silences + 1 : 0;
    if (backend.silences >= SILENCES_MAX) dropAll(backend);
    const delayMs = this.isReady ? CHECK_MS : FIRST_CHECK_MS;
    this.#cancels.set(
      backend,
      clock.setTimer(delayMs, () => this.#look(backend)),
    );
  }

  /** Tries each apiserver once; without one that takes the connection the client is hung up on, and tries again. */
  #serve(client: Socket, tried: Set<Backend>): void {
    const backend = this.#choose(tried);
    if (backend === undefined) {
      client.destroy();
      return;
    }
    tried.add(backend);
    const server = connect({ ...backend.endpoint, allowHalfOpen: true, noDelay: true });
    const cancel = this.#options.clock.setTimer(CONNECT_TIMEOUT_MS, () => server.destroy());
    backend.clients.add(client);
    let isConnected = false;
    const giveUp = () => server.destroy();
    client.once("close", giveUp);
    client.on("error", giveUp);
    server.once("connect", () => {
      cancel();
      isConnected = true;
      client.pipe(server);
      server.pipe(client);
    });
    server.on("error", () => {
      // "close" follows and says the rest.
    });
    server.once("close", () => {
      cancel();
      backend.clients.delete(client);
      client.off("close", giveUp);
      client.off("error", giveUp);
      if (isConnected || client.destroyed) client.destroy();
      else this.#serve(client, tried);
    });
  }

  #choose(tried: ReadonlySet<Backend>): Backend | undefined {
    return this.#backends
      .filter((backend) => backend.readiness === "ready" && !tried.has(backend))
      .reduce<Backend | undefined>(
        (best, backend) =>
          best === undefined || backend.clients.size < best.clients.size ? backend : best,
        undefined,
      );
  }
}

function dropAll(backend: Backend): void {
  for (const client of [...backend.clients]) client.destroy();
}
