/** A backup is taken under load and restored: what came after it is gone, and nobody mistakes the new for the old. */
import { openPostgresStorage, raiseEpoch } from "@kubets/storage-postgres";
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { StoreUnderLoad } from "../faults/store-under-load.ts";
import { objectBytes } from "../processes/object-content.ts";
import { CopiedServer } from "../servers/copied-server.ts";
import { TcpProxy } from "../servers/tcp-proxy.ts";

const seed = Number(process.env.KUBETS_SEED ?? 7);
const server = await TestServer.start();
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => server?.stop());

describe.skipIf(server === undefined)("a backup", () => {
  it("taken under load and restored goes on a thousand million revisions later, and says that the rest is gone", async () => {
    if (server === undefined) throw new Error("no server");
    const database = new URL(await server.createDatabase()).pathname;
    const proxy = await TcpProxy.start({ port: server.server.port });
    open.push(() => proxy.close());
    const url = new URL(server.server.tcpUrl);
    url.pathname = database;
    url.port = String(proxy.port);
    const directUrl = new URL(server.server.url);
    directUrl.pathname = database;

    const before = new StoreUnderLoad({
      url: url.href,
      directUrl: directUrl.href,
      seed,
      control: "none",
    });
    open.push(() => before.close());
    await before.more(500);
    const copy = await CopiedServer.backup(server);
    open.push(() => copy.stop());
    // These are lost: they were made after the backup.
    await before.more(500);
    const verdict = await before.finish();
    expect(verdict.violations).toEqual([]);
    const newest = before.log.last;

    // A replica that has seen all that, and stays.
    const store = await openPostgresStorage({ url: url.href, tickMs: 50 });
    open.push(() => store.close());
    const ended = new Promise<string>((resolve) => {
      store.subscribe(
        newest,
        () => {},
        ({ code }) => resolve(code),
      );
    });
    const restored = await copy.start();
    const restoredUrl = new URL(restored.url);
    restoredUrl.pathname = database;
    const { revision } = await raiseEpoch({ url: restoredUrl.href });
    expect(revision).toBeGreaterThan(1_000_000_000n);
    expect(revision - 1_000_000_000n).toBeLessThan(newest);
    proxy.turnTo({ port: restored.port });
    proxy.cut();
    expect(await ended).toBe("compacted");
    await expect(store.readLog(newest, 1)).rejects.toMatchObject({ code: "compacted" });
    const key = { group: "", resource: "configmaps", namespace: "own", name: "after" };
    const written = await store.write({
      op: "create",
      key,
      requestId: "after",
      uid: "after",
      bytes: objectBytes(key, "after"),
    });
    // Nothing that was given out and lost is ever given out again.
    expect(written).toEqual({ status: "committed", revision: revision + 1n });
    console.log(
      `restored at ${revision - 1_000_000_000n} of ${newest}, goes on at ${revision + 1n}; before: ${describeVerdict(verdict)}`,
    );
  }, 120_000);
});
