/**
 * R1: reads, watches and writes through one, two and three apiservers over one Postgres and one NATS:
 * `node tools/bench/replicas.ts [--seconds 4]`. In turns 1 2 3 3 2 1, `--what write` for one part. The clients of requests are h2load
 * (Debian: nghttp2-client), one for each apiserver, because a client in Node would cost as much as what it asks; of watches
 * a counter of lines in this process. They share this machine with all servers, so beside each rate there is the processor
 * time that each process took for one answer or event. With `--share 0.3` (root; Linux) each apiserver may use that much of a core,
 * so that the cores there are grow with the apiservers, as they do where each has a machine of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles, NatsServer } from "@kubets/testing";
import { limitToShare } from "./replicas/core-share.ts";
import { requests } from "./replicas/h2load.ts";
import { type Ground, type Measured, must } from "./replicas/measured.ts";
import { printAll, printOne } from "./replicas/print.ts";
import { watches } from "./replicas/watches.ts";
import { apiserverBundle, withPostgres } from "./store/bench-postgres.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    turns: { type: "string", default: "1,1,2,3,3,2,1" },
    /** Of all apiservers together, a multiple of six. */
    clients: { type: "string", default: "48" },
    /** The same of those that write: a few, and as many as keep every apiserver at work. */
    writers: { type: "string", default: "48,240" },
    what: { type: "string", default: "get,list,write,watch" },
    /** Another build of the apiserver. */
    entry: { type: "string", default: apiserverBundle },
    /** Of one core, for each apiserver. */
    share: { type: "string" },
  },
});
/** The first one warms the machine up and does not count. */
const TURNS = values.turns.split(",").map(Number);
/**
 * For one apiserver, longer for several: a program that has just started has not been compiled yet, so each of them has as much
 * to do before it counts.
 */
const WARM_UP_SECONDS = 4;
const LISTED = 100;
const CLIENTS = Number(values.clients);
const WRITERS = values.writers.split(",").map(Number);
const WATCHERS = 1_200;
const CHANGES_PER_SECOND = 25;
/** Apart, so that reads do not meet what the writes have made. */
const maps = "/api/v1/namespaces/bench-read/configmaps";
const written = "/api/v1/namespaces/bench-write/configmaps";
const padding = "x".repeat(600);

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

type Part = (ground: Ground) => Promise<readonly Measured[]>;

const PARTS: Readonly<Record<string, Part>> = {
  get: async (ground) => [await requests("GETs of one object", ground, CLIENTS, `${maps}/read-1`)],
  list: async (ground) => [await requests(`LISTs of ${LISTED} objects`, ground, CLIENTS, maps)],
  write: async (ground) => {
    const body = join(ground.folder, "body.json");
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "w-" } };
    writeFileSync(body, JSON.stringify({ ...object, data: { padding } }));
    const args = ["-d", body, "-H", "content-type: application/json"];
    const measured: Measured[] = [];
    for (const count of WRITERS) {
      measured.push(await requests(`creates by ${count} clients`, ground, count, written, args));
    }
    return measured;
  },
  watch: async (ground) => {
    const most = { watchers: WATCHERS };
    const steady = { watchers: WATCHERS, changesPerSecond: CHANGES_PER_SECOND };
    const offered = WATCHERS * CHANGES_PER_SECOND;
    return [
      await watches(`events to ${WATCHERS} watchers`, ground, maps, "read-0", most),
      await watches(`the same, ${offered} a second`, ground, maps, "read-0", steady),
    ];
  },
};

async function measure(ground: Ground): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const name of values.what.split(",")) {
    const part = PARTS[name];
    if (part === undefined) throw new RangeError(`there is no part ${name}`);
    measured.push(...(await part(ground)));
  }
  return measured;
}

/** One turn over a store of its own: what earlier turns have written would be a part of it. */
async function takeTurn(count: number, databaseUrl: string): Promise<readonly Measured[]> {
  const options = {
    files,
    databaseUrl,
    natsServer: nats.address,
    entry: values.entry,
    // As `up` and compose run it.
    nodeArgs: ["--max-semi-space-size=32"],
  };
  const names = ["one", "two", "three"].slice(0, count);
  const replicas = await Promise.all(names.map((name) => ApiserverReplica.create(options, name)));
  const limits: (() => void)[] = [];
  try {
    for (const replica of replicas) await replica.start();
    const [first] = replicas;
    if (first === undefined) throw new RangeError("a turn without an apiserver");
    const token = await prepare(first);
    const seconds = Number(values.seconds);
    const ground = { replicas, token, identity: files.admin, seconds, folder };
    await measure({ ...ground, seconds: WARM_UP_SECONDS * count });
    for (const { pid } of replicas) {
      if (pid === undefined || values.share === undefined) continue;
      limits.push(limitToShare(pid, Number(values.share)));
    }
    return await measure(ground);
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()));
    for (const forget of limits) forget();
  }
}

const folder = mkdtempSync(join(tmpdir(), "kubets-r1-"));
const files = await makeClusterFiles();
const nats = await NatsServer.start();
try {
  const results = new Map<number, Measured[]>();
  for (const [turn, count] of TURNS.entries()) {
    await withPostgres(async (databaseUrl) => {
      const measured = await takeTurn(count, databaseUrl);
      for (const one of measured) printOne(count, one);
      if (turn > 0) results.set(count, [...(results.get(count) ?? []), ...measured]);
    });
  }
  printAll(results);
} finally {
  await nats.kill();
  files.remove();
  rmSync(folder, { recursive: true, force: true });
}
