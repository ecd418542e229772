/**
 * R1: reads, watches and writes through one, two and three apiservers over one Postgres and one NATS:
 * `node tools/bench/replicas.ts [--seconds 4]`. In turns 1 2 3 3 2 1, `--what write` for one part; the clients are h2load (Debian: nghttp2-client), one for
 * each apiserver, because a client in Node would cost as much as what it asks. They share this machine with all servers.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles, NatsServer } from "@kubets/testing";
import { apiserverBundle, median, withPostgres } from "./store/bench-postgres.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    turns: { type: "string", default: "1,1,2,3,3,2,1" },
    /** Of all apiservers together, a multiple of six. */
    clients: { type: "string", default: "48" },
    what: { type: "string", default: "get,list,write,watch" },
  },
});
const seconds = Number(values.seconds);
/** The first one warms the machine up and does not count. */
const TURNS = values.turns.split(",").map(Number);
const LISTED = 100;
const CLIENTS = Number(values.clients);
const WATCHERS = 1_200;
const CHANGES_PER_SECOND = 200;
/** Apart, so that reads do not meet what the writes have made. */
const maps = "/api/v1/namespaces/bench-read/configmaps";
const written = "/api/v1/namespaces/bench-write/configmaps";
const folder = mkdtempSync(join(tmpdir(), "kubets-r1-"));
const padding = "x".repeat(600);

interface Load {
  readonly succeeded: number;
  readonly bytes: number;
}

/** All clients of one apiserver for a few seconds. */
function h2load(port: number, path: string, token: string, args: readonly string[]): Promise<Load> {
  const child = spawn("h2load", [
    ...args,
    ...["-t", "1", "-H", `authorization: Bearer ${token}`, "-H", "accept: application/json"],
    `https://127.0.0.1:${port}${path}`,
  ]);
  let said = "";
  child.stdout.on("data", (data) => {
    said += String(data);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      const succeeded = Number(/status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(said)?.[1]);
      const bytes = Number(/\((\d+)\) data/.exec(said)?.[1]);
      if (Number.isNaN(succeeded) || Number.isNaN(bytes)) reject(new Error(said));
      else resolve({ succeeded, bytes });
    });
  });
}

/** The same number of clients, however many apiservers there are. */
async function spread(
  replicas: readonly ApiserverReplica[],
  clients: number,
  path: string,
  token: string,
  args: readonly string[],
): Promise<Load> {
  const share = String(clients / replicas.length);
  const loads = await Promise.all(
    replicas.map(({ endpoint }) => h2load(endpoint.port, path, token, ["-c", share, ...args])),
  );
  return {
    succeeded: loads.reduce((sum, load) => sum + load.succeeded, 0),
    bytes: loads.reduce((sum, load) => sum + load.bytes, 0),
  };
}

async function must(replica: ApiserverReplica, method: string, path: string, body?: unknown) {
  const answer = await replica.endpoint.request(method, path, body);
  if (answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.body;
}

/** What the clients read, and a token for them: h2load knows no client certificates. */
async function prepare(replica: ApiserverReplica): Promise<string> {
  const account = { metadata: { name: "bench" } };
  await must(replica, "POST", "/api/v1/namespaces/default/serviceaccounts", account);
  await must(replica, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "bench" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", namespace: "default", name: "bench" }],
  });
  for (const name of ["bench-read", "bench-write"]) {
    await must(replica, "POST", "/api/v1/namespaces", { metadata: { name } });
  }
  for (let index = 0; index < LISTED; index++) {
    const metadata = { name: `read-${index}`, labels: { bench: "read" } };
    await must(replica, "POST", maps, { metadata, data: { padding } });
  }
  const answer = await must(
    replica,
    "POST",
    "/api/v1/namespaces/default/serviceaccounts/bench/token",
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  );
  return (JSON.parse(answer) as { status: { token: string } }).status.token;
}

/** Changes one object at a steady rate, through each apiserver in turn; returns how many it made. */
async function change(replicas: readonly ApiserverReplica[], signal: AbortSignal): Promise<number> {
  const beganMs = performance.now();
  const path = `${maps}/read-0`;
  let made = 0;
  while (!signal.aborted) {
    const replica = replicas[made % replicas.length];
    if (replica === undefined) break;
    const found = JSON.parse(await must(replica, "GET", path)) as { data: Record<string, string> };
    await must(replica, "PUT", path, { ...found, data: { padding, n: String(made++) } });
    const waitMs = beganMs + (made / CHANGES_PER_SECOND) * 1_000 - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return made;
}

/** Milliseconds of processor time of each process so far, where the kernel tells. */
function cpuOf(replicas: readonly ApiserverReplica[]): number[] {
  return replicas.map(({ pid }) => {
    try {
      return readdirSync(`/proc/${pid}/task`).reduce(
        (sum, thread) =>
          sum +
          Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6,
        0,
      );
    } catch {
      return 0;
    }
  });
}

type Figures = Readonly<Record<string, number>>;
type Part = (replicas: readonly ApiserverReplica[], token: string) => Promise<Figures>;
const during = ["-D", String(seconds), "--warm-up-time=1"];

const PARTS: Readonly<Record<string, Part>> = {
  get: async (replicas, token) => {
    const { succeeded } = await spread(replicas, CLIENTS, `${maps}/read-1`, token, during);
    return { "GET of one object, answers/s": succeeded / seconds };
  },
  list: async (replicas, token) => {
    const { succeeded } = await spread(replicas, CLIENTS, maps, token, during);
    return { [`LIST of ${LISTED} objects, answers/s`]: succeeded / seconds };
  },
  write: async (replicas, token) => {
    const body = join(folder, "body.json");
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "w-" } };
    writeFileSync(body, JSON.stringify({ ...object, data: { padding } }));
    const { succeeded } = await spread(replicas, CLIENTS, written, token, [
      ...during,
      ...["-d", body, "-H", "content-type: application/json"],
    ]);
    return { "creates/s": succeeded / seconds };
  },
  watch: async (replicas, token) => {
    // Each watcher is one stream that the server ends after as many seconds.
    const writing = new AbortController();
    const changes = change(replicas, writing.signal);
    const query = `${maps}?watch=true&fieldSelector=metadata.name%3Dread-0&timeoutSeconds=${seconds}`;
    const { bytes } = await spread(replicas, 12, query, token, [
      ...["-n", String(WATCHERS / replicas.length), "-m", String(WATCHERS / 12)],
    ]);
    writing.abort();
    await changes;
    const [first] = replicas;
    if (first === undefined) throw new RangeError("no apiserver");
    const changed = await must(first, "GET", `${maps}/read-0`);
    const eventBytes = Buffer.byteLength(`{"type":"MODIFIED","object":${changed}}\n`);
    return { [`events/s to ${WATCHERS} watchers`]: bytes / eventBytes / seconds };
  },
};

async function measure(replicas: readonly ApiserverReplica[], token: string): Promise<Figures> {
  let figures: Figures = {};
  for (const name of values.what.split(",")) {
    const part = PARTS[name];
    if (part === undefined) throw new RangeError(`there is no part ${name}`);
    figures = { ...figures, ...(await part(replicas, token)) };
  }
  return figures;
}

const files = await makeClusterFiles();
const nats = await NatsServer.start();
await withPostgres(async (databaseUrl) => {
  const options = { files, databaseUrl, natsServer: nats.address, entry: apiserverBundle };
  const all = await Promise.all(
    ["one", "two", "three"].map((name) => ApiserverReplica.create(options, name)),
  );
  const results = new Map<number, Map<string, number[]>>();
  let token = "";
  for (const [turn, count] of TURNS.entries()) {
    const replicas = all.slice(0, count);
    for (const replica of replicas) await replica.start();
    const [first] = replicas;
    if (first === undefined) break;
    if (token === "") token = await prepare(first);
    const cpuMs = cpuOf(replicas);
    const figures = await measure(replicas, token);
    const usedMs = cpuOf(replicas).map((ms, index) => (ms - (cpuMs[index] ?? 0)).toFixed(0));
    console.error(`  processor time of each: ${usedMs.join(", ")} ms`);
    const sums = results.get(count) ?? new Map<string, number[]>();
    results.set(count, sums);
    for (const [what, value] of Object.entries(figures)) {
      if (turn > 0) sums.set(what, [...(sums.get(what) ?? []), value]);
      console.error(`${count} apiserver${count > 1 ? "s" : ""}: ${what} ${value.toFixed(0)}`);
    }
    for (const replica of replicas) await replica.stop();
  }
  for (const [count, sums] of [...results].sort(([a], [b]) => a - b)) {
    for (const [what, samples] of sums) {
      const base = median(results.get(1)?.get(what) ?? []);
      const value = median(samples);
      const share = ((value / base) * 100).toFixed(0);
      console.log(
        `R1 ${count} apiserver${count > 1 ? "s" : ""}  ${what.padEnd(32)} ${value.toFixed(0).padStart(7)}  ${share} %`,
      );
    }
  }
});
await nats.kill();
files.remove();
rmSync(folder, { recursive: true, force: true });
