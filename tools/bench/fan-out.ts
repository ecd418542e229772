import { ascending, type Figure, percentile, type Workload } from "./workload.ts";

const NAMESPACE = "bench-a5";
const SETTLE_MS = 2_000;

/** A5: many watchers of the same objects, patched at a fixed rate; how long until each watcher has each event. */
export const fanOut: Workload = {
  id: "A5",
  description: "1,000 watchers × 50 patches/s and 100 watchers × 200 patches/s",
  async run({ api, short, say }) {
    await api.request(
      "POST",
      "/api/v1/namespaces",
      JSON.stringify({ metadata: { name: NAMESPACE } }),
    );
    const figures: Figure[] = [];
    for (const [watchers, perSecond] of [
      [1_000, 50],
      [100, 200],
    ] as const) {
      const seconds = short ? 5 : 30;
      say(`A5: ${watchers} watchers, ${perSecond} patches/s for ${seconds} s`);
      figures.push(...(await measure(api, watchers, perSecond, seconds)));
    }
    await api.must("DELETE", `/api/v1/namespaces/${NAMESPACE}/configmaps`);
    return figures;
  },
};

async function measure(
  api: Parameters<Workload["run"]>[0]["api"],
  watchers: number,
  perSecond: number,
  seconds: number,
): Promise<Figure[]> {
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  const name = `target-${Date.now().toString(36)}`;
  // About 1 kB, as a small pod.
  const filling = "x".repeat(700);
  await api.must(
    "POST",
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { filling, sent: "0" },
    }),
  );
  const list = JSON.parse(await api.must("GET", path)) as { metadata: { resourceVersion: string } };
  const delays: number[] = [];
  let cutOff = 0;
  let finished = false;
  const marker = Buffer.from('"sent":"');
  const watches = Array.from({ length: watchers }, () =>
    api.watch(`${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}`, (line) => {
      const at = line.indexOf(marker);
      if (at < 0) return;
      const sent = Number(
        line.toString("latin1", at + marker.length, line.indexOf(34, at + marker.length)),
      );
      delays.push(performance.now() - sent);
    }),
  );
  for (const { ended } of watches) {
    void ended.then(() => {
      if (!finished) cutOff++;
    });
  }
  await pause(SETTLE_MS);
  const patches: Promise<string>[] = [];
  const began = performance.now();
  for (let number = 0; number < perSecond * seconds; number++) {
    const due = began + (number * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await pause(wait);
    patches.push(
      api.must(
        "PATCH",
        `${path}/${name}`,
        `{"data":{"sent":"${performance.now()}"}}`,
        "application/merge-patch+json",
      ),
    );
  }
  await Promise.all(patches);
  await pause(SETTLE_MS);
  finished = true;
  for (const watch of watches) watch.close();
  const sorted = ascending(delays);
  const label = `${watchers} × ${perSecond}/s`;
  return [
    {
      what: `${label}, events`,
      value: sorted.length,
      unit: `of ${watchers * perSecond * seconds}`,
    },
    { what: `${label}, p50`, value: percentile(sorted, 0.5), unit: "ms" },
    { what: `${label}, p99`, value: percentile(sorted, 0.99), unit: "ms" },
    { what: `${label}, watchers cut off`, value: cutOff, unit: "" },
  ];
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
