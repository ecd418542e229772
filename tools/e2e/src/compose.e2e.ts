/**
 * deploy/compose as its users run it: brought up with one command, scaled while clients are at work, its replicas killed
 * and stopped. The images of public registries are stood in for, so that no registry is needed.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingFor } from "./cluster.ts";
import { type Engine, engineMissing, startEngine } from "./compose/engine.ts";
import { buildServices, buildStandIns, STAND_INS } from "./compose/stand-ins.ts";
import { busyboxImage } from "./debian-images.ts";
import { eventually, must, run } from "./program.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const composeFolder = join(root, "deploy", "compose");
const PROJECT = "kubets-e2e";
const lacking = await engineMissing();
const missing =
  missingFor(["kubectl", "busybox"], true) ??
  (lacking === undefined ? undefined : `skipped: this machine lacks ${lacking}`);

let engine: Engine;
let env: NodeJS.ProcessEnv;
const folder = mkdtempSync(join(tmpdir(), "kubets-compose-"));

const compose = (...args: string[]) =>
  must("docker-compose", ["-f", join(composeFolder, "docker-compose.yml"), ...args], {
    env,
    timeoutMs: 300_000,
  });
const kubectl = (...args: string[]) => must("kubectl", args, { env });
const container = (service: string, number: number) => `${PROJECT}_${service}_${number}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Two users who create and read without a pause; each failed request is tried once more and counted. */
class Users {
  done = 0;
  retried = 0;
  readonly failures: string[] = [];
  #stopping = false;
  readonly #running: Promise<void>[];

  constructor() {
    this.#running = ["ann", "bob"].map((name) => this.#work(name));
  }

  async #work(name: string): Promise<void> {
    for (let turn = 0; !this.#stopping; turn++) {
      await this.#request(["create", "configmap", `${name}-${turn}`, "--from-literal=a=b"]);
      await this.#request(["get", "configmap", `${name}-${turn}`, "-o", "name"]);
      await this.#request(["get", "pods", "-A"]);
    }
  }

  async #request(args: readonly string[]): Promise<void> {
    const first = await run("kubectl", args, { env });
    this.done++;
    if (first.code === 0) return;
    this.retried++;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const second = await run("kubectl", args, { env });
    // A create whose answer was lost has happened: the retry finds it.
    if (second.code === 0 || second.stderr.includes("AlreadyExists")) return;
    this.failures.push(`${args.join(" ")}: ${first.stderr.trim()} / ${second.stderr.trim()}`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }
}

const readyNodes = async () =>
  (await kubectl("get", "nodes", "--no-headers"))
    .split("\n")
    .filter((line) => / Ready /.test(line));

/** Who holds a lease: the container's id is the first part. */
const holder = async (lease: string) =>
  (
    await kubectl(
      "get",
      "lease",
      lease,
      "-n",
      "kube-system",
      "-o",
      "jsonpath={.spec.holderIdentity}",
    )
  ).split("_")[0] ?? "";

const loadImage = async (node: string, archive: string) => {
  await new Promise<void>((resolve, reject) => {
    const ctr = ["ctr", "-a", "/run/kubets-node/containerd.sock", "-n", "k8s.io", "images"];
    const child = execFile(
      "sh",
      ["-c", `docker exec -i ${node} ${ctr.join(" ")} import - < ${archive}`],
      { env: { ...process.env, ...env } },
      (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(stderr))),
    );
    child.stdin?.end();
  });
};

describe.skipIf(missing !== undefined)(`deploy/compose ${missing ?? ""}`, () => {
  beforeAll(async () => {
    engine = await startEngine();
    await buildStandIns(engine);
    env = {
      ...engine.env,
      ...STAND_INS,
      ...(await buildServices(engine, root)),
      COMPOSE_PROJECT_NAME: PROJECT,
      KUBETS_PORT: String(await freePort()),
      KUBECONFIG: join(folder, "config"),
    };
    await compose("down", "-v", "--remove-orphans");
  });
  afterAll(async () => {
    if (env !== undefined) await compose("down", "-v", "--remove-orphans");
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("comes up with one command and is Ready in 40 s", async () => {
    const started = performance.now();
    await compose("up", "-d", "--no-build");
    const kubeconfig = await compose(
      "run",
      "--rm",
      "-T",
      "--no-deps",
      "--entrypoint",
      "cat",
      "init",
      "/pki/admin/kubeconfig",
    );
    writeFileSync(join(folder, "config"), kubeconfig, { mode: 0o600 });
    await eventually("two nodes are Ready", 40_000, readyNodes, (nodes) => nodes.length === 2);
    const seconds = (performance.now() - started) / 1000;
    console.log(`compose with built images to Ready: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(40);
    expect(await kubectl("get", "nodes", "-o", "name")).toBe("node/node-1\nnode/node-2\n");
  });

  it("runs containers on both nodes, which reach each other through a Service and its name", async () => {
    const archive = join(folder, "busybox.tar");
    writeFileSync(archive, busyboxImage("docker.io/library/busybox:1"));
    for (const number of [1, 2]) await loadImage(container("node", number), archive);
    const script = "mkdir -p /www; hostname > /www/index.html; exec busybox httpd -f -p 80 -h /www";
    await kubectl(
      "create",
      "deployment",
      "web",
      "--image=busybox:1",
      "--replicas=4",
      "--",
      "sh",
      "-c",
      script,
    );
    await kubectl("wait", "--for=condition=available", "deployment/web", "--timeout=60s");
    const nodes = await kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}");
    expect(new Set(nodes.split(" ")).size).toBe(2);
    await kubectl("expose", "deployment", "web", "--port=80");
    const [pod = ""] = (await kubectl("get", "pods", "-o", "name")).split("\n");
    const ask = `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do wget -q -O - http://web.default.svc.cluster.local || echo failed; done`;
    const answers = await eventually(
      "the Service answers",
      20_000,
      () => run("kubectl", ["exec", pod, "--", "sh", "-c", ask], { env }),
      ({ stdout }) => stdout.split("\n").length === 17 && !stdout.includes("failed"),
    );
    expect(new Set(answers.stdout.trim().split("\n")).size).toBeGreaterThan(2);
  });

  it("is scaled, and loses apiservers, without a request that a retry does not cure", async () => {
    const users = new Users();
    try {
      await compose(
        ...["up", "-d", "--no-build", "--no-recreate"],
        ...["apiserver=3", "scheduler=2", "controller-manager=2", "dns=2", "node=4"].flatMap(
          (scale) => ["--scale", scale],
        ),
      );
      const replicas = [
        ...["get", "endpointslice", "kube-dns", "-n", "kube-system", "-o"],
        "jsonpath={.endpoints[*].addresses[0]}",
      ];
      await eventually(
        "both replicas of the DNS are known",
        30_000,
        () => kubectl(...replicas),
        (addresses) => addresses.split(" ").length === 2,
      );
      await eventually("four nodes are Ready", 60_000, readyNodes, (nodes) => nodes.length === 4);
      await engine.docker("kill", container("apiserver", 1));
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      await engine.docker("start", container("apiserver", 1));
      await engine.docker("stop", "-t", "60", container("apiserver", 2));
      await engine.docker("start", container("apiserver", 2));
      await engine.docker("pause", container("apiserver", 3));
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      await engine.docker("unpause", container("apiserver", 3));
      await engine.docker("restart", container("nats", 1));
    } finally {
      await users.stop();
    }
    console.log(`${users.done} requests, ${users.retried} retried, ${users.failures.length} lost`);
    expect(users.failures).toEqual([]);
    expect(users.done).toBeGreaterThan(50);
  });

  it.each([
    ["scheduler", "kube-scheduler", "SIGTERM", 3],
    ["controller-manager", "kube-controller-manager", "SIGKILL", 20],
  ])(
    "has another %s (%s) within the time after %s: %i s",
    async (service, lease, signal, seconds) => {
      const before = await eventually(
        "a leader",
        30_000,
        () => holder(lease),
        (id) => id !== "",
      );
      const started = performance.now();
      await engine.docker("kill", "--signal", signal, before);
      await eventually(
        "another leader",
        60_000,
        () => holder(lease),
        (id) => id !== before && id !== "",
      );
      const took = (performance.now() - started) / 1000;
      console.log(`${service}: another leader ${took.toFixed(1)} s after ${signal}`);
      expect(took).toBeLessThan(seconds);
      await engine.docker("start", before);
    },
  );

  it("keeps running pods through all of that", async () => {
    const restarts = await kubectl(
      "get",
      "pods",
      "-o",
      "jsonpath={.items[*].status.containerStatuses[0].restartCount}",
    );
    expect(restarts).toBe("0 0 0 0");
  });

  it("keeps its state when it is taken down and brought up again", async () => {
    await kubectl("create", "configmap", "kept", "--from-literal=a=b");
    await compose("down");
    await compose("up", "-d", "--no-build");
    await eventually("two nodes are Ready again", 60_000, readyNodes, (nodes) => nodes.length >= 2);
    expect(await kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")).toBe("b");
  });
});
