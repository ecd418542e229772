import { type Bus, decodeHint, encodeHint, type RevisionHint } from "@kubets/bus";
import { type Clock, type Logger, silentLogger, sleep, systemClock } from "@kubets/service";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";

const retryDelayMs = 500;
const connectTimeoutMs = 2_000;
const pingIntervalMs = 5_000;

export interface NatsBusOptions {
  /** host:port or nats:// and tls:// URLs; any of them will do. */
  readonly servers: readonly string[];
  /** Each cluster has its own subject, so that several may share a server. */
  readonly clusterId: string;
  readonly token?: string;
  /** Paths of PEM files; given: the connection is by TLS. */
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
  };
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * Hints over NATS. Connects in the background and again for ever; nobody waits for it, and what cannot be sent
 * at once is dropped: hints that come late are worth nothing.
 */
export function connectNatsBus(options: NatsBusOptions): Bus {
  if (!/^[A-Za-z0-9_-]+$/.test(options.clusterId)) {
    throw new TypeError("a cluster id has letters, digits, - and _ only");
  }
  return new NatsBus(options);
}

class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #subject: string;
  readonly #receivers = new Set<(hint: RevisionHint) => void>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #connection: NatsConnection | undefined;
  #isUp = false;
  #hasFailed = false;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    this.#subject = `kubets.${options.clusterId}.revisions`;
    this.#running = this.#run();
  }

  publish(hint: RevisionHint): void {
    // The client would keep messages for later while it is away.
    if (!this.#isUp) return;
    try {
      this.#connection?.publish(this.#subject, encodeHint(hint));
    } catch (error) {
      this.#logger.debug("a hint was dropped", { error });
    }
  }

  subscribe(onHint: (hint: RevisionHint) => void): () => void {
    const receiver = (hint: RevisionHint) => onHint(hint);
    this.#receivers.add(receiver);
    return () => {
      this.#receivers.delete(receiver);
    };
  }

  isConnected(): boolean {
    return this.#isUp;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#receivers.clear();
    await this.#connection?.close();
    await this.#running;
  }

  /** One connection after the other until the bus is closed. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        // One line for an outage, not one for each attempt.
        if (!this.#hasFailed) this.#logger.warn("NATS cannot be reached", { error });
        this.#hasFailed = true;
      }
      this.#isUp = false;
      this.#connection = undefined;
      await sleep(this.#clock, retryDelayMs, signal).catch(() => {});
    }
  }

  /** From a connection's beginning to its end. */
  async #session(): Promise<void> {
    const connection = await connect(connectionOptions(this.#options));
    if (this.#closing.signal.aborted) {
      await connection.close();
      return;
    }
    this.#connection = connection;
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const hint = decodeHint(message.data);
        // Anything else on the subject is not from one of us.
        if (hint === undefined) return;
        for (const receiver of this.#receivers) receiver(hint);
      },
    });
    this.#isUp = true;
    this.#hasFailed = false;
    this.#logger.info("connected to NATS", { server: connection.getServer() });
    for await (const status of connection.status()) {
      if (status.type === "disconnect") {
        this.#isUp = false;
        this.#logger.warn("the connection to NATS broke");
      } else if (status.type === "reconnect") {
        this.#isUp = true;
        this.#logger.info("connected to NATS again");
      }
    }
    await connection.closed();
  }
}

function connectionOptions(options: NatsBusOptions): ConnectionOptions {
  const { servers, token, tls } = options;
  return {
    name: "kubets",
    servers: [...servers],
    timeout: connectTimeoutMs,
    // Our own commits need no hint.
    noEcho: true,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryDelayMs,
    pingInterval: pingIntervalMs,
    maxPingOut: 2,
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  };
}
