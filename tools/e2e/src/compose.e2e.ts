/**
 * deploy/compose as its users run it: brought up with one command, scaled while clients are at work, watched by
 * Prometheus, every service killed, hung, cut off and upgraded. The images of public registries are stood in for, so
 * that no registry is needed.
 *
 *   KUBETS_COMPOSE=/path/to/docker-compose   another compose than the machine's
 *   KUBETS_E2E_SEED=7                        which faults, and their order
 *   KUBETS_E2E_FAULTS=all | 40               every fault one by one and then as many at random | so many at random
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingFor } from "./cluster.ts";
import { findCompose } from "./compose/compose-program.ts";
import { type Engine, startEngine } from "./compose/engine.ts";
import { allFaults, inflict, nameOf, pick, seeded, someFaults } from "./compose/faults.ts";
import { disturbed, podLives, worksAgain } from "./compose/health.ts";
import {
  type Elected,
  followsAgain,
  HANG_MANIFEST,
  LEASES,
  LOSSES,
  type Loss,
  loseLeader,
} from "./compose/leaders.ts";
import { buildServices, removeOldServices } from "./compose/services.ts";
import { type Container, freePort, Stack } from "./compose/stack.ts";
import { buildStandIns, importBase, STAND_IN_PROGRAMS, STAND_INS } from "./compose/stand-ins.ts";
import { Users } from "./compose/users.ts";
import { dashboardPanels, metricsIn, Prometheus, quickenedMonitoring } from "./compose/watched.ts";
import { WORKLOAD } from "./compose/workload.ts";
import { busyboxImage } from "./debian-images.ts";
import { eventually } from "./program.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const composeFolder = join(root, "deploy", "compose");
const SCALE = { apiserver: 3, scheduler: 2, "controller-manager": 2, dns: 2, node: 4 } as const;
const scale = Object.entries(SCALE).flatMap(([name, count]) => ["--scale", `${name}=${count}`]);
const seed = Number(process.env.KUBETS_E2E_SEED ?? "36");
const random = seeded(seed);

function chosenFaults() {
  const wish = process.env.KUBETS_E2E_FAULTS;
  const all = allFaults();
  const atRandom = (count: number) => Array.from({ length: count }, () => pick(all, random));
  if (wish === undefined) return someFaults(random);
  return wish === "all" ? [...all, ...atRandom(all.length)] : atRandom(Number(wish));
}

/** A leader of each is lost at the same time. */
function chosenLosses(): { readonly how: string; readonly losses: Record<Elected, Loss> }[] {
  const few: Record<Elected, Loss>[] = [
    { scheduler: "SIGTERM", "controller-manager": "SIGTERM" },
    { scheduler: "SIGKILL", "controller-manager": "hang" },
  ];
  const swapped: Record<Elected, Loss> = { scheduler: "hang", "controller-manager": "SIGKILL" };
  const all = process.env.KUBETS_E2E_FAULTS === "all" ? [...few, swapped] : few;
  return all.map((losses) => ({ how: Object.values(losses).join(" and "), losses }));
}

const compose = await findCompose();
const lacking =
  missingFor(["kubectl", ...STAND_IN_PROGRAMS], true) ??
  (compose === undefined ? "skipped: this machine lacks docker compose" : undefined);
// An engine that cannot be started here is said as well.
const started = lacking === undefined ? await startEngine() : lacking;
const missing = typeof started === "string" ? `skipped: ${started}` : undefined;

const folder = mkdtempSync(join(tmpdir(), "kubets-compose-"));
let stack: Stack;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Every node gets the image that all pods run. */
async function loadImage(nodes: readonly Container[]): Promise<void> {
  const archive = join(folder, "busybox.tar");
  writeFileSync(archive, busyboxImage("docker.io/library/busybox:1"));
  await Promise.all(nodes.map((node) => stack.loadImage(node, archive)));
}

/** What the pod that asks the Service "web" all the time has counted. */
async function traffic(): Promise<{ readonly pod: string; readonly failed: number }> {
  const pod = (await stack.kubectl("get", "pods", "-l", "app=traffic", "-o", "name")).trim();
  const failed = await stack.kubectl("exec", pod, "--", "cat", "/tmp/failed");
  return { pod, failed: failed.length };
}

/** Nothing of the last fault is left that the next one would be blamed for. */
async function callsSettle(): Promise<void> {
  await eventually(
    "calls between pods succeed again",
    60_000,
    async () => {
      const before = await traffic();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      return (await traffic()).failed - before.failed;
    },
    (failed) => failed === 0,
  );
}

describe.skipIf(missing !== undefined)(`deploy/compose ${missing ?? compose?.version}`, () => {
  beforeAll(async () => {
    const began = performance.now();
    const engine = started as Engine;
    await importBase(engine);
    const [images] = await Promise.all([buildServices(engine, root), buildStandIns(engine, root)]);
    if (compose === undefined) throw new Error("unreachable: skipped without compose");
    stack = new Stack(engine, compose, composeFolder, folder, {
      ...STAND_INS,
      ...images,
      KUBETS_PORT: await freePort(),
      KUBETS_PROMETHEUS_PORT: await freePort(),
      KUBETS_MONITORING: quickenedMonitoring(
        join(composeFolder, "monitoring"),
        join(folder, "monitoring"),
      ),
    });
    await stack.compose("--profile", "watched", "down", "-v", "--remove-orphans");
    await removeOldServices(engine, images);
    console.log(`images: ${((performance.now() - began) / 1000).toFixed(1)} s; seed ${seed}`);
  });
  afterAll(async () => {
    await stack?.compose("--profile", "watched", "down", "-v", "--remove-orphans");
    if (typeof started !== "string") await started.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("comes up with one command and is Ready in 40 s", async () => {
    const began = performance.now();
    await stack.compose("up", "-d", "--no-build");
    await stack.readKubeconfig();
    await eventually(
      "two nodes are Ready",
      40_000,
      () => stack.readyNodes(),
      (nodes) => nodes.length === 2,
    );
    const seconds = (performance.now() - began) / 1000;
    console.log(`compose with built images to Ready: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(40);
    expect(await stack.kubectl("get", "nodes", "-o", "name")).toBe("node/node-1\nnode/node-2\n");
  });

  it("runs containers on both nodes, which reach each other through a Service and its name", async () => {
    await loadImage(await stack.containers("node"));
    expect(await stack.tryKubectl(["apply", "-f", "-"], WORKLOAD)).toMatchObject({ code: 0 });
    await stack.kubectl("wait", "--for=condition=available", "deployment/web", "--timeout=60s");
    const nodes = await stack.kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}");
    expect(new Set(nodes.split(" ")).size).toBe(2);
    const [pod = ""] = (await stack.kubectl("get", "pods", "-o", "name")).split("\n");
    const ask = `for i in $(seq 16); do wget -q -O - http://web.default.svc.cluster.local || echo failed; done`;
    const answers = await eventually(
      "the Service answers",
      20_000,
      () => stack.tryKubectl(["exec", pod, "--", "sh", "-c", ask]),
      ({ stdout }) => stdout.split("\n").length === 17 && !stdout.includes("failed"),
    );
    expect(new Set(answers.stdout.trim().split("\n")).size).toBeGreaterThan(2);
  });

  it("lets the apiserver reach pods on every node, alone and through their Service", async () => {
    const ask = async (path: string) => (await stack.kubectl("get", "--raw", path)).trim();
    const names = await stack.kubectl(
      ...["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}"],
    );
    const base = "/api/v1/namespaces/default";
    for (const name of names.split(" ")) {
      expect(await ask(`${base}/pods/${name}:80/proxy/`)).toBe(name);
    }
    expect(names.split(" ")).toContain(await ask(`${base}/services/web:80/proxy/`));
  });

  it("is scaled, and loses apiservers, without a request that a retry does not cure", async () => {
    const users = new Users(stack, { prefix: "scale", retries: 1 });
    try {
      await stack.compose("up", "-d", "--no-build", "--no-recreate", ...scale);
      const slice = ["get", "endpointslice", "kube-dns", "-n", "kube-system", "-o"];
      await eventually(
        "both replicas of the DNS are known",
        30_000,
        () => stack.kubectl(...slice, "jsonpath={.endpoints[*].addresses[0]}"),
        (addresses) => addresses.split(" ").length === 2,
      );
      await eventually(
        "four nodes are Ready",
        60_000,
        () => stack.readyNodes(),
        (nodes) => nodes.length === SCALE.node,
      );
      const [first, second, third] = await stack.containers("apiserver");
      if (!first || !second || !third) throw new Error("there are no three apiservers");
      await stack.docker("kill", first.id);
      await pause(3_000);
      await stack.docker("start", first.id);
      await stack.docker("stop", "-t", "60", second.id);
      await stack.docker("start", second.id);
      await stack.freeze(third, () => pause(5_000));
      const [nats] = await stack.containers("nats");
      await stack.docker("restart", nats?.id ?? "");
    } finally {
      await users.stop();
    }
    console.log(users.summary);
    expect(users.failures).toEqual([]);
    expect(users.done).toBeGreaterThan(50);
  });

  it("is watched: Prometheus reaches every target, evaluates every rule and has data for every panel", async () => {
    const prometheus = new Prometheus(`http://127.0.0.1:${stack.env.KUBETS_PROMETHEUS_PORT}`);
    await stack.compose(
      "--profile",
      "watched",
      "up",
      "-d",
      "--no-deps",
      "--no-recreate",
      "prometheus",
    );
    const expected = SCALE.apiserver + 2 + 2 + 2 + SCALE.node * 2 + 1;
    const ask = () => prometheus.targets().catch(() => []);
    const targets = await eventually("every target is up", 30_000, ask, (list) => {
      return list.length === expected && list.every(({ health }) => health === "up");
    });
    console.log(`${targets.length} targets up`);
    const rules = await eventually(
      "every rule has been evaluated",
      20_000,
      () => prometheus.rules(),
      (list) => list.length > 0 && list.every(({ health }) => health !== "unknown"),
    );
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    // A rule about a metric that nobody has is evaluated as well, and never fires.
    const asked = rules.flatMap(({ query }) => metricsIn(query));
    expect(new Set(asked).size).toBeGreaterThan(10);
    const recorded = rules.filter(({ type }) => type === "recording").map(({ name }) => name);
    const there = new Set([...(await prometheus.metricNames()), ...recorded, "up"]);
    expect(asked.filter((name) => !there.has(name))).toEqual([]);
    const panels = dashboardPanels(join(composeFolder, "monitoring", "dashboards"));
    expect(panels.length).toBeGreaterThan(10);
    for (const { title, expressions } of panels) {
      for (const expression of expressions) {
        await eventually(
          `${title} has data for ${expression}`,
          20_000,
          () => prometheus.seriesOf(expression),
          (count) => count > 0,
        );
      }
    }
  });

  it.each(chosenLosses())(
    "has other leaders after $how of a scheduler and a controller-manager",
    async ({ losses }) => {
      const prometheus = new Prometheus(`http://127.0.0.1:${stack.env.KUBETS_PROMETHEUS_PORT}`);
      const made = () =>
        stack.kubectl("get", "replicasets,pods", "-l", "app=since-the-hang", "-o", "name");
      let madeByNewLeaders = "";
      const work = async () => {
        expect(await stack.tryKubectl(["apply", "-f", "-"], HANG_MANIFEST)).toMatchObject({
          code: 0,
        });
        const ready = ["--for=condition=available", "--timeout=40s"];
        await stack.kubectl("wait", ...ready, "deployment/since-the-hang");
        madeByNewLeaders = await made();
      };
      const services = Object.keys(LEASES) as Elected[];
      const hung = services.filter((service) => losses[service] === "hang");
      if (hung.length > 0) await loadImage(await stack.containers("node"));
      await Promise.all(
        services.map(async (service) => {
          const loss = losses[service];
          const meanwhile = loss === "hang" ? work : async () => {};
          const took = await loseLeader(stack, service, loss, meanwhile);
          console.log(`${service}: another leader ${took.toFixed(1)} s after ${loss}`);
          expect(took).toBeGreaterThan(0);
          expect(took).toBeLessThan(LOSSES[loss]);
        }),
      );
      await Promise.all(hung.map((service) => followsAgain(stack, service, prometheus)));
      // Nothing was made again, or in vain, by who thought that it still led.
      if (hung.length > 0) {
        expect(madeByNewLeaders.trim().split("\n")).toHaveLength(3);
        expect(await made()).toBe(madeByNewLeaders);
        await stack.kubectl("delete", "deployment", "since-the-hang");
      }
    },
  );

  it("heals from every fault by itself; no request is lost, and pods elsewhere do not notice", {
    timeout: 3_600_000,
  }, async () => {
    await loadImage(await stack.containers("node"));
    const users = new Users(stack, { prefix: "faults", retries: 60 });
    try {
      for (const [turn, fault] of chosenFaults().entries()) {
        const before = { lives: await podLives(stack), ...(await traffic()) };
        const ended = await inflict(fault, stack, random);
        const nodes = fault.service === "node" ? ended.map(({ number }) => `node-${number}`) : [];
        const seconds = await worksAgain(stack, {
          name: `probe-${turn}`,
          from: before.pod,
          nodes: SCALE.node,
          withinMs: 90_000,
        });
        const after = { lives: await podLives(stack), ...(await traffic()) };
        const failed = after.failed - before.failed;
        console.log(
          `${nameOf(fault)}: all works ${seconds.toFixed(1)} s later; ${failed} calls between pods failed`,
        );
        expect(disturbed(before.lives, after.lives, nodes), nameOf(fault)).toEqual([]);
        // A node that hangs or is cut off takes its pods' answers with it.
        if (fault.service === "node" && fault.inside === undefined) await callsSettle();
        else expect(failed, `calls between pods during: ${nameOf(fault)}`).toBe(0);
      }
    } finally {
      await users.stop();
    }
    console.log(users.summary);
    expect(users.failures).toEqual([]);
  });

  it("raises an alert when a component is away", async () => {
    const prometheus = new Prometheus(`http://127.0.0.1:${stack.env.KUBETS_PROMETHEUS_PORT}`);
    const state = async () =>
      (await prometheus.rules()).find(({ name }) => name === "KubeSchedulerDown")?.state;
    await eventually("it is silent", 30_000, state, (now) => now === "inactive");
    const schedulers = (await stack.containers("scheduler")).map(({ id }) => id);
    await stack.docker("stop", ...schedulers);
    await eventually("it fires", 40_000, state, (now) => now === "firing");
    await stack.docker("start", ...schedulers);
    await eventually("it is silent again", 30_000, state, (now) => now === "inactive");
  });

  it("keeps its state when it is taken down and brought up again", async () => {
    await stack.kubectl("create", "configmap", "kept", "--from-literal=a=b");
    await stack.compose("--profile", "watched", "down");
    await stack.compose("up", "-d", "--no-build");
    await eventually(
      "two nodes are Ready again",
      60_000,
      () => stack.readyNodes(),
      (nodes) => nodes.length >= 2,
    );
    const kept = await stack.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}");
    expect(kept).toBe("b");
  });
});
