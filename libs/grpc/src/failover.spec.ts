/** Our own client over two real servers on one store, one of which goes away. */
import { connect, constants } from "node:http2";
import { type Client, configMaps, createGrpcClient, Informer, namespaces } from "@kubets/client";
import { silentLogger, systemClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  makeTestCluster,
  startTestGrpcServer,
  type TestCluster,
  type TestGrpcServer,
} from "./testing/test-grpc-server.ts";

let cluster: TestCluster;
let first: TestGrpcServer;
let second: TestGrpcServer;
const clients: Client[] = [];

function clientOf(...servers: TestGrpcServer[]): Client {
  const { certificate: cert, key } = first.client;
  const client = createGrpcClient({
    address: servers.map(({ address }) => address),
    tls: { ca: cluster.ca.certificate, cert, key },
  });
  clients.push(client);
  return client;
}

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "default", name },
  data,
});

beforeEach(async () => {
  cluster = await makeTestCluster();
  [first, second] = await Promise.all([startTestGrpcServer(cluster), startTestGrpcServer(cluster)]);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
  await clientOf(second).create(namespaces, namespace);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all([first.stop(), second.stop()]);
  await cluster.storage.close();
});

describe.each(["crashes", "drains"] as const)("an informer whose server %s", (how) => {
  it("sees every change once and in order, from the other one, without listing again", async () => {
    const both = clientOf(first, second);
    let lists = 0;
    const counted: Client = {
      ...both,
      list: (type, options) => {
        lists += 1;
        return both.list(type, options);
      },
    };
    const informer = new Informer({
      client: counted,
      type: configMaps,
      clock: systemClock,
      logger: silentLogger,
      backoffBaseMs: 10,
    });
    const seen: string[] = [];
    informer.onChange(({ key, current }) =>
      seen.push(`${key} ${current?.metadata.resourceVersion ?? "deleted"}`),
    );
    await informer.start();
    await informer.waitForSync();

    const writer = clientOf(second);
    const written: string[] = [];
    for (let i = 0; i < 60; i++) {
      const name = `c${i}`;
      const created = await writer.create(configMaps, configMap(name));
      const updated = await writer.update(configMaps, { ...created, data: { i: String(i) } });
      await writer.delete(configMaps, "default", name);
      for (const { metadata } of [created, updated]) {
        written.push(`default/${name} ${metadata.resourceVersion}`);
      }
      written.push(`default/${name} deleted`);
      if (i === 20) {
        // In the middle of a stream: the informer has seen some of it.
        await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
        if (how === "drains") first.drain();
        else await first.crash();
      }
    }
    await vi.waitFor(() => expect(seen).toEqual(written), { timeout: 20_000 });
    expect(lists).toBe(1);
    await informer.stop();
  });
});

describe("calls beside a server that goes away", () => {
  it("are reads that never fail and writes that are done at most once", async () => {
    const client = clientOf(first, second);
    const writer = clientOf(second);
    await writer.create(configMaps, configMap("read"));
    const failures: unknown[] = [];
    let isOver = false;
    const reading = Promise.all(
      [0, 1, 2, 3].map(async (n) => {
        while (!isOver) {
          const read =
            n % 2 === 0 ? client.get(configMaps, "default", "read") : client.list(configMaps);
          await read.catch((error: unknown) => failures.push(error));
        }
      }),
    );
    const outcomes = new Map<string, boolean>();
    const writing = (async () => {
      for (let i = 0; i < 100; i++) {
        const done = client.create(configMaps, configMap(`w${i}`));
        outcomes.set(
          `w${i}`,
          await done.then(
            () => true,
            () => false,
          ),
        );
        if (i === 50) await first.crash();
      }
    })();
    await writing;
    isOver = true;
    await reading;
    expect(failures).toEqual([]);
    const { items } = await writer.list(configMaps);
    const there = new Set(items.map(({ metadata }) => metadata.name));
    // What was acknowledged is there; of the others at most the one whose answer was lost.
    for (const [name, isDone] of outcomes) if (isDone) expect(there).toContain(name);
    expect([...outcomes.values()].filter((isDone) => !isDone).length).toBeLessThanOrEqual(1);
  });

  it("are not begun by a server that drains, so that even a write may be sent elsewhere", async () => {
    const [, port] = first.address.split(":");
    const { ca } = cluster;
    const session = connect(`https://localhost:${port}`, { ca: ca.certificate });
    await new Promise((resolve) => session.once("connect", resolve));
    const stream = session.request({
      ":method": "POST",
      ":path": "/kubets.api.v1.Objects/Watch",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => undefined);
    stream.end(Buffer.alloc(5));
    first.drain();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).toBe(constants.NGHTTP2_REFUSED_STREAM);
    await first.idle();
    session.destroy();
  });
});
