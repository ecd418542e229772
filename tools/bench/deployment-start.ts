/** A Deployment from its create to all pods Running, as a watch shows it. */
import { ascending, type Figure, percentile, type WorkloadOptions } from "./workload.ts";

const NAMESPACE = "bench-deployment";
/** No figure is worth waiting longer for. */
const PATIENCE_MS = 180_000;

export interface DeploymentStart {
  readonly id: string;
  readonly replicas: number;
  readonly image: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

export async function runDeployment(
  { api, say }: WorkloadOptions,
  { id, replicas, image, nodeSelector }: DeploymentStart,
): Promise<readonly Figure[]> {
  await api.request(
    "POST",
    "/api/v1/namespaces",
    JSON.stringify({ metadata: { name: NAMESPACE } }),
  );
  await defaultsOf(api);
  const name = `start-${Date.now().toString(36)}`;
  const labels = { app: name };
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const deployments = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: "main", image, imagePullPolicy: "IfNotPresent" }],
          ...(nodeSelector === undefined ? {} : { nodeSelector }),
        },
      },
    },
  };
  const milestones = followPods(api, `${pods}?watch=true&labelSelector=app%3D${name}`);
  const beganMs = performance.now();
  await api.must("POST", deployments, JSON.stringify(deployment));
  await milestones.allRunning(replicas);
  const seconds = (milestones.lastRunningMs() - beganMs) / 1000;
  milestones.close();
  say(`${id}: removing what was made`);
  await api.must("DELETE", `${deployments}/${name}?propagationPolicy=Background`);
  await untilNonePods(api, `${pods}?limit=1&labelSelector=app%3D${name}`);
  const starts = ascending(milestones.startMs());
  const perNode = [...milestones.perNode().values()].map((pods) => pods.length);
  return [
    { what: "created to all Running", value: seconds, unit: "s" },
    { what: "Running", value: replicas / seconds, unit: "pods/s" },
    { what: "one pod, created to Running, p50", value: percentile(starts, 0.5), unit: "ms" },
    { what: "one pod, created to Running, p99", value: percentile(starts, 0.99), unit: "ms" },
    { what: "pods on the node with most", value: Math.max(...perNode), unit: "pods" },
    { what: "all created after", value: (milestones.lastCreatedMs() - beganMs) / 1000, unit: "s" },
    { what: "all bound after", value: (milestones.lastBoundMs() - beganMs) / 1000, unit: "s" },
  ];
}

type Api = WorkloadOptions["api"];

/** Pods are admitted once the namespace has its service account, and start once it has its root certificate. */
async function defaultsOf(api: Api): Promise<void> {
  for (const path of ["serviceaccounts/default", "configmaps/kube-root-ca.crt"]) {
    for (let tries = 0; ; tries++) {
      const { status } = await api.request("GET", `/api/v1/namespaces/${NAMESPACE}/${path}`);
      if (status === 200) break;
      if (tries > 300)
        throw new Error(`${NAMESPACE} has no ${path}: is the controller-manager up?`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function untilNonePods(api: Api, path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { items } = JSON.parse(await api.must("GET", path)) as { items: unknown[] };
    if (items.length === 0) return;
    if (performance.now() > deadline) throw new Error(`pods are still there: ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface WatchedPod {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly uid: string };
    readonly spec: { readonly nodeName?: string };
    readonly status?: { readonly phase?: string };
  };
}

interface Seen {
  readonly createdMs: number;
  boundMs?: number;
  runningMs?: number;
  node?: string;
}

/** When each pod was first seen, first had a node and first was Running; the first look at each counts. */
function followPods(api: Api, path: string) {
  const seen = new Map<string, Seen>();
  let running = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let arrived: () => void = () => {};
  let broke: (error: Error) => void = () => {};
  const watch = api.watch(path, (line) => {
    const nowMs = performance.now();
    const { type, object } = JSON.parse(line.toString()) as WatchedPod;
    if (type === "DELETED") return;
    const pod = seen.get(object.metadata.uid) ?? { createdMs: nowMs };
    seen.set(object.metadata.uid, pod);
    if (object.spec.nodeName !== undefined && pod.boundMs === undefined) {
      pod.boundMs = nowMs;
      pod.node = object.spec.nodeName;
    }
    if (object.status?.phase === "Running" && pod.runningMs === undefined) {
      pod.runningMs = nowMs;
      running += 1;
      if (running >= wanted) arrived();
    }
  });
  let isClosed = false;
  watch.ended.then(() => {
    if (!isClosed) broke(new Error("the watch of the pods ended"));
  });
  const all = <T>(of: (pod: Seen) => T | undefined) =>
    [...seen.values()].map(of).filter((value) => value !== undefined);
  const last = (of: (pod: Seen) => number | undefined) =>
    all(of).reduce((a, b) => Math.max(a, b), 0);
  return {
    allRunning: (count: number) =>
      new Promise<void>((resolve, reject) => {
        const tooLate = () => reject(new Error(`${running} of ${count} pods are Running`));
        const timer = setTimeout(tooLate, PATIENCE_MS);
        wanted = count;
        arrived = () => {
          clearTimeout(timer);
          resolve();
        };
        broke = reject;
        if (running >= count) arrived();
      }),
    lastCreatedMs: () => last((pod) => pod.createdMs),
    lastBoundMs: () => last((pod) => pod.boundMs),
    lastRunningMs: () => last((pod) => pod.runningMs),
    startMs: () =>
      all((pod) => (pod.runningMs === undefined ? undefined : pod.runningMs - pod.createdMs)),
    perNode: () =>
      Map.groupBy(
        all((pod) => pod.node),
        (node) => node,
      ),
    close: () => {
      isClosed = true;
      watch.close();
    },
  };
}
