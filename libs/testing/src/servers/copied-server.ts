import {
  appendFile,
  chmod,
  chown,
  copyFile,
  lstat,
  mkdtemp,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@kubets/service";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import type { TestServer } from "@kubets/storage-postgres/testing";
import { Client } from "pg";
import { copyDataFolder } from "./copy-data-folder.ts";

/** Another server, made of a running one's data. */
export class CopiedServer {
  readonly dataDir: string;
  #server: EmbeddedPostgres | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
    process.once("exit", () => {
      try {
        if (this.#server !== undefined) process.kill(this.#server.pid, "SIGQUIT");
      } catch {
        // It was stopped.
      }
    });
  }

  /** A base backup, taken while the server works; not started. */
  static async backup(of: TestServer): Promise<CopiedServer> {
    return CopiedServer.#copy(of, async (copy, label) => {
      await copyWal(of.dataDir, copy.dataDir);
      await writeOwned(copy, "backup_label", label);
    });
  }

  /** A standby that follows the server; not started. */
  static async standby(of: TestServer): Promise<CopiedServer> {
    await appendFile(join(of.dataDir, "data", "pg_hba.conf"), "local replication all trust\n");
    await of.asAdmin("SELECT pg_reload_conf()");
    await of.asAdmin("SELECT pg_create_physical_replication_slot('standby', true)");
    return CopiedServer.#copy(of, async (copy, label) => {
      await writeOwned(copy, "backup_label", label);
      await writeOwned(copy, "standby.signal", "");
      const socket = new URL(of.server.url).searchParams.get("host");
      await appendFile(
        join(copy.dataDir, "data", "postgresql.auto.conf"),
        `primary_conninfo = 'host=${socket} port=${of.server.port} user=postgres application_name=standby'
primary_slot_name = 'standby'\n`,
      );
    });
  }

  static async #copy(
    of: TestServer,
    finish: (copy: CopiedServer, label: string) => Promise<void>,
  ): Promise<CopiedServer> {
    const dataDir = await mkdtemp(join(tmpdir(), "kubets-pg-copy-"));
    await chmod(dataDir, 0o755);
    const copy = new CopiedServer(dataDir);
    const session = await connectAdmin(of.server.url);
    try {
      await session.query("SELECT pg_backup_start('copy', true)");
      const [from, to] = [join(of.dataDir, "data"), join(dataDir, "data")];
      await copyDataFolder(from, to, { withLog: false });
      const { rows } = await session.query<{ labelfile: string }>(
        "SELECT labelfile FROM pg_backup_stop(false)",
      );
      await finish(copy, rows[0]?.labelfile ?? "");
    } finally {
      await session.end();
    }
    for (const file of ["password", "database-created"]) {
      await copyFile(join(of.dataDir, file), join(dataDir, file));
    }
    return copy;
  }

  get server(): EmbeddedPostgres {
    if (this.#server === undefined) throw new Error("the copy was not started");
    return this.#server;
  }

  async start(): Promise<EmbeddedPostgres> {
    this.#server = await startEmbeddedPostgres({ dataDir: this.dataDir, logger: silentLogger });
    return this.#server;
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    const session = await connectAdmin(this.server.url);
    await session.query("SELECT pg_promote(true, 30)");
    await session.end();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function connectAdmin(url: string): Promise<Client> {
  const admin = new URL(url);
  admin.username = "postgres";
  admin.pathname = "/postgres";
  const client = new Client({ connectionString: admin.href });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** The server's log up to the end of the backup, without which the copied pages are of different times. */
async function copyWal(fromRoot: string, toRoot: string): Promise<void> {
  const to = join(toRoot, "data", "pg_wal");
  await rm(to, { recursive: true });
  await copyDataFolder(join(fromRoot, "data", "pg_wal"), to, { withLog: true });
}

async function writeOwned(copy: CopiedServer, name: string, text: string): Promise<void> {
  const data = join(copy.dataDir, "data");
  const { uid, gid } = await lstat(data);
  await writeFile(join(data, name), text, { mode: 0o600 });
  await chown(join(data, name), uid, gid);
}
