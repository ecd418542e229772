import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { type Bus, encodeHint, type RevisionHint } from "@kubets/bus";
import { connect } from "@nats-io/transport-node";
import { afterEach, describe, expect, it } from "vitest";
import { connectNatsBus, type NatsBusOptions } from "./connect-nats-bus.ts";

function findServer(): string | undefined {
  for (const path of ["nats-server", "/usr/sbin/nats-server", "/usr/local/bin/nats-server"]) {
    try {
      execFileSync(path, ["--version"]);
      return path;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

const program = findServer();
if (program === undefined)
  console.warn("tests with NATS are skipped: nats-server is not installed");

const servers = new Set<ChildProcess>();
const buses = new Set<Bus>();

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Resolves when the server says that it is ready. */
function startServer(port: number, args: readonly string[] = []): Promise<ChildProcess> {
  const server = spawn(program ?? "", ["-a", "127.0.0.1", "-p", String(port), ...args]);
  servers.add(server);
  return new Promise((resolve) => {
    let said = "";
    server.stderr.on("data", (data) => {
      said += String(data);
      if (said.includes("Server is ready")) resolve(server);
    });
  });
}

async function stopServer(server: ChildProcess): Promise<void> {
  servers.delete(server);
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGKILL");
  await gone;
}

function open(port: number, more: Partial<NatsBusOptions> = {}): Bus {
  const bus = connectNatsBus({ servers: [`127.0.0.1:${port}`], clusterId: "c1", ...more });
  buses.add(bus);
  return bus;
}

/** Sends until it arrives, as commits do: whether a subscription stands cannot be seen otherwise. */
async function reaches(from: Bus, to: Bus, hint: RevisionHint): Promise<RevisionHint> {
  let timer: NodeJS.Timeout | undefined;
  const received = await new Promise<RevisionHint>((resolve) => {
    to.subscribe(resolve);
    timer = setInterval(() => from.publish(hint), 20);
  });
  clearInterval(timer);
  return received;
}

afterEach(async () => {
  await Promise.all([...buses].map((bus) => bus.close()));
  buses.clear();
  for (const server of servers) await stopServer(server);
});

describe.skipIf(program === undefined)("the bus over NATS", () => {
  it("brings hints to the other replicas of the same cluster, not to the sender", async () => {
    const port = await freePort();
    await startServer(port);
    const [one, two, other] = [open(port), open(port), open(port, { clusterId: "c2" })];
    const wrong: RevisionHint[] = [];
    one.subscribe((hint) => wrong.push(hint));
    other.subscribe((hint) => wrong.push(hint));
    expect(await reaches(one, two, { first: 2n ** 60n, last: 2n ** 60n + 1n })).toEqual({
      first: 2n ** 60n,
      last: 2n ** 60n + 1n,
    });
    expect(one.isConnected()).toBe(true);
    expect(wrong).toEqual([]);
  });

  it("starts without a server, drops what it cannot send, and connects when there is one", async () => {
    const port = await freePort();
    const [one, two] = [open(port), open(port)];
    one.publish({ first: 1n, last: 1n });
    expect(one.isConnected()).toBe(false);
    await startServer(port);
    expect(await reaches(one, two, { first: 5n, last: 6n })).toEqual({ first: 5n, last: 6n });
  });

  it("goes on after the server was away", async () => {
    const port = await freePort();
    const server = await startServer(port);
    const [one, two] = [open(port), open(port)];
    await reaches(one, two, { first: 1n, last: 1n });
    await stopServer(server);
    one.publish({ first: 2n, last: 2n });
    await startServer(port);
    expect(await reaches(one, two, { first: 3n, last: 3n })).toEqual({ first: 3n, last: 3n });
  });

  it("ignores what is not a hint", async () => {
    const port = await freePort();
    await startServer(port);
    const [one, two] = [open(port), open(port)];
    await reaches(one, two, { first: 1n, last: 1n });
    const seen: RevisionHint[] = [];
    two.subscribe((hint) => seen.push(hint));
    const forger = await connect({ servers: `127.0.0.1:${port}` });
    for (const data of ["", "{}", new Uint8Array(1_000)]) {
      forger.publish("kubets.c1.revisions", data);
    }
    forger.publish("kubets.c1.revisions", encodeHint({ first: 7n, last: 7n }));
    await forger.flush();
    await reaches(one, two, { first: 8n, last: 8n });
    await forger.close();
    expect(seen.filter(({ first }) => first !== 1n && first !== 8n)).toEqual([
      { first: 7n, last: 7n },
    ]);
  });

  it("gives its token, and stays away without one", async () => {
    const port = await freePort();
    await startServer(port, ["--auth", "secret"]);
    const refused = open(port);
    const [one, two] = [open(port, { token: "secret" }), open(port, { token: "secret" })];
    await reaches(one, two, { first: 1n, last: 1n });
    expect(refused.isConnected()).toBe(false);
  });
});

describe("the options of the bus over NATS", () => {
  it("refuse a cluster id that would reach other subjects", () => {
    expect(() => connectNatsBus({ servers: ["127.0.0.1:1"], clusterId: "*" })).toThrow(TypeError);
  });
});
