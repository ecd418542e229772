/**
 * Every component is killed, told to end, paused, disconnected and upgraded in place while clients are at work: the
 * cluster heals without a person, and pods never notice. RESILIENCE_SEED repeats the order of the last part.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bringUp, missingFor, type TestCluster } from "./cluster.ts";
import { busyboxImage } from "./debian-images.ts";
import { eventually } from "./program.ts";
import { CountingLoad } from "./resilience/api-load.ts";
import {
  connectAgain,
  connectionsOf,
  cutOffPostgres,
  disconnect,
  listensOn,
  pause,
  processesOf,
  random,
  signal,
} from "./resilience/faults.ts";
import { NODE_PORT, OBJECTS } from "./resilience/objects.ts";
import { type Elected, LEASES, ObservedCluster } from "./resilience/observed-cluster.ts";
import { ServiceLoad } from "./resilience/service-load.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const why = missingFor(
  ["kubectl", "containerd", "runc", "nft", "conntrack", "busybox", "ss", "ps"],
  true,
);
if (why !== undefined) process.stdout.write(`resilience ${why}\n`);

const NAME = "resilience";
/** Killed or told to end: started again and well. */
const HEAL_MS = 30_000;
/** Paused for good or cut off: noticed first. */
const NOTICE_MS = 60_000;
const FAILOVER_KILLED_MS = 20_000;
const FAILOVER_TERMINATED_MS = 3_000;
/** A lease is looked at this often, and the machine is busy. */
const MEASURING_MS = 400;

const COMPONENTS = [
  "supervisor",
  "guard",
  "postgres",
  "nats",
  "balancer",
  "apiserver 1",
  "apiserver 2",
  `kubelet ${NAME}-node-1`,
  `proxy ${NAME}-node-1`,
  `containerd ${NAME}-node-1`,
  "dns",
  "scheduler 1",
  "scheduler 2",
  "controller-manager 1",
  "controller-manager 2",
] as const;

describe.skipIf(why !== undefined)("a cluster whose components break", () => {
  let cluster: TestCluster;
  let seen: ObservedCluster;
  let load: CountingLoad;
  let service: ServiceLoad;
  let podsBefore = "";
  let addresses: string[] = [];
  const folder = temporaryFolder("resilience");

  beforeAll(async () => {
    connectAgain();
    cluster = await bringUp(
      NAME,
      ...["--runtime", "containerd", "--nodes", "2"],
      ...["--apiservers", "2", "--schedulers", "2", "--controller-managers", "2"],
    );
    const archive = join(folder.path, "image.tar");
    writeFileSync(archive, busyboxImage("docker.io/library/busybox:resilience"));
    expect((await cluster.kubets("load", archive, "--name", NAME)).code).toBe(0);
    const objects = join(folder.path, "objects.yaml");
    writeFileSync(objects, OBJECTS);
    await cluster.kubectl("apply", "-f", objects);
    for (const name of ["web", "canary"]) {
      await cluster.kubectl("rollout", "status", `deployment/${name}`, "--timeout=90s");
    }
    const template = "{.items[*].status.addresses[?(@.type=='InternalIP')].address}";
    addresses = (await cluster.kubectl("get", "nodes", "-o", `jsonpath=${template}`)).split(" ");
    seen = new ObservedCluster(cluster);
    await seen.wellAgain("the start", HEAL_MS);
    podsBefore = await seen.pods("app=web");
    service = new ServiceLoad(addresses.map((address) => `http://${address}:${NODE_PORT}/`));
    service.start();
    load = new CountingLoad(seen.api, "default");
    await load.start();
  });
  afterAll(async () => {
    connectAgain();
    await service?.end();
    seen?.api.close();
    await cluster?.remove();
  });
  /** After every test: no pod noticed, no question to the Service went without an answer. */
  afterEach(async () => {
    expect(await seen.pods("app=web")).toBe(podsBefore);
    expect(service.failures).toEqual([]);
    expect(seen.api.failed).toEqual([]);
  });

  const say = (text: string) => process.stdout.write(`  ${text}\n`);
  /** The fault before may have hit the same one. */
  const pidOf = async (name: string) => {
    const { pid = 0 } = await eventually(
      `${name} runs`,
      HEAL_MS,
      () => seen.component(name),
      (found) => found.pid !== undefined,
    );
    return pid;
  };
  const healed = async (what: string, sinceMs: number, boundMs = HEAL_MS) => {
    await seen.wellAgain(what, boundMs);
    const wellMs = performance.now() - sinceMs;
    const canaryMs = await seen.canary(boundMs);
    say(`${what}: well after ${wellMs.toFixed(0)} ms, a new pod took ${canaryMs.toFixed(0)} ms`);
  };
  const send = async (name: string, which: NodeJS.Signals) => {
    const pid = await pidOf(name);
    const sinceMs = performance.now();
    signal(pid, which);
    await healed(`${which} to ${name}`, sinceMs);
  };
  const elected = Object.keys(LEASES) as Elected[];
  const others = COMPONENTS.filter(
    (name) => name !== "supervisor" && !elected.some((kind) => name.startsWith(kind)),
  );

  it.each(others)("heals after SIGKILL of %s", (name) => send(name, "SIGKILL"));
  it.each(others)("heals after SIGTERM to %s", (name) => send(name, "SIGTERM"));

  it("heals what is killed after its supervisor was, and restarts nothing else for that", async () => {
    const before = await seen.status();
    const victims = [`proxy ${NAME}-node-1`, "dns"];
    const sinceMs = performance.now();
    for (const name of ["supervisor", ...victims]) signal(await pidOf(name), "SIGKILL");
    await healed("SIGKILL of supervisor, a proxy and dns", sinceMs, NOTICE_MS);
    const after = await seen.status();
    for (const { name, pid, restarts } of before.components) {
      const now = after.components.find((each) => each.name === name);
      const isSame = name !== "supervisor" && !victims.includes(name);
      expect([name, now?.pid === pid]).toEqual([name, isSame]);
      if (isSame) expect([name, now?.restarts]).toEqual([name, restarts]);
    }
  });

  it("replaces a supervisor that is paused for good", async () => {
    const pid = await pidOf("supervisor");
    const sinceMs = performance.now();
    signal(pid, "SIGSTOP");
    await eventually(
      "another supervises",
      NOTICE_MS,
      () => seen.supervisor(),
      (now) => now !== undefined && now !== pid,
    );
    await healed("a pause for good of the supervisor", sinceMs, NOTICE_MS);
  });

  it.each([
    ["SIGKILL", FAILOVER_KILLED_MS],
    ["SIGTERM", FAILOVER_TERMINATED_MS],
  ] as const)("fails over when leaders get %s", async (which, boundMs) => {
    const took = await Promise.all(
      elected.map(async (kind) => {
        const { pid = 0 } = await seen.leader(kind);
        const from = await seen.holder(kind);
        const sinceMs = performance.now();
        signal(pid, which);
        return seen.failover(kind, from, sinceMs, boundMs + MEASURING_MS);
      }),
    );
    say(`${which}: ${elected.map((kind, i) => `${kind} ${took[i]?.toFixed(0)} ms`).join(", ")}`);
    await healed(`${which} to both leaders`, performance.now());
  });

  it("runs new programs in place, one component after the other", async () => {
    const before = await seen.status();
    const outcome = await seen.kubets("restart");
    expect(outcome.stderr).toMatch(/Restarted apiserver 2/);
    expect(outcome.code).toBe(0);
    await healed("restart of everything", performance.now());
    const after = await seen.status();
    for (const { name, pid, restarts } of after.components) {
      const old = before.components.find((each) => each.name === name);
      expect(pid, name).not.toBe(old?.pid);
      if (name !== "postgres") expect(restarts, name).toBe(old?.restarts);
    }
  });

  it("survives short pauses of each, one by one", async () => {
    const { components } = await seen.status();
    for (const { name, pid = 0 } of components) {
      await pause(processesOf(name, pid), 1_000);
    }
    await healed("pauses of 1 s", performance.now());
  });

  it("replaces what is paused for good: it runs and does not answer", async () => {
    const node = `${NAME}-node-1`;
    const names = ["apiserver 2", "nats", "dns", "guard", `kubelet ${node}`, `proxy ${node}`];
    const { components } = await seen.status();
    const paused = components.filter(({ name }) => names.includes(name));
    const sinceMs = performance.now();
    for (const { pid = 0 } of paused) signal(pid, "SIGSTOP");
    const told = await eventually(
      "status tells that they are silent",
      NOTICE_MS,
      () => seen.status(),
      ({ state }) => state === "unhealthy",
    );
    expect(told.components.some(({ health }) => /no answer|does not answer/.test(health))).toBe(
      true,
    );
    await eventually(
      "each is another process",
      NOTICE_MS,
      () => seen.status(),
      (now) =>
        paused.every(({ name, pid }) => {
          const found = now.components.find((each) => each.name === name);
          return found?.state === "running" && found.pid !== pid;
        }),
    );
    await healed("pauses for good", sinceMs, NOTICE_MS);
  });

  it("replaces a database that is paused", async () => {
    const pid = await pidOf("postgres");
    const sinceMs = performance.now();
    for (const each of processesOf("postgres", pid)) signal(each, "SIGSTOP");
    await eventually(
      "another postgres runs",
      NOTICE_MS,
      () => seen.component("postgres"),
      (now) => now.state === "running" && now.pid !== pid,
    );
    await healed("a pause for good of postgres", sinceMs, NOTICE_MS);
  });

  it("goes on when the database is cut off from the apiservers", async () => {
    const sinceMs = performance.now();
    const cut = await cutOffPostgres(NAME, await pidOf("postgres"), 8_000);
    expect(cut).toBeGreaterThan(1);
    await healed("8 s without the database", sinceMs, NOTICE_MS);
  });

  it("lets a leader that hung beyond its Lease write nothing when it wakes, and follow", async () => {
    // Who would end a silent leader hangs, too, or it would not outlast its Lease.
    const keepers = [await pidOf("guard"), await pidOf("supervisor")];
    const hung = await Promise.all(elected.map((kind) => seen.leader(kind)));
    const from = await Promise.all(elected.map((kind) => seen.holder(kind)));
    const pids = [...keepers, ...hung.map(({ pid = 0 }) => pid)];
    const sinceMs = performance.now();
    let written: readonly string[] = [];
    let holders: readonly string[] = [];
    for (const pid of pids) signal(pid, "SIGSTOP");
    try {
      const took = await Promise.all(
        elected.map((kind, index) =>
          seen.failover(kind, from[index] ?? "", sinceMs, FAILOVER_KILLED_MS + MEASURING_MS),
        ),
      );
      say(`hung: ${elected.map((kind, i) => `${kind} ${took[i]?.toFixed(0)} ms`).join(", ")}`);
      // What the hung ones will read first is old: pods to bind, replicas to make.
      await seen.canary(HEAL_MS);
      await seen.canary(HEAL_MS);
      written = await seen.settled(HEAL_MS);
      holders = await Promise.all(elected.map((kind) => seen.holder(kind)));
    } finally {
      for (const pid of pids) signal(pid, "SIGCONT");
    }
    const now = await seen.wellAgain("the leaders woke", HEAL_MS);
    for (const { name, restarts } of hung) {
      const woken = now.components.find((each) => each.name === name);
      // As upstream's, it ends when it sees that it has lost the Lease, and comes back to follow.
      expect(woken).toMatchObject({ name, leader: false, restarts: restarts + 1 });
    }
    expect(await seen.written()).toEqual(written);
    expect(await Promise.all(elected.map((kind) => seen.holder(kind)))).toEqual(holders);
    await healed("leaders that hung", performance.now());
  });

  it("goes on when a node or the bus is cut off, and when all others' connections are", async () => {
    const [node = ""] = addresses;
    const rules = [
      // The whole node from every apiserver.
      `ip saddr ${node} tcp dport { 6443, 6446 }`,
      `tcp dport ${listensOn(await pidOf("nats"))}`,
    ];
    const { components } = await seen.status();
    const clients = components.filter(
      ({ name }) => name === "dns" || elected.some((kind) => name.startsWith(kind)),
    );
    for (const { name, pid = 0 } of clients) {
      const own = connectionsOf(pid, 6446);
      expect(own.length, name).toBeGreaterThan(0);
      rules.push(...own);
    }
    const sinceMs = performance.now();
    await disconnect(rules, 15_000);
    await healed("15 s without connections", sinceMs, NOTICE_MS);
  });

  /** Whoever is asked may be about to be replaced itself. */
  const restarted = (name: string) =>
    eventually(
      `restart of ${name}`,
      HEAL_MS,
      () => seen.kubets("restart", name),
      ({ code }) => code === 0,
    );

  it("survives all of it in a random order", async () => {
    const seed = Number(process.env.RESILIENCE_SEED ?? Date.now() % 2 ** 31);
    say(`RESILIENCE_SEED=${seed}`);
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    for (let round = 0; round < 8; round++) {
      // Of the two that keep each other one may be missing at a time.
      const name = pick(COMPONENTS.filter((each) => each !== "guard"));
      const wanted = pick(["SIGKILL", "SIGTERM", "pause", "restart"] as const);
      // To the supervisor it is the order to stop the cluster.
      const fault = name === "supervisor" && wanted === "SIGTERM" ? "restart" : wanted;
      const sinceMs = performance.now();
      if (fault === "pause") {
        await pause(processesOf(name, await pidOf(name)), 500 + next() * 3_000);
      } else if (fault === "restart") await restarted(name);
      else signal(await pidOf(name), fault);
      // The next one comes whether all is well again or not.
      await sleep(next() * 2_000);
      say(`${round + 1}. ${fault} of ${name} (${(performance.now() - sinceMs).toFixed(0)} ms)`);
    }
    await healed("everything at once", performance.now(), NOTICE_MS);
  });

  it("has told every acknowledged write to whoever watched", async () => {
    const { acknowledged, unseen, wrong, resumes } = await load.end();
    await service.end();
    say(
      `${acknowledged} writes of ${seen.api.requests} requests, ${seen.api.retries} retries, ${resumes} resumed watches; ${service.asked} questions to the Service, ${service.failures.length} failed`,
    );
    expect(acknowledged).toBeGreaterThan(200);
    expect(unseen).toEqual([]);
    expect(wrong).toEqual([]);
    expect(seen.api.failed).toEqual([]);
    expect(service.failures).toEqual([]);
  });
});
