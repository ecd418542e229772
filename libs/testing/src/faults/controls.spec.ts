/** Builds that break one promise each. The checks that pass for the real one must catch every one of them. */
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { describeVerdict, type Verdict } from "../checks/check-history.ts";
import type { Control } from "../processes/store-protocol.ts";
import { killPostgres } from "../servers/kill-postgres.ts";
import { StoreUnderLoad } from "./store-under-load.ts";

const seed = Number(process.env.KUBETS_SEED ?? 3);
const server = await TestServer.start();
let load: StoreUnderLoad | undefined;
afterEach(() => load?.close());
afterAll(() => server?.stop());

describe.skipIf(server === undefined)("the checks catch a build", () => {
  const caught = new Map<string, readonly string[]>();
  const admin = async (sql: string, url?: string) => (await server?.asAdmin(sql, url)) ?? [];

  function start(url: string, control: Control = "none"): StoreUnderLoad {
    load = new StoreUnderLoad({ url, seed, control, tickMs: 50 });
    return load;
  }
  function expectCaught(what: string, verdict: Verdict, check: string): void {
    const names = [...new Set(verdict.violations.map((violation) => violation.check))];
    console.log(`${what}: ${describeVerdict(verdict)}; by ${names.join(", ")}`);
    expect(names).toContain(check);
    caught.set(what, names);
  }

  it("that skips the lock of the counter", async () => {
    const url = (await server?.createDatabase()) ?? "";
    // The key of the log would refuse what follows; this build has neither.
    const functions = await admin(
      "SELECT pg_get_functiondef(oid) AS source FROM pg_proc WHERE proname LIKE 'kubets_commit%'",
      url,
    );
    expect(functions).toHaveLength(2);
    for (const { source } of functions) {
      await admin(String(source).replace("FOR UPDATE", ""), url);
    }
    await admin(
      "ALTER TABLE log DROP CONSTRAINT log_pkey; CREATE INDEX log_revision ON log (revision)",
      url,
    );
    const running = start(url);
    await running.more(1_000);
    expectCaught("skips the lock", await running.finish(1_000), "logIsDense");
  });

  it("that acknowledges before the write is durable", async () => {
    const url = (await server?.createDatabase()) ?? "";
    const database = new URL(url).pathname.slice(1);
    const running = start(url);
    await running.more(10);
    // The settings were checked when the store was opened; connections that come later get these.
    await admin(`ALTER DATABASE ${database} SET synchronous_commit = off`);
    for (const setting of ["wal_writer_delay = '10s'", "wal_writer_flush_after = '100MB'"]) {
      await admin(`ALTER SYSTEM SET ${setting}`);
    }
    await admin(`SELECT pg_reload_conf();
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
    await running.more(1_000);
    await killPostgres(server?.server.pid ?? 0);
    await server?.restart();
    const verdict = await running.finish(1_000);
    for (const setting of ["wal_writer_delay", "wal_writer_flush_after"]) {
      await admin(`ALTER SYSTEM RESET ${setting}`);
    }
    expectCaught("acknowledges early", verdict, "acknowledgedIsKept");
  });

  it("that drops a hint and never reads the log", async () => {
    const running = start((await server?.createDatabase()) ?? "", "dropsHints");
    await running.more(1_000);
    expectCaught("drops a hint", await running.finish(1_000), "watchesAreComplete");
  });

  it("that tells bookmarks ahead of what it showed", async () => {
    const running = start((await server?.createDatabase()) ?? "", "bookmarksTooEarly");
    await running.bookmarks(4);
    await running.more(200);
    expectCaught("bookmarks too early", await running.finish(1_000), "watchesAreOrdered");
  });

  it("of each kind: 4 of 4 controls caught, and nothing in the build they are made of", async () => {
    const running = start((await server?.createDatabase()) ?? "");
    await running.more(1_000);
    const verdict = await running.finish();
    console.log(`the real build: ${describeVerdict(verdict)}`);
    expect(verdict.violations).toEqual([]);
    expect([...caught.keys()]).toHaveLength(4);
  });
});
