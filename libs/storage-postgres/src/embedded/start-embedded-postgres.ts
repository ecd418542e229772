import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Clock, type Logger, systemClock } from "@kubets/service";
import { answers } from "./answers.ts";
import { createDatabase } from "./create-database.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import { findPostmaster, type Postmaster, waitUntil } from "./postmaster.ts";
import { prepareBinaries } from "./server-binaries.ts";
import { serverEnvironment, serverSettings } from "./server-settings.ts";
import { chooseServerUser, type ServerUser } from "./server-user.ts";

const run = promisify(execFile);
const startTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;
/** The least time between two tries to start the server. */
const respawnMs = 200;
/** The path of a Unix socket has at most 107 bytes on Linux, 103 on macOS. */
const socketPathBytesMax = 90;

export interface EmbeddedPostgresOptions {
  /** Holds everything: binaries, data, socket, log, password. Made when it is missing. */
  readonly dataDir: string;
  /** The port on 127.0.0.1. Default: a free one at the first start, then always the same. */
  readonly port?: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** For this machine: the Unix socket in a folder that only the server's user and root enter. */
  readonly url: string;
  /** The same database over TCP on 127.0.0.1, with the password. */
  readonly tcpUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Fast shutdown: open transactions are rolled back, what was committed stays. */
  stop(): Promise<void>;
}

/**
 * A real Postgres of our own, durable as any other. It outlives this process, so that `stop` may come
 * from another one; starting what already runs gives the running one.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { logger, clock = systemClock, signal } = options;
  const root = resolve(options.dataDir);
  const data = join(root, "data");
  const user = await chooseServerUser();
  await mkdir(root, { recursive: true });
  await assertEnterable(root, user);
  const socketDir = await makeSocketDir(root, user);
  const spawnOne = once(async () => {
    const binaries = await prepareBinaries(join(root, "server"));
    await initialise({ initdb: binaries.initdb, data, user });
    const port = options.port ?? (await rememberedPort(root));
    logger.info("starting postgres", { dataDir: root, port, user: user?.name });
    return () => spawnServer({ postgres: binaries.postgres, root, data, socketDir, port, user });
  });
  let postmaster: Postmaster | undefined;
  let server: ChildProcess | undefined;
  let startedMs = clock.monotonicMs();
  const isUp = await waitUntil(
    async () => {
      postmaster = await findPostmaster(data);
      // One that was killed a moment ago may still look alive.
      if (postmaster?.isReady === true) return answers(socketDir, postmaster.port);
      if (server === undefined ? postmaster !== undefined : isRunning(server)) return false;
      // The processes of one that was killed may still hold its shared memory: a start fails until they are gone.
      if (server !== undefined && clock.monotonicMs() - startedMs <= respawnMs) return false;
      const spawnAgain = await spawnOne();
      startedMs = clock.monotonicMs();
      server = await spawnAgain();
      return false;
    },
    { clock, timeoutMs: startTimeoutMs, ...(signal === undefined ? {} : { signal }) },
  );
  if (!isUp || postmaster === undefined) {
    throw new EmbeddedPostgresError("server", `Postgres did not start: ${await lastLog(root)}`);
  }
  const { pid, port } = postmaster;
  const password = await rememberedPassword(root);
  await createDatabase({ socketDir, port, password, marker: join(root, "database-created") });
  logger.info("postgres is ready", { pid, port });
  return {
    url: `postgres://kubets@localhost/kubets?host=${encodeURIComponent(socketDir)}&port=${port}`,
    tcpUrl: `postgres://kubets:${password}@127.0.0.1:${port}/kubets`,
    port,
    pid,
    stop: () => stopEmbeddedPostgres({ dataDir: root, logger, clock }),
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Stops the server of a folder, whoever started it; resolves when it is gone. */
export async function stopEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}): Promise<void> {
  const { logger, clock = systemClock } = options;
  const root = resolve(options.dataDir);
  const data = join(root, "data");
  const postmaster = await findPostmaster(data);
  if (postmaster === undefined) return;
  const isGone = async () => (await findPostmaster(data)) === undefined;
  // SIGINT is the fast shutdown, SIGQUIT the immediate one: the next start recovers from the log.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    logger.info("stopping postgres", { pid: postmaster.pid, signal });
    if (!(await isGone())) process.kill(postmaster.pid, signal);
    if (await waitUntil(isGone, { clock, timeoutMs: stopTimeoutMs })) return;
  }
  throw new EmbeddedPostgresError("server", `Postgres (pid ${postmaster.pid}) does not stop`);
}

/** Looks at every folder on the way: the message names the one that is closed. */
async function assertEnterable(root: string, user: ServerUser | undefined): Promise<void> {
  if (user === undefined) return;
  for (let folder = root; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new EmbeddedPostgresError(
        "folder",
        `the user ${user.name} cannot enter ${folder}: choose a data folder outside of it`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

async function makeSocketDir(root: string, user: ServerUser | undefined): Promise<string> {
  const inside = join(root, "run");
  const path =
    Buffer.byteLength(inside) <= socketPathBytesMax
      ? inside
      : join(tmpdir(), `kubets-postgres-${Buffer.from(root).toString("hex").slice(-24)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (user !== undefined) await chown(path, user.uid, user.gid);
  return path;
}

/** Makes the data folder under another name first: a half-made one is never started. */
async function initialise(options: {
  readonly initdb: string;
  readonly data: string;
  readonly user: ServerUser | undefined;
}): Promise<void> {
  const { initdb, data, user } = options;
  const isThere = await readFile(join(data, "PG_VERSION"), "utf8").catch(() => "");
  if (isThere !== "") return;
  const partial = `${data}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  if (user !== undefined) await chown(partial, user.uid, user.gid);
  try {
    await run(
      initdb,
      [
        ...["-D", partial, "-U", "postgres", "--encoding=UTF8", "--locale=C"],
        ...["--data-checksums", "--auth=trust", "--no-instructions"],
      ],
      { cwd: "/", ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) },
    );
  } catch (cause) {
    throw new EmbeddedPostgresError("init", "initdb could not make the data folder", { cause });
  }
  // The socket lies in a private folder; over TCP only who knows the password.
  const access = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  await writeFile(join(partial, "pg_hba.conf"), access);
  await rename(partial, data);
}

async function spawnServer(options: {
  readonly postgres: string;
  readonly root: string;
  readonly data: string;
  readonly socketDir: string;
  readonly port: number;
  readonly user: ServerUser | undefined;
}): Promise<ChildProcess> {
  const { postgres, root, data, socketDir, port, user } = options;
  const log = await open(join(root, "postgres.log"), "a", 0o600);
  try {
    const settings = serverSettings({ socketDir, port });
    const child = spawn(
      postgres,
      [
        "-D",
        data,
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      {
        cwd: "/",
        detached: true,
        env: serverEnvironment,
        stdio: ["ignore", log.fd, log.fd],
        ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      },
    );
    await new Promise<void>((done, fail) => {
      child.once("spawn", done);
      child.once("error", (cause) =>
        fail(new EmbeddedPostgresError("server", "Postgres could not be run", { cause })),
      );
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** The same promise for every caller. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function rememberedPort(root: string): Promise<number> {
  const file = join(root, "port");
  const remembered = Number(await readFile(file, "utf8").catch(() => ""));
  if (remembered > 0) return remembered;
  const port = await freePort();
  await writeFile(file, String(port));
  return port;
}

async function rememberedPassword(root: string): Promise<string> {
  const file = join(root, "password");
  const remembered = await readFile(file, "utf8").catch(() => "");
  if (remembered !== "") return remembered;
  const password = randomBytes(24).toString("hex");
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

async function lastLog(root: string): Promise<string> {
  const text = await readFile(join(root, "postgres.log"), "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-5).join("; ");
}
