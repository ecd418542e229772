/**
 * Every component is killed, told to end, paused, disconnected and upgraded in place while clients are at work: the
 * cluster heals without a person, and pods never notice. RESILIENCE_SEED repeats the order of the last part.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  disconnect,
  family,
  listensOn,
  pause,
  random,
  signal,
} from "./resilience/faults.ts";
import { type Elected, LEASES, ObservedCluster } from "./resilience/observed-cluster.ts";
import { ServiceLoad } from "./resilience/service-load.ts";

const why = missingFor(
  ["kubectl", "containerd", "runc", "nft", "conntrack", "busybox", "ss", "ps"],
  true,
);
if (why !== undefined) process.stdout.write(`resilience ${why}\n`);

const NAME = "resilience";
const NODE_PORT = 30_090;
/** Killed or told to end: started again and well. */
const HEAL_MS = 30_000;
/** Paused for good or cut off: noticed first. */
const NOTICE_MS = 60_000;
const FAILOVER_KILLED_MS = 20_000;
const FAILOVER_TERMINATED_MS = 3_000;
/** A lease is looked at this often, and the machine is busy. */
const MEASURING_MS = 400;

const COMPONENTS = [
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

const OBJECTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
      - name: main
        image: busybox:resilience
        imagePullPolicy: Never
        command: [sh, -c, "mkdir /www; hostname > /www/index.html; exec busybox httpd -f -p 80 -h /www"]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: ${NODE_PORT}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: canary}
spec:
  replicas: 1
  selector: {matchLabels: {app: canary}}
  template:
    metadata: {labels: {app: canary}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: main, image: "busybox:resilience", imagePullPolicy: Never, command: [sleep, "3600"]}
`;

describe.skipIf(why !== undefined)("a cluster whose components break", () => {
  let cluster: TestCluster;
  let seen: ObservedCluster;
  let load: CountingLoad;
  let service: ServiceLoad;
  let podsBefore = "";
  let addresses: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "kubets-resilience-"));

  beforeAll(async () => {
    connectAgain();
    cluster = await bringUp(
      NAME,
      ...["--runtime", "containerd", "--nodes", "2"],
      ...["--apiservers", "2", "--schedulers", "2", "--controller-managers", "2"],
    );
    const archive = join(folder, "image.tar");
    writeFileSync(archive, busyboxImage("docker.io/library/busybox:resilience"));
    expect((await cluster.kubets("load", archive, "--name", NAME)).code).toBe(0);
    const objects = join(folder, "objects.yaml");
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
    rmSync(folder, { recursive: true, force: true });
  });
  /** After every test: no pod noticed, no question to the Service went without an answer. */
  afterEach(async () => {
    expect(await seen.pods("app=web")).toBe(podsBefore);
    expect(service.failures).toEqual([]);
    expect(seen.api.failed).toEqual([]);
  });

  const say = (text: string) => process.stdout.write(`  ${text}\n`);
  const pidOf = async (name: string) => {
    const { pid } = await seen.component(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
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
  const others = COMPONENTS.filter((name) => !elected.some((kind) => name.startsWith(kind)));

  it.each(others)("heals after SIGKILL of %s", (name) => send(name, "SIGKILL"));
  it.each(others)("heals after SIGTERM to %s", (name) => send(name, "SIGTERM"));

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
      if (name !== "supervisor") expect(pid, name).not.toBe(old?.pid);
      if (name !== "supervisor" && name !== "postgres") expect(restarts, name).toBe(old?.restarts);
    }
  });

  it("survives short pauses of each, one by one", async () => {
    const { components } = await seen.status();
    for (const { name, pid = 0 } of components) {
      if (name !== "supervisor") await pause(family(pid), 1_000);
    }
    await healed("pauses of 1 s", performance.now());
  });

  it("replaces what is paused for good: it runs and does not answer", async () => {
    const names = ["apiserver 2", "nats", "dns", `kubelet ${NAME}-node-1`, `proxy ${NAME}-node-1`];
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
    for (const each of family(pid)) signal(each, "SIGSTOP");
    await eventually(
      "another postgres runs",
      NOTICE_MS,
      () => seen.component("postgres"),
      (now) => now.state === "running" && now.pid !== pid,
    );
    await healed("a pause for good of postgres", sinceMs, NOTICE_MS);
  });

  it("goes on when a node or the bus is cut off, and when leaders' connections are", async () => {
    const [node = ""] = addresses;
    const rules = [
      // The whole node from every apiserver.
      `ip saddr ${node} tcp dport { 6443, 6446 }`,
      `tcp dport ${listensOn(await pidOf("nats"))}`,
    ];
    for (const kind of elected) {
      rules.push(...connectionsOf((await seen.leader(kind)).pid ?? 0, 6446));
    }
    expect(rules.length).toBeGreaterThan(3);
    const sinceMs = performance.now();
    await disconnect(rules, 15_000);
    await healed("15 s without connections", sinceMs, NOTICE_MS);
  });

  it("survives all of it in a random order", async () => {
    const seed = Number(process.env.RESILIENCE_SEED ?? Date.now() % 2 ** 31);
    say(`RESILIENCE_SEED=${seed}`);
    const next = random(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    for (let round = 0; round < 8; round++) {
      const name = pick(COMPONENTS);
      const fault = pick(["SIGKILL", "SIGTERM", "pause", "restart"] as const);
      const sinceMs = performance.now();
      if (fault === "pause") await pause(family(await pidOf(name)), 500 + next() * 3_000);
      else if (fault === "restart") expect((await seen.kubets("restart", name)).code).toBe(0);
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
