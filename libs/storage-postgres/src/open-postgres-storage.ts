import { randomUUID } from "node:crypto";
import type { Bus } from "@kubets/bus";
import { type Clock, type Logger, silentLogger, systemClock } from "@kubets/service";
import { type Storage, StorageError } from "@kubets/storage";
import { Pool, type PoolClient } from "pg";
import { checkSettings } from "./check-settings.ts";
import { Compactor } from "./compactor.ts";
import { readFailure } from "./database-error.ts";
import { deployMigrations } from "./deploy-migrations.ts";
import { type FaultPoint, noFaultPoint } from "./fault-point.ts";
import { Feed } from "./feed.ts";
import { migrations } from "./gen/migrations.ts";
import { GroupCommitter } from "./group-committer.ts";
import { HintFollower } from "./hint-follower.ts";
import { HintTeller } from "./hint-teller.ts";
import { LogReader } from "./log-reader.ts";
import { ObjectReader } from "./object-reader.ts";
import { afterCommit, PostgresStorage } from "./postgres-storage.ts";
import { PrismaSource } from "./prisma-source.ts";
import { WriteConnection } from "./write-connection.ts";

export interface PostgresStorageOptions {
  /** A connection URI of Postgres. Upstream's counterpart: --etcd-servers. */
  readonly url: string;
  /** Given as a function when its subject needs the cluster id. Closed by whoever made it. Default: none. */
  readonly bus?: Bus | ((clusterId: string) => Bus);
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Connections at most, the one for writes included. Default 8. */
  readonly connectionsMax?: number;
  /** Between looks at the log that no hint asked for, in ms. Default 500. */
  readonly tickMs?: number;
  /** For tests that break things at named places. */
  readonly faultPoint?: FaultPoint;
}

/**
 * Opens the store: brings the schema up to date, refuses servers that would lose writes, and begins to follow
 * the log. Throws `unavailable` when the server cannot be reached, `unusable` when it must not be used.
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const { logger = silentLogger, clock = systemClock, faultPoint = noFaultPoint } = options;
  const pool = openPool(options, logger);
  const prisma = new PrismaSource(pool);
  try {
    await prepare(pool, logger);
    const clusterId = await readClusterId(pool, prisma);
    const bus = typeof options.bus === "function" ? options.bus(clusterId) : options.bus;
    const log = new LogReader(pool);
    const { revision, epoch } = await log.counter();
    const feed = new Feed({
      reader: log,
      clock,
      logger,
      faultPoint,
      tickMs: options.tickMs ?? 500,
      cursor: revision,
      epoch,
    });
    const teller = bus && new HintTeller(bus, clock);
    const committer = new GroupCommitter({
      connection: new WriteConnection(pool, logger),
      clock,
      logger,
      faultPoint,
      cursor: () => feed.cursor,
      onCommit: afterCommit({ feed, teller, faultPoint }),
      onIdle: () => {
        teller?.flush();
        hints.follow();
      },
    });
    const hints = new HintFollower({ feed, isCommitting: () => committer.isRunning });
    const leave = bus?.subscribe(({ last }) => hints.told(last));
    return new PostgresStorage({
      committer,
      feed,
      log,
      objects: new ObjectReader(pool),
      compactor: new Compactor({ pool, log, prisma, faultPoint }),
      clusterId,
      disconnect: async () => {
        teller?.flush();
        leave?.();
        await prisma.close();
        await pool.end();
      },
    });
  } catch (error) {
    await prisma.close();
    await pool.end();
    throw readFailure(error);
  }
}

function openPool(options: PostgresStorageOptions, logger: Logger): Pool {
  const pool = new Pool({
    connectionString: options.url,
    max: options.connectionsMax ?? 8,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: "kubets",
    // In the client only, for pages of many objects; commits and small reads have shorter limits of their own.
    query_timeout: 30_000,
  });
  // An idle connection broke; the next use makes a new one.
  pool.on("error", (error) => logger.warn("an idle database connection broke", { error }));
  // One in use, or on its way out, tells nobody but its listeners: without any the process would end. Its calls fail.
  pool.on("connect", (client) => {
    client.on("error", (error) => logger.warn("a database connection broke", { error }));
  });
  return pool;
}

async function prepare(pool: Pool, logger: Logger): Promise<void> {
  const client: PoolClient = await pool.connect();
  try {
    await checkSettings(client);
    const deployed = await deployMigrations(client, migrations);
    if (deployed.length > 0) logger.info("the schema was brought up to date", { deployed });
  } finally {
    client.release();
  }
}

/** Read by every start, so in plain SQL; written once. */
async function readClusterId(pool: Pool, source: PrismaSource): Promise<string> {
  const read = async () => {
    const { rows } = await pool.query<{ cluster_id: string }>("SELECT cluster_id FROM cluster");
    return rows[0]?.cluster_id;
  };
  const known = await read();
  if (known !== undefined) return known;
  const prisma = await source.get();
  // Two replicas may start at once: the first row stays.
  await prisma.cluster.createMany({ data: [{ clusterId: randomUUID() }], skipDuplicates: true });
  const made = await read();
  if (made === undefined) throw new StorageError("unusable", "the store has no cluster id");
  return made;
}
