/** Whole apiservers in processes of their own over one Postgres and one NATS, as clients see them. */
import { sleep, systemClock } from "@kubets/service";
import { TestServer } from "@kubets/storage-postgres/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { describeVerdict } from "../checks/check-history.ts";
import { SeededRandom } from "../seeded-random.ts";
import { NatsServer, natsProgram } from "../servers/nats-server.ts";
import { ApiUnderLoad } from "./api-under-load.ts";
import { ApiserverReplica } from "./apiserver-replica.ts";
import { type ClusterFiles, makeClusterFiles } from "./cluster-files.ts";
import * as maps from "./config-maps.ts";
import { ReplicatedApi } from "./replicated-api.ts";

const seed = Number(process.env.KUBETS_SEED ?? 5);
/** A longer run: KUBETS_FAULT_RUNS=30. */
const rounds = Number(process.env.KUBETS_FAULT_RUNS ?? 1);
const server = await TestServer.start();
if (natsProgram === undefined) console.warn("without NATS: it is not installed");

describe.skipIf(server === undefined)("three apiservers over one database", () => {
  let files: ClusterFiles;
  let nats: NatsServer | undefined;
  let api: ReplicatedApi;
  let url = "";
  let load: ApiUnderLoad | undefined;

  beforeAll(async () => {
    files = await makeClusterFiles();
    nats = natsProgram === undefined ? undefined : await NatsServer.start();
    url = (await server?.createDatabase()) ?? "";
    const options = {
      files,
      databaseUrl: url,
      args: ["--shutdown-delay-duration=200ms"],
      ...(nats === undefined ? {} : { natsServer: nats.address }),
    };
    const replicas = await Promise.all(
      [0, 1, 2].map((i) => ApiserverReplica.create(options, `apiserver-${i}`)),
    );
    api = new ReplicatedApi(replicas);
    await Promise.all(replicas.map((replica) => replica.start()));
  });
  afterEach(async () => {
    await load?.close();
    load = undefined;
  });
  afterAll(async () => {
    await Promise.all(api.replicas.map((replica) => replica.kill()));
    await nats?.kill();
    files.remove();
    await server?.stop();
  });

  async function startLoad(): Promise<ApiUnderLoad> {
    load = await ApiUnderLoad.start({ api, databaseUrl: url, clients: 8, seed });
    return load;
  }

  it("show through any of them what was written through any other, 300 times", async () => {
    let wrong = 0;
    for (let i = 0; i < 300; i++) {
      const name = `own-write-${i % 10}`;
      const body = maps.configMap(name, `own.${i}:red`);
      const answer =
        i < 10
          ? await api.request(i, "POST", maps.pathOf(), body)
          : await api.request(i, "PUT", maps.pathOf(name), body);
      const written: maps.ConfigMap = JSON.parse(answer.body);
      const got = await api.request(i + 1, "GET", maps.pathOf(name));
      const listed = await api.request(i + 2, "GET", maps.pathOf());
      const list: maps.ConfigMapList = JSON.parse(listed.body);
      const inList = list.items.find(({ metadata }) => metadata.name === name);
      const revision = maps.revisionOf(written);
      if (JSON.parse(got.body).metadata.resourceVersion !== String(revision)) wrong += 1;
      if (inList?.metadata.resourceVersion !== String(revision)) wrong += 1;
      if (maps.revisionOf(list) < revision) wrong += 1;
    }
    expect(wrong).toBe(0);
  });

  it("let 50 clients add one to an object 20 times each: 1,000 exactly", async () => {
    const path = maps.pathOf("counter");
    const counter = (n: number, resourceVersion?: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "counter", ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      data: { n: String(n) },
    });
    await api.request(0, "POST", maps.pathOf(), counter(0));
    let refused = 0;
    const random = new SeededRandom(seed);
    await Promise.all(
      Array.from({ length: 50 }, async (_, c) => {
        for (let i = 0; i < 20; ) {
          const { data, metadata } = JSON.parse((await api.request(c, "GET", path)).body);
          const next = counter(Number(data.n) + 1, metadata.resourceVersion);
          const { status } = await api.request(c + i, "PUT", path, next);
          if (status === 200) i += 1;
          else {
            refused += 1;
            expect(status).toBe(409);
            // As clients do: not at once again.
            await sleep(systemClock, 5 + random.below(100));
          }
        }
      }),
    );
    const end = JSON.parse((await api.request(1, "GET", path)).body);
    console.log(`1,000 updates, ${refused} refused with 409`);
    expect(end.data.n).toBe("1000");
  }, 120_000);

  it(
    "are restarted in turn: every request succeeds, and no watch has to list anew",
    async () => {
      const running = await startLoad();
      await running.more(300);
      const before = { ...api.counts };
      const startMs = performance.now();
      for (let round = 0; round < rounds; round++) {
        for (const replica of api.replicas) {
          await replica.stop();
          await running.more(50);
          await replica.start();
          await running.more(50);
        }
      }
      const seconds = (performance.now() - startMs) / 1_000;
      await running.more(100);
      const verdict = await running.finish();
      const requests = api.counts.requests - before.requests;
      const relisted = running.watches.reduce((sum, watch) => sum + watch.relisted, 0);
      const resumed = running.watches.reduce((sum, watch) => sum + watch.resumed, 0);
      const { counts } = api;
      console.log(
        `${3 * rounds} restarts in ${seconds.toFixed(0)} s: ${requests} requests, ${counts.failed - before.failed} failed, ${counts.lost - before.lost} answers lost, ${counts.retried - before.retried} sent again, ${counts.delayed - before.delayed} delayed; ${resumed} watches continued elsewhere, ${relisted} listed anew; ${describeVerdict(verdict)}`,
      );
      expect(counts.failed - before.failed).toBe(0);
      expect(counts.lost - before.lost).toBe(0);
      expect(relisted).toBe(0);
      expect(resumed).toBeGreaterThan(0);
      expect(verdict.violations).toEqual([]);
    },
    60_000 + rounds * 60_000,
  );

  it(
    "are killed at named points under load: the others serve on, and watches go on elsewhere",
    async () => {
      const running = await startLoad();
      await running.more(200);
      const recoveries: number[] = [];
      const points = ["commit.afterSend", "commit.beforeReply", "publish.before"] as const;
      for (let round = 0; round < rounds; round++) {
        for (const [i, point] of points.entries()) {
          const replica = api.at(i);
          replica.arm({ point, action: "kill", after: running.random.below(20) });
          await replica.gone;
          const killedMs = performance.now();
          await running.more(1);
          recoveries.push(performance.now() - killedMs);
          const readyMs = await replica.start();
          expect(readyMs).toBeLessThan(10_000);
          await running.more(50);
        }
      }
      const verdict = await running.finish();
      console.log(
        `${recoveries.length} kills: ${describeVerdict(verdict)}; next success after ${Math.max(...recoveries).toFixed(0)} ms at most; seed ${seed}`,
      );
      expect(verdict.violations).toEqual([]);
    },
    60_000 + rounds * 60_000,
  );
});
