/** What clients are told while the apiserver has no database, and what is true when it is back. */
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DatabaseLog } from "../history/database-log.ts";
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
    expect(made).toHaveLength(told.size);
    for (const { key, revision } of made) expect(told.get(key)).toBe(String(revision));
  });

  it("answers reads and writes with a 5xx that says when to come back, none of them wrongly, then goes on", async () => {
    proxy.turnTo(undefined);
    proxy.cut();
    const writing = Promise.all(["gone-a", "gone-b", "gone-c"].map(create));
    const read = await send("GET", maps.pathOf("cut-0-0"));
    expect(read.status).toBe(503);
    expect(read.retryAfter).toBeGreaterThanOrEqual(1);
    expect((await send("GET", "/readyz")).status).toBe(500);
    // What may be old is still shown.
    const old = await send("GET", maps.pathOf("cut-0-0", { resourceVersion: "0" }));
    expect(old.status).toBe(200);
    for (const { status, retryAfter, body } of await writing) {
      console.log(`a write without a database: ${status} ${JSON.parse(body).message}`);
      expect([503, 504]).toContain(status);
      expect(retryAfter).toBeGreaterThanOrEqual(1);
    }
    proxy.turnTo({ port: server?.server.port ?? 0 });
    expect((await create("back")).status).toBe(201);
    const log = new DatabaseLog(directUrl);
    await log.harvest();
    expect(log.records.filter(({ key }) => key.includes("/gone-"))).toEqual([]);
    expect((await send("GET", "/readyz")).status).toBe(200);
  });
});
