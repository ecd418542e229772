import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBus } from "@kubets/bus";
import { silentLogger } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import { Client } from "pg";
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from "../embedded/index.ts";
import { openPostgresStorage, type PostgresStorageOptions } from "../open-postgres-storage.ts";
import { raiseEpoch } from "../store-admin.ts";

/** A real server for one spec file, each test with a database of its own. */
export class TestServer {
  server: EmbeddedPostgres;
  /** Its folder; the server's own data lie in `data`. */
  readonly dataDir: string;
  #databases = 0;
  #template: Promise<string> | undefined;

  private constructor(server: EmbeddedPostgres, dataDir: string) {
    this.server = server;
    this.dataDir = dataDir;
  }

  /** Undefined where no server can run, with the reason on the console. */
  static async start(): Promise<TestServer | undefined> {
    const dataDir = await mkdtemp(join(tmpdir(), "kubets-pg-"));
    try {
      // mkdtemp makes folders that only we enter.
      await chmod(dataDir, 0o755);
      const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
      // Whatever ends this process, the server does not stay.
      const test = new TestServer(server, dataDir);
      process.once("exit", () => {
        try {
          process.kill(test.server.pid, "SIGQUIT");
        } catch {
          // It was stopped.
        }
      });
      return test;
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      if (error instanceof EmbeddedPostgresError && error.code !== "init") {
        console.warn(`tests with a real Postgres are skipped: ${error.message}`);
        return undefined;
      }
      throw error;
    }
  }

  /** The URL of a new database with nothing in it. */
  async createEmptyDatabase(): Promise<string> {
    return this.#create("template0");
  }

  /** The URL of a new database with the schema of an empty store. */
  async createDatabase(): Promise<string> {
    this.#template ??= this.#makeTemplate();
    return this.#create(await this.#template);
  }

  async #create(template: string): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.asAdmin(
      `CREATE DATABASE ${name} OWNER kubets TEMPLATE ${template} STRATEGY file_copy`,
    );
    return this.server.url.replace("/kubets?", `/${name}?`);
  }

  async #makeTemplate(): Promise<string> {
    const url = await this.#create("template0");
    const store = await openPostgresStorage({ url });
    await store.close();
    return new URL(url).pathname.slice(1);
  }

  /** As the superuser, in a database. */
  async asAdmin(sql: string, url = this.server.url): Promise<Record<string, unknown>[]> {
    const admin = new URL(url);
    admin.username = "postgres";
    if (url === this.server.url) admin.pathname = "/postgres";
    const client = new Client({ connectionString: admin.href });
    await client.connect();
    try {
      const { rows } = await client.query(sql);
      return rows;
    } finally {
      await client.end();
    }
  }

  /** As it was before it was stopped. */
  async restart(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: this.dataDir, logger: silentLogger });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** One database and the stores opened over it, joined by one bus. */
export async function openDatabase(server: TestServer) {
  const url = await server.createDatabase();
  const bus = createMemoryBus();
  const opened: Storage[] = [];
  return {
    url,
    async open(options: Partial<PostgresStorageOptions> = {}): Promise<Storage> {
      const store = await openPostgresStorage({ url, bus, connectionsMax: 4, ...options });
      opened.push(store);
      return store;
    },
    async raiseEpoch(): Promise<bigint> {
      return (await raiseEpoch({ url })).revision;
    },
    async dispose(): Promise<void> {
      await Promise.all(opened.map((store) => store.close()));
      await bus.close();
    },
  };
}
