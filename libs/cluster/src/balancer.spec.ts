import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { FakeClock, silentLogger } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Balancer, type Readiness } from "./balancer.ts";

/** Says its name to whoever connects, then echoes. */
async function backend(name: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(name);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

describe("the balancer", () => {
  let servers: Server[];
  let balancer: Balancer;
  let clock: FakeClock;
  const found = new Map<number, Readiness>();
  const clients: Socket[] = [];
  beforeEach(async () => {
    clock = new FakeClock();
    servers = [await backend("a"), await backend("b")];
    for (const server of servers) found.set(portOf(server), "ready");
    balancer = new Balancer({
      listen: { host: "127.0.0.1", port: 0 },
      backends: servers.map((server) => ({ host: "127.0.0.1", port: portOf(server) })),
      check: ({ port }) => Promise.resolve(found.get(port) ?? "gone"),
      clock,
      logger: silentLogger,
    });
    await balancer.start();
    await clock.advance(0);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await balancer.stop();
    for (const server of servers) server.close();
    expect(clock.pending).toBe(0);
  });

  /** Whom a new connection reaches; "" when it is hung up on. */
  async function ask(): Promise<{ client: Socket; name: string }> {
    const client = connect({ host: "127.0.0.1", port: balancer.port });
    clients.push(client);
    const name = await new Promise<string>((resolve) => {
      client.once("data", (data) => resolve(data.toString()));
      client.once("close", () => resolve(""));
      client.on("error", () => resolve(""));
    });
    return { client, name };
  }
  const say = (index: number, readiness: Readiness) => {
    const server = servers[index];
    if (server !== undefined) found.set(portOf(server), readiness);
  };

  it("spreads connections and carries what both sides say", async () => {
    const names = [await ask(), await ask(), await ask(), await ask()].map(({ name }) => name);
    expect(names.toSorted()).toEqual(["a", "a", "b", "b"]);
    const { client } = await ask();
    client.write("hello");
    expect((await once(client, "data"))[0].toString()).toBe("hello");
  });
  it("gives one that is not ready nothing new and leaves it what it has", async () => {
    const { client, name } = await ask();
    say(name === "a" ? 0 : 1, "unready");
    await clock.advance(10_000);
    const others = [await ask(), await ask()].map((each) => each.name);
    expect(others).toEqual(name === "a" ? ["b", "b"] : ["a", "a"]);
    client.write("still here");
    expect((await once(client, "data"))[0].toString()).toBe("still here");
  });
  it("hangs up what is connected to one that fell silent", async () => {
    const [first, second] = [await ask(), await ask()];
    say(first.name === "a" ? 0 : 1, "gone");
    const closed = once(first.client, "close");
    await clock.advance(5_000);
    await closed;
    expect(second.client.destroyed).toBe(false);
    expect((await ask()).name).toBe(second.name);
  });
  it("takes the other one while the check has not seen yet that one refuses", async () => {
    servers[0]?.close();
    const names = [await ask(), await ask(), await ask()].map(({ name }) => name);
    expect(names).toEqual(["b", "b", "b"]);
  });
  it("hangs up when none is ready, and says so", async () => {
    say(0, "gone");
    say(1, "unready");
    await clock.advance(1_000);
    expect(balancer.isReady).toBe(false);
    expect((await ask()).name).toBe("");
    say(1, "ready");
    await clock.advance(50);
    expect((await ask()).name).toBe("b");
  });
});
