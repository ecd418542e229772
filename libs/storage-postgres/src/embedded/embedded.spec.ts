import { chmod, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@kubets/service";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPostgresStorage } from "../open-postgres-storage.ts";
import { TestServer } from "../testing/test-server.ts";
import { startEmbeddedPostgres, stopEmbeddedPostgres } from "./index.ts";

const probe = await TestServer.start();
await probe?.stop();
const isRoot = process.getuid?.() === 0;

describe.skipIf(probe === undefined)("the embedded Postgres", () => {
  let dataDir: string;
  const start = () => startEmbeddedPostgres({ dataDir, logger: silentLogger });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "kubets-embedded-"));
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    await stopEmbeddedPostgres({ dataDir, logger: silentLogger });
    await rm(dataDir, { recursive: true, force: true });
  });

  async function ask(url: string, sql: string): Promise<unknown> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query({ text: sql, rowMode: "array" });
      return rows[0]?.[0];
    } finally {
      await client.end();
    }
  }

  it("is durable, has checksums, and serves its socket and its port to an ordinary role", async () => {
    const server = await start();
    for (const url of [server.url, server.tcpUrl]) {
      expect(await ask(url, "SELECT current_setting('data_checksums')")).toBe("on");
      expect(await ask(url, "SHOW fsync")).toBe("on");
      expect(await ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).toBe(
        false,
      );
      expect(await ask(url, "SHOW lc_collate").catch(() => "C")).toBe("C");
    }
    const wrong = new URL(server.tcpUrl);
    wrong.password = "wrong";
    await expect(ask(wrong.href, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    if (isRoot) expect((await stat(join(dataDir, "data"))).uid).not.toBe(0);
  });

  it("keeps its address and its data over a stop by another process, and starts only once", async () => {
    const first = await start();
    expect(await start()).toMatchObject({ pid: first.pid, url: first.url });
    const store = await openPostgresStorage({ url: first.url });
    const clusterId = await store.clusterId();
    await store.close();
    await stopEmbeddedPostgres({ dataDir, logger: silentLogger });
    await stopEmbeddedPostgres({ dataDir, logger: silentLogger });
    await expect(ask(first.url, "SELECT 1")).rejects.toThrow();
    const again = await start();
    expect(again.url).toBe(first.url);
    const reopened = await openPostgresStorage({ url: again.url });
    expect(await reopened.clusterId()).toBe(clusterId);
    await reopened.close();
  });

  it("comes back after it was killed", async () => {
    const first = await start();
    const store = await openPostgresStorage({ url: first.url });
    const key = { group: "", resource: "pods", namespace: "a", name: "a" };
    await store.write({ op: "create", key, requestId: "r", uid: "u", bytes: Buffer.from("{}") });
    process.kill(first.pid, "SIGKILL");
    await store.close();
    const again = await start();
    expect(again.pid).not.toBe(first.pid);
    const reopened = await openPostgresStorage({ url: again.url });
    expect(await reopened.get(key)).toBeDefined();
    await reopened.close();
  });

  it("is started again when it is killed while it comes up", async () => {
    await (await start()).stop();
    const starting = start();
    const file = join(dataDir, "data", "postmaster.pid");
    let killed = 0;
    // As soon as it has its lock file: long before it answers.
    while (killed === 0)
      killed = Number((await readFile(file, "utf8").catch(() => "")).split("\n")[0]);
    process.kill(killed, "SIGKILL");
    expect((await starting).pid).not.toBe(killed);
  });

  it.runIf(isRoot)("says which folder its user cannot enter", async () => {
    const closed = join(dataDir, "closed");
    await mkdir(closed, { mode: 0o700 });
    const starting = startEmbeddedPostgres({ dataDir: join(closed, "pg"), logger: silentLogger });
    await expect(starting).rejects.toMatchObject({
      code: "folder",
      message: expect.stringContaining(`cannot enter ${closed}:`),
    });
  });
});
