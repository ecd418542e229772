/** What clients are told while the apiserver has no database, and what is true when it is back. */
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DatabaseLog } from "../history/database-log.ts";
import type { ApiAnswer } from "../replicas/api-endpoint.ts";
import { ApiserverReplica } from "../replicas/apiserver-replica.ts";
import { type ClusterFiles, makeClusterFiles } from "../replicas/cluster-files.ts";
import * as maps from "../replicas/config-maps.ts";
import { TcpProxy } from "../servers/tcp-proxy.ts";

const server = await TestServer.start();
afterAll(() => server?.stop());

describe.skipIf(server === undefined)("an apiserver without its database", () => {
  let files: ClusterFiles;
  let proxy: TcpProxy;
  let replica: ApiserverReplica;
  let directUrl = "";

  beforeAll(async () => {
    if (server === undefined) return;
    files = await makeClusterFiles();
    directUrl = await server.createDatabase();
    proxy = await TcpProxy.start({ port: server.server.port });
    const url = new URL(server.server.tcpUrl);
    url.pathname = new URL(directUrl).pathname;
    url.port = String(proxy.port);
    replica = await ApiserverReplica.create({ files, databaseUrl: url.href }, "apiserver");
    await replica.start();
  });
  afterAll(async () => {
    await replica.kill();
    await proxy.close();
    files.remove();
  });
  const send = (method: string, path: string, body?: unknown) =>
    replica.endpoint.request(method, path, body);
  const create = (name: string) => send("POST", maps.pathOf(), maps.configMap(name, `${name}:red`));

  it("makes writes once whose connection breaks, again and again, and tells each its revision", async () => {
    let isOver = false;
    const cutting = (async () => {
      for (let i = 0; i < 20; i++) {
        proxy.cut();
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      isOver = true;
    })();
    const told = new Map<string, string>();
    await Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; !isOver; i++) {
          const name = `cut-${w}-${i}`;
          const { status, body } = await create(name);
          expect(status).toBe(201);
          told.set(`configmaps/default/${name}`, JSON.parse(body).metadata.resourceVersion);
        }
      }),
    );
    await cutting;
    const log = new DatabaseLog(directUrl);
    await log.harvest();
    const made = log.records.filter(({ key }) => told.has(key));
    console.log(`20 cuts: ${told.size} writes acknowledged, ${made.length} made`);
    // Each of the writers at least one.
    expect(told.size).toBeGreaterThanOrEqual(8);
    expect(made).toHaveLength(told.size);
    for (const { key, revision } of made) expect(told.get(key)).toBe(String(revision));
  });

  it("refuses reads and writes soon and says when to come back, none of them wrongly, then goes on", async () => {
    proxy.turnTo(undefined);
    proxy.cut();
    const writing = Promise.all(["gone-a", "gone-b", "gone-c"].map((name) => timed(create(name))));
    const read = await timed(send("GET", maps.pathOf("cut-0-0")));
    expect(read.answer.status).toBe(503);
    expect(read.answer.retryAfter).toBeGreaterThanOrEqual(1);
    const ready = await timed(send("GET", "/readyz"));
    expect(ready.answer.status).toBe(500);
    // What may be old is still shown.
    const old = await send("GET", maps.pathOf("cut-0-0", { resourceVersion: "0" }));
    expect(old.status).toBe(200);
    const written = await writing;
    for (const { answer } of written) expectRefusal(answer);
    // Nobody waits again for what is known to be away.
    const late = await timed(create("gone-late"));
    expectRefusal(late.answer);
    expect(late.answer.status).toBe(503);
    report("refused connections", {
      read,
      ready,
      "a write": slowest(written),
      "a later write": late,
    });
    expect(slowest(written).ms).toBeLessThan(12_000);
    expect(Math.max(read.ms, ready.ms, late.ms)).toBeLessThan(5_000);
    proxy.turnTo({ port: server?.server.port ?? 0 });
    expect((await create("back")).status).toBe(201);
    const log = new DatabaseLog(directUrl);
    await log.harvest();
    expect(log.records.filter(({ key }) => key.includes("/gone-"))).toEqual([]);
    expect((await send("GET", "/readyz")).status).toBe(200);
  }, 60_000);

  it("answers everybody within seconds when the database falls silent, and acknowledges nothing that was not made", async () => {
    proxy.silence();
    const names = Array.from({ length: 8 }, (_, i) => `silent-${i}`);
    const writing = Promise.all(names.map((name) => timed(create(name))));
    const reading = timed(send("GET", maps.pathOf("cut-0-0")));
    const listing = timed(send("GET", maps.pathOf()));
    const asking = timed(send("GET", "/readyz"));
    const [written, read, list, ready] = await Promise.all([writing, reading, listing, asking]);
    report("silence", { read, list, ready, "a write": slowest(written) });
    for (const { answer } of written) expectRefusal(answer);
    for (const { answer } of [read, list]) {
      expect(answer.status).toBe(503);
      expect(answer.retryAfter).toBeGreaterThanOrEqual(1);
    }
    expect(ready.answer.status).toBe(500);
    expect(ready.ms).toBeLessThan(10_000);
    expect(Math.max(read.ms, list.ms)).toBeLessThan(12_000);
    expect(slowest(written).ms).toBeLessThan(20_000);
    proxy.resume();
    proxy.cut();
    await expect
      .poll(async () => (await send("GET", "/readyz")).status, { timeout: 20_000 })
      .toBe(200);
    // Told 503: surely not made. Told 504: made or not, and a client that asks finds the one truth.
    const log = new DatabaseLog(directUrl);
    await log.harvest();
    for (const [i, { answer }] of written.entries()) {
      const made = log.records.filter(({ key }) => key.endsWith(`/silent-${i}`));
      expect(made.length).toBeLessThanOrEqual(answer.status === 503 ? 0 : 1);
      const again = await create(`silent-${i}`);
      expect(again.status).toBe(made.length === 0 ? 201 : 409);
    }
  }, 90_000);
});

interface Timed {
  readonly answer: ApiAnswer;
  readonly ms: number;
}

async function timed(asked: Promise<ApiAnswer>): Promise<Timed> {
  const startMs = performance.now();
  const answer = await asked;
  return { answer, ms: performance.now() - startMs };
}

function slowest(all: readonly Timed[]): Timed {
  const [slow] = all.toSorted((a, b) => b.ms - a.ms);
  if (slow === undefined) throw new TypeError("nothing was asked");
  return slow;
}

function expectRefusal({ status, retryAfter }: ApiAnswer): void {
  expect([503, 504]).toContain(status);
  expect(retryAfter).toBeGreaterThanOrEqual(1);
}

function report(what: string, answers: Readonly<Record<string, Timed>>): void {
  const lines = Object.entries(answers).map(([name, { answer, ms }]) => {
    const message = answer.status >= 503 ? ` (${JSON.parse(answer.body).message})` : "";
    return `${name} ${answer.status} after ${ms.toFixed(0)} ms${message}`;
  });
  console.log(`${what}: ${lines.join("; ")}`);
}
