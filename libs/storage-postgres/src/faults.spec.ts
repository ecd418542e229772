import { randomUUID } from "node:crypto";
import { createMemoryBus } from "@kubets/bus";
import { FakeClock } from "@kubets/service";
import type { CreateWrite, LogBatch, Storage, StorageError } from "@kubets/storage";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultPointName, faultPointNames } from "./fault-point.ts";
import { openPostgresStorage, type PostgresStorageOptions } from "./open-postgres-storage.ts";
import { objectHistory, raiseEpoch } from "./store-admin.ts";
import { openDatabase, TestServer } from "./testing/test-server.ts";

const server = await TestServer.start();
afterAll(() => server?.stop());

const key = (name: string) => ({ group: "", resource: "pods", namespace: "default", name });
function create(name: string): CreateWrite {
  const bytes = Buffer.from(JSON.stringify({ name }));
  return { op: "create", key: key(name), requestId: randomUUID(), uid: name, bytes };
}

describe.skipIf(server === undefined)("a store in Postgres", () => {
  let database: Awaited<ReturnType<typeof openDatabase>>;
  const hits = new Map<FaultPointName, number>();
  beforeEach(async () => {
    if (server !== undefined) database = await openDatabase(server);
  });
  afterEach(() => database.dispose());

  const admin = async (sql: string) => (await server?.asAdmin(sql, database.url)) ?? [];

  /** Breaks what a test names, once; counts everything. */
  function open(
    faults: Partial<Record<FaultPointName, () => void>> = {},
    options: Partial<PostgresStorageOptions> = {},
  ): Promise<Storage> {
    return database.open({
      ...options,
      faultPoint: (name) => {
        hits.set(name, (hits.get(name) ?? 0) + 1);
        const fault = faults[name];
        delete faults[name];
        fault?.();
      },
    });
  }

  const killBackends = () =>
    admin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'kubets' AND datname = current_database()`,
    );

  async function revisions(store: Storage): Promise<bigint[]> {
    return (await store.readLog(0n, 100_000)).map(({ revision }) => revision);
  }

  it("makes a write once whose answer was lost, and tells its revision", async () => {
    const store = await open({
      "commit.afterAnswer": () => {
        throw new Error("the answer is lost");
      },
    });
    expect(await store.write(create("a"))).toEqual({ status: "committed", revision: 1n });
    expect(await revisions(store)).toEqual([1n]);
  });

  it("makes a write whose sending failed", async () => {
    const store = await open({
      "commit.beforeSend": () => {
        throw new Error("not sent");
      },
    });
    expect(await store.write(create("a"))).toEqual({ status: "committed", revision: 1n });
  });

  it("loses and doubles nothing while its connections are killed again and again", async () => {
    const store = await open();
    const other = await open();
    const seen: bigint[] = [];
    other.subscribe(0n, (batch) => seen.push(...batch.map(({ revision }) => revision)));
    let isOver = false;
    const killer = (async () => {
      for (let i = 0; i < 12; i++) await killBackends();
      isOver = true;
    })();
    const answered: bigint[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, w) => {
        for (let i = 0; !isOver || i < 5; i++) {
          const writer = w % 2 ? store : other;
          const result = await writer.write(create(`w${w}-${i}`));
          expect(result.status).toBe("committed");
          if (result.status === "committed") answered.push(result.revision);
        }
      }),
    );
    await killer;
    const log = await revisions(store);
    expect(log).toEqual(log.map((_, i) => BigInt(i + 1)));
    expect(answered.sort((a, b) => Number(a - b))).toEqual(log);
    // Whatever the feed missed it reads again.
    await new Promise<void>((resolve) => {
      const check = (batch: LogBatch) => {
        if (batch.at(-1)?.revision === log.at(-1)) resolve();
      };
      other.subscribe((log.at(-1) ?? 0n) - 1n, check);
    });
    expect(await other.currentRevision()).toBe(log.at(-1));
  });

  it("says unavailable, and hangs nobody, while the server is away; then goes on", async () => {
    const store = await open();
    await store.write(create("before"));
    await server?.server.stop();
    await expect(store.currentRevision()).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.get(key("before"))).rejects.toMatchObject({ code: "unavailable" });
    const waiting = store.write(create("after"));
    await server?.restart();
    expect((await waiting).status).toBe("committed");
    expect(await store.get(key("before"))).toBeDefined();
    expect(await revisions(store)).toEqual([1n, 2n]);
  });

  it("refuses a write that it cannot send after five seconds, and at once from then on, until the server is back", async () => {
    const clock = new FakeClock();
    const store = await open({}, { clock });
    await server?.server.stop();
    try {
      const startMs = clock.monotonicMs();
      let refusedMs: number | undefined;
      const first = store.write(create("first")).catch((error: unknown) => {
        refusedMs = clock.monotonicMs() - startMs;
        return error;
      });
      await expect
        .poll(
          async () => {
            await clock.advance(250);
            return refusedMs;
          },
          { timeout: 20_000 },
        )
        .toBeDefined();
      expect(await first).toMatchObject({ code: "unavailable" });
      expect(refusedMs).toBeGreaterThanOrEqual(5_000);
      expect(refusedMs).toBeLessThan(10_000);
      // The clock stands still: nobody waits.
      await expect(store.write(create("second"))).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await server?.restart();
    }
    expect((await store.write(create("third"))).status).toBe("committed");
    expect(await revisions(store)).toEqual([1n]);
  });

  it("gives its place back when another commit keeps the lock, and the write was not made", async () => {
    const store = await open();
    await store.write(create("before"));
    const keeping = admin(
      "BEGIN; SELECT revision FROM counter FOR UPDATE; SELECT pg_sleep(6); COMMIT",
    );
    await expect
      .poll(() => admin("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6)%'"))
      .toHaveLength(2);
    await expect(store.write(create("a"))).rejects.toMatchObject({ code: "unavailable" });
    await keeping;
    expect(await revisions(store)).toEqual([1n]);
    expect((await store.write(create("a"))).status).toBe("committed");
  });

  it("cuts a commit that has no answer, makes it anew, and it counts once", async () => {
    const clock = new FakeClock();
    const store = await open({}, { clock });
    await store.write(create("first"));
    const [{ pid } = {}] = await admin(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%kubets_commit%' AND pid <> pg_backend_pid()`,
    );
    process.kill(Number(pid), "SIGSTOP");
    try {
      const write = store.write(create("a"));
      // The call is sent in a later turn; then its time runs out.
      await expect
        .poll(
          async () => {
            await clock.advance(100);
            return (await admin("SELECT FROM objects")).length;
          },
          { timeout: 20_000 },
        )
        .toBe(2);
      expect(await write).toEqual({ status: "committed", revision: 2n });
    } finally {
      process.kill(Number(pid), "SIGCONT");
    }
    // The first call comes through after all: it finds what the second wrote.
    await expect
      .poll(async () => (await admin(`SELECT FROM pg_stat_activity WHERE pid = ${pid}`)).length, {
        timeout: 20_000,
      })
      .toBe(0);
    expect(await revisions(store)).toEqual([1n, 2n]);
  });

  it("ends a subscriber that throws, and nobody else", async () => {
    const store = await open();
    const ended = new Promise<StorageError>((resolve) => {
      const fail = () => {
        throw new Error("a mistake");
      };
      store.subscribe(0n, fail, resolve);
    });
    const seen: bigint[] = [];
    store.subscribe(0n, (batch) => seen.push(...batch.map(({ revision }) => revision)));
    await store.write(create("a"));
    expect(await ended).toMatchObject({ code: "unusable" });
    await store.write(create("b"));
    expect(seen).toEqual([1n, 2n]);
  });

  it("delivers foreign commits by its slow tick when there is no bus", async () => {
    const store = await openPostgresStorage({ url: database.url, tickMs: 20 });
    const other = await openPostgresStorage({ url: database.url, bus: createMemoryBus() });
    const arrived = new Promise<LogBatch>((resolve) => {
      store.subscribe(0n, resolve);
    });
    await other.write(create("a"));
    expect((await arrived).map(({ revision }) => revision)).toEqual([1n]);
    await store.close();
    await other.close();
  });

  it("keeps order when hints are forged and repeated", async () => {
    const bus = createMemoryBus();
    const store = await open({}, { bus });
    const other = await open({}, { bus });
    const seen: bigint[] = [];
    other.subscribe(0n, (batch) => seen.push(...batch.map(({ revision }) => revision)));
    for (let i = 0; i < 20; i++) {
      bus.publish({ first: BigInt(i * 1_000), last: BigInt(i * 1_000_000) });
      await store.write(create(`a${i}`));
    }
    // Its own commit comes behind all of them.
    await other.write(create("last"));
    expect(seen).toEqual(Array.from({ length: 21 }, (_, i) => BigInt(i + 1)));
  });

  it("takes a broken-off compaction up again", async () => {
    const store = await open({
      "compact.afterMark": () => {
        throw new Error("crash");
      },
    });
    let revision = 0n;
    const first = await store.write(create("a"));
    if (first.status === "committed") revision = first.revision;
    for (let i = 0; i < 3; i++) {
      const result = await store.write({
        ...create("a"),
        op: "update",
        expectedRevision: revision,
      });
      if (result.status === "committed") revision = result.revision;
    }
    await expect(store.compact(revision)).rejects.toThrow();
    expect(await store.compactedRevision()).toBe(revision);
    expect(await admin("SELECT revision FROM log")).toHaveLength(4);
    await store.compact(revision);
    expect(await admin("SELECT revision FROM log")).toHaveLength(1);
    expect(await admin("SELECT id FROM compactions WHERE finished_at IS NULL")).toEqual([]);
    expect(await admin("SELECT from_revision, to_revision, rows_removed FROM compactions")).toEqual(
      [{ from_revision: "0", to_revision: "4", rows_removed: "3" }],
    );
  });

  it("jumps by a thousand million revisions when its epoch is raised, and ends what follows it", async () => {
    const store = await open({}, { tickMs: 20 });
    await store.write(create("a"));
    const ended = new Promise<StorageError>((resolve) => {
      store.subscribe(1n, () => {}, resolve);
    });
    expect(await raiseEpoch({ url: database.url })).toEqual({
      epoch: 2n,
      revision: 1_000_000_001n,
    });
    expect(await ended).toMatchObject({ code: "compacted" });
    await expect(store.readLog(1n, 10)).rejects.toMatchObject({ code: "compacted" });
    const next = await store.write(create("b"));
    expect(next).toEqual({ status: "committed", revision: 1_000_000_002n });
    const { objects } = await store.list({ group: "", resource: "pods" });
    expect(objects.map(({ key: { name }, revision }) => [name, revision])).toEqual([
      ["a", 1n],
      ["b", 1_000_000_002n],
    ]);
    await store.compact(1_000_000_002n);
    expect(await store.get(key("a"))).toBeDefined();
  });

  it("refuses to write on a store that lost what was seen, until its epoch is raised", async () => {
    const store = await open({}, { tickMs: 20 });
    for (const name of ["a", "b", "c"]) await store.write(create(name));
    const ended = new Promise<StorageError>((resolve) => {
      store.subscribe(3n, () => {}, resolve);
    });
    // A restore of a backup that was made behind the first write.
    await admin(`DELETE FROM objects WHERE revision > 1; DELETE FROM log WHERE revision > 1;
      UPDATE counter SET revision = 1`);
    await expect(store.write(create("d"))).rejects.toMatchObject({ code: "unusable" });
    expect(await ended).toMatchObject({ code: "unusable" });
    await raiseEpoch({ url: database.url });
    const waitForJump = new Promise<void>((resolve) => {
      const again = () => store.subscribe(1_000_000_001n, () => resolve(), again);
      again();
    });
    await expect
      .poll(() =>
        store.write(create("d")).then(
          ({ status }) => status,
          () => "refused",
        ),
      )
      .toBe("committed");
    await waitForJump;
  });

  it("tells what happened to an object", async () => {
    const store = await open();
    await store.write(create("a"));
    await store.write({ ...create("a"), op: "update", expectedRevision: 1n });
    await store.write({ ...create("a"), op: "delete", expectedRevision: 2n });
    const history = await objectHistory({ url: database.url, key: key("a"), limit: 2 });
    expect(history.map(({ revision, type }) => [revision, type])).toEqual([
      [3n, "delete"],
      [2n, "update"],
    ]);
  });

  it.each([
    ["synchronous_commit", "off"],
    ["default_transaction_isolation", "'repeatable read'"],
  ])("refuses a database with %s %s and says what to change", async (setting, value) => {
    const [{ name } = {}] = await admin("SELECT current_database() AS name");
    await admin(`ALTER DATABASE ${name} SET ${setting} = ${value}`);
    await expect(openPostgresStorage({ url: database.url })).rejects.toMatchObject({
      code: "unusable",
      message: expect.stringContaining(`${setting} is ${value.replaceAll("'", "")}: set it to`),
    });
  });

  it("answers unavailable when there is no server at its address", async () => {
    const opening = openPostgresStorage({ url: "postgres://nobody@127.0.0.1:1/none" });
    await expect(opening).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses more writes than it lets wait", async () => {
    const store = await open();
    const results = await Promise.allSettled(
      Array.from({ length: 10_050 }, (_, i) => store.write(create(`p${i}`))),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(50);
    expect(refused[0]).toMatchObject({ reason: { code: "unavailable" } });
    expect(await store.currentRevision()).toBe(10_000n);
  });

  it("has been through every fault point in these tests", () => {
    expect([...hits.keys()].sort()).toEqual([...faultPointNames].sort());
  });
});
