/** The primary dies under load and its synchronous standby takes over; and what happens without the standby. */
import { sleep, systemClock } from "@kubets/service";
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { StoreUnderLoad } from "../faults/store-under-load.ts";
import { CopiedServer } from "../servers/copied-server.ts";
import { childrenOf, killPostgres } from "../servers/kill-postgres.ts";
import { TcpProxy } from "../servers/tcp-proxy.ts";

const seed = Number(process.env.KUBETS_SEED ?? 6);
const canRun = await TestServer.start();
afterAll(() => canRun?.stop());

describe.skipIf(canRun === undefined)("a database with a standby", () => {
  let primary: TestServer;
  let standby: CopiedServer;
  let proxy: TcpProxy;
  let load: StoreUnderLoad;

  beforeEach(async () => {
    const started = await TestServer.start();
    if (started === undefined) throw new Error("no server");
    primary = started;
    const database = new URL(await primary.createDatabase()).pathname;
    standby = await CopiedServer.standby(primary);
    await standby.start();
    proxy = await TcpProxy.start({ port: primary.server.port });
    const url = new URL(primary.server.tcpUrl);
    url.pathname = database;
    const directUrl = new URL(standby.server.url);
    directUrl.pathname = database;
    url.port = String(proxy.port);
    load = new StoreUnderLoad({ url: url.href, directUrl: directUrl.href, seed, control: "none" });
  });
  afterEach(async () => {
    await load.close();
    await proxy.close();
    await standby.stop();
    await primary.stop();
  });

  async function makeSynchronous(): Promise<void> {
    await primary.asAdmin("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await primary.asAdmin("SELECT pg_reload_conf()");
    for (;;) {
      const [row] = await primary.asAdmin("SELECT sync_state FROM pg_stat_replication");
      if (row?.sync_state === "sync") return;
      await sleep(systemClock, 20);
    }
  }

  async function failOver(): Promise<number> {
    await killPostgres(primary.server.pid);
    const deadMs = performance.now();
    await standby.promote();
    proxy.turnTo({ port: standby.server.port });
    proxy.cut();
    await load.committed();
    return performance.now() - deadMs;
  }

  it("loses no acknowledged write when the primary dies and the synchronous standby is promoted", async () => {
    await makeSynchronous();
    await load.more(1_000);
    const ms = await failOver();
    await load.more(500);
    const verdict = await load.finish();
    console.log(`failover: writes again after ${ms.toFixed(0)} ms; ${describeVerdict(verdict)}`);
    expect(verdict.violations).toEqual([]);
    expect(ms).toBeLessThan(5_000);
  }, 120_000);

  it("acknowledges nothing while its synchronous standby is away, and goes on when it is back", async () => {
    await makeSynchronous();
    await load.more(300);
    await killPostgres(standby.server.pid);
    // What the standby had confirmed may still be told.
    await sleep(systemClock, 300);
    const acknowledged = () =>
      load.recorder.operations.filter(
        (operation) => operation.kind === "write" && operation.outcome.status === "committed",
      ).length;
    const before = acknowledged();
    await sleep(systemClock, 1_500);
    expect(acknowledged()).toBe(before);
    await standby.start();
    await load.more(300);
    const verdict = await load.finish();
    console.log(`standby away for 1.8 s: ${describeVerdict(verdict)}`);
    expect(verdict.violations).toEqual([]);
  }, 120_000);

  it("is seen to lose writes when the standby is not synchronous: the control", async () => {
    await load.more(300);
    for (const pid of childrenOf(standby.server.pid)) process.kill(pid, "SIGSTOP");
    await load.more(300);
    await killPostgres(primary.server.pid);
    for (const pid of childrenOf(standby.server.pid)) process.kill(pid, "SIGCONT");
    await standby.promote();
    proxy.turnTo({ port: standby.server.port });
    proxy.cut();
    const verdict = await load.finish(500);
    console.log(`asynchronous standby: ${describeVerdict(verdict)}`);
    expect(verdict.violations.map(({ check }) => check)).toContain("acknowledgedIsKept");
  }, 120_000);
});
