import type { Logger } from "@kubets/service";
import type { Pool, PoolClient, QueryArrayConfig } from "pg";

/** There was no connection, so nothing was sent. */
export class NotSentError extends Error {
  constructor(options: ErrorOptions) {
    super("no connection for writes", options);
    this.name = "NotSentError";
  }
}

/**
 * How long a commit may wait for the lock of another before it gives its place back, surely not made. Shorter than the
 * client waits: while a commit hangs (its standby is away), those behind it must not pile up in the server. The wait for
 * the flush itself has no limit.
 */
const lockTimeoutMs = 3_000;

/** What carries batches to the database. */
export interface BatchConnection {
  /** The rows of the answer. {@link NotSentError} says that nothing was sent. */
  call(query: QueryArrayConfig<unknown[]>): Promise<unknown[][]>;
  /** Cuts the connection; a call that is under way fails. */
  drop(): void;
  /** Gives the connection back; no call may be under way. */
  release(): void;
}

/**
 * The one connection over which batches go, taken from the pool and kept: a batch never waits behind
 * reads. After any error it is thrown away and the next call makes a new one.
 */
export class WriteConnection implements BatchConnection {
  readonly #pool: Pool;
  readonly #logger: Logger;
  #client: PoolClient | undefined;

  constructor(pool: Pool, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  async call(query: QueryArrayConfig<unknown[]>): Promise<unknown[][]> {
    const client = this.#client ?? (await this.#connect());
    try {
      const { rows } = await client.query<unknown[]>(query);
      return rows;
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(true);
  }

  release(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release();
  }

  async #connect(): Promise<PoolClient> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (cause) {
      throw new NotSentError({ cause });
    }
    try {
      await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    } catch (cause) {
      client.release(true);
      throw new NotSentError({ cause });
    }
    // Without a listener a broken socket would end the process; the call under way fails as well.
    client.on("error", (error) => {
      this.#logger.warn("the connection for writes broke", { error });
      if (this.#client === client) this.drop();
    });
    this.#client = client;
    return client;
  }
}
