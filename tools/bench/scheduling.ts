import { inParallel, type Workload, type WorkloadOptions } from "./workload.ts";

const NAMESPACE = "bench-s1";
const WIDTH = 64;

/** S1, scheduler_perf's SchedulingBasic: nodes, then some pods, then the measured ones; pods bound per second. */
export function schedulingBasic(
  id: string,
  nodes: number,
  before: number,
  measured: number,
): Workload {
  return {
    id,
    description: `SchedulingBasic with ${nodes} nodes, ${before} pods, then ${measured} measured`,
    async run(options) {
      const { api, say } = options;
      const run = Date.now().toString(36);
      await api.request(
        "POST",
        "/api/v1/namespaces",
        JSON.stringify({ metadata: { name: NAMESPACE } }),
      );
      await serviceAccount(options);
      say(`${id}: making ${nodes} nodes`);
      await inParallel(nodes, WIDTH, (index) => makeNode(options, `bench-${run}-${index}`));
      const bound = watchBound(options);
      say(`${id}: ${before} pods before`);
      await makePods(options, `a-${run}`, before);
      await bound.reach(before);
      say(`${id}: ${measured} measured pods`);
      const began = performance.now();
      await makePods(options, `b-${run}`, measured);
      await bound.reach(before + measured);
      const seconds = (performance.now() - began) / 1000;
      bound.close();
      say(`${id}: removing what was made`);
      await removePods(options);
      await inParallel(nodes, WIDTH, async (index) => {
        await api.must("DELETE", `/api/v1/nodes/bench-${run}-${index}`);
      });
      return [{ what: "created and bound, end to end", value: measured / seconds, unit: "pods/s" }];
    },
  };
}

/** Pods are admitted once the namespace has its service account. */
async function serviceAccount({ api }: WorkloadOptions): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await api.request("POST", path, JSON.stringify({ metadata: { name: "default" } }));
}

async function makeNode({ api }: WorkloadOptions, name: string): Promise<void> {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } },
    spec: {},
  };
  const created = JSON.parse(await api.must("POST", "/api/v1/nodes", JSON.stringify(node))) as {
    spec: { taints?: { key: string }[] };
    metadata: { resourceVersion: string };
  };
  const resources = { cpu: "4", memory: "32Gi", pods: "110" };
  const now = new Date().toISOString().replace(/\.\d+/, "");
  await api.must(
    "PATCH",
    `/api/v1/nodes/${name}/status`,
    JSON.stringify({
      status: {
        capacity: resources,
        allocatable: resources,
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "KubeletReady",
            lastHeartbeatTime: now,
            lastTransitionTime: now,
          },
        ],
      },
    }),
    "application/merge-patch+json",
  );
  if ((created.spec.taints ?? []).length > 0) {
    await api.must(
      "PATCH",
      `/api/v1/nodes/${name}`,
      JSON.stringify({ spec: { taints: null } }),
      "application/merge-patch+json",
    );
  }
}

async function makePods({ api }: WorkloadOptions, prefix: string, count: number): Promise<void> {
  const resources = { cpu: "100m", memory: "500Mi" };
  const spec = {
    containers: [
      {
        name: "pause",
        image: "registry.k8s.io/pause:3.10.1",
        ports: [{ containerPort: 80 }],
        resources: { requests: resources, limits: resources },
      },
    ],
    // The walk-through's own node has no room for so many.
    nodeSelector: { "kubernetes.io/os": "linux" },
  };
  await inParallel(count, WIDTH, async (index) => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: `${prefix}-${index}` }, spec };
    await api.must("POST", `/api/v1/namespaces/${NAMESPACE}/pods`, JSON.stringify(pod));
  });
}

/** A thousand at a time: one request has a minute. */
async function removePods({ api }: WorkloadOptions): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  for (;;) {
    await api.must("DELETE", `${path}?gracePeriodSeconds=0&limit=1000`);
    const left = JSON.parse(await api.must("GET", `${path}?limit=1`)) as { items: unknown[] };
    if (left.items.length === 0) return;
  }
}

/** Counts pods that have a node, as a watch shows them. */
function watchBound({ api }: WorkloadOptions) {
  const seen = new Set<string>();
  let wanted = Number.POSITIVE_INFINITY;
  let arrived: () => void = () => {};
  const watch = api.watch(`/api/v1/namespaces/${NAMESPACE}/pods?watch=true`, (line) => {
    const event = JSON.parse(line.toString()) as {
      type: string;
      object: { metadata: { uid: string }; spec?: { nodeName?: string } };
    };
    if (event.type === "DELETED" || !event.object.spec?.nodeName) return;
    seen.add(event.object.metadata.uid);
    if (seen.size >= wanted) arrived();
  });
  return {
    count: () => seen.size,
    reach: (count: number) =>
      new Promise<void>((resolve) => {
        wanted = count;
        arrived = resolve;
        if (seen.size >= count) resolve();
      }),
    close: () => watch.close(),
  };
}
