/**
 * Watches that go on where they were when their apiserver starts anew, all at the same moment:
 * `node tools/bench/store/resume.ts [--pods 3000] [--watches 200]`. Each has missed the same 200 changes; those by node are what
 * kubelets have. Needs the bundle: `cd apps/apiserver && node ../../tools/bundle.mjs`.
 */
import { parseArgs } from "node:util";
import { ApiserverReplica, makeClusterFiles } from "@kubets/testing";
import { apiserverBundle, withPostgres } from "./bench-postgres.ts";

const { values } = parseArgs({
  options: {
    pods: { type: "string", default: "3000" },
    watches: { type: "string", default: "200" },
    entry: { type: "string", default: apiserverBundle },
  },
});
const [pods, watches] = [Number(values.pods), Number(values.watches)];
const CHANGES = 200;
const AT_ONCE = 50;
const PATIENCE_MS = 15_000;
const path = "/api/v1/namespaces/default/pods";
const labels = 100;

const selectors: Readonly<Record<string, (watch: number) => string>> = {
  name: (watch) => `fieldSelector=metadata.name%3Dp-${watch % CHANGES}`,
  node: (watch) => `fieldSelector=spec.nodeName%3Dn-${watch}`,
  label: (watch) => `labelSelector=app%3Da${watch % labels}`,
};
/** How many changes each watch has missed. */
const missed: Readonly<Record<string, (watch: number) => number>> = {
  name: () => 1,
  node: (watch) => Math.ceil(Math.max(0, CHANGES - watch) / watches),
  label: (watch) => Math.ceil((CHANGES - (watch % labels)) / labels),
};

async function send(
  replica: ApiserverReplica,
  method: string,
  to: string,
  body?: unknown,
  type?: string,
): Promise<string> {
  const answer = await replica.endpoint.request(method, to, body, type);
  if (answer.status > 299) throw new Error(`${method} ${to}: ${answer.status} ${answer.body}`);
  return answer.body;
}

function pod(index: number): unknown {
  const metadata = { name: `p-${index}`, labels: { app: `a${index % labels}` } };
  const spec = {
    nodeName: `n-${index % watches}`,
    containers: [{ name: "c", image: "nginx" }],
  };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

async function resume(
  replica: ApiserverReplica,
  by: string,
  resourceVersion: string,
): Promise<void> {
  const stop = new AbortController();
  const wanted = Array.from({ length: watches }, (_, i) => missed[by]?.(i) ?? 0);
  let left = wanted.reduce((sum, count) => sum + count, 0);
  let errors = 0;
  let lastMs = 0;
  const beganMs = performance.now();
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(done.resolve, PATIENCE_MS);
  const streams = wanted.map((count, watch) => {
    let lines = 0;
    const query = `watch=true&${selectors[by]?.(watch)}&resourceVersion=${resourceVersion}`;
    return replica.endpoint.stream(
      `${path}?${query}`,
      (line) => {
        lastMs = performance.now() - beganMs;
        lines += 1;
        if (line.startsWith('{"type":"ERROR"')) {
          errors += 1;
          left -= count;
        } else if (lines <= count) left -= 1;
        if (left === 0) done.resolve();
      },
      stop.signal,
    );
  });
  await done.promise;
  clearTimeout(timer);
  console.log(
    `${watches} watches by ${by}: the last event after ${lastMs.toFixed(0)} ms; ${errors} were refused, ${left} events did not come`,
  );
  stop.abort();
  await Promise.all(streams);
}

const files = await makeClusterFiles();
await withPostgres(async (databaseUrl) => {
  const options = {
    files,
    databaseUrl,
    entry: values.entry,
    args: ["--disable-admission-plugins=ServiceAccount"],
  };
  const replica = await ApiserverReplica.create(options, "apiserver");
  try {
    await replica.start();
    for (let made = 0; made < pods; made += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, pods - made) }, (_, i) => pod(made + i));
      await Promise.all(some.map((each) => send(replica, "POST", path, each)));
    }
    const list = JSON.parse(await send(replica, "GET", `${path}?limit=1`));
    const { resourceVersion }: { resourceVersion: string } = list.metadata;
    const type = "application/merge-patch+json";
    for (let index = 0; index < CHANGES; index++) {
      const change = { metadata: { annotations: { changed: "yes" } } };
      await send(replica, "PATCH", `${path}/p-${index}`, change, type);
    }
    for (const by of Object.keys(selectors)) {
      await replica.stop();
      await replica.start();
      await resume(replica, by, resourceVersion);
    }
  } finally {
    await replica.kill();
  }
});
files.remove();
