/**
 * The scheduler's core alone on a synthetic cluster: attempts per second, without server, queue or binding.
 *
 *     node tools/bench/micro/scheduler.ts [nodes] [pods before] [pods measured]
 */
import type { Node, Pod } from "@kubets/api/core/v1";
import { ClusterState, PodInfo, ScoreIndexes, schedule } from "@kubets/scheduler";
import { benchFramework } from "./bench-framework.ts";

const [nodes = 5_000, before = 1_000, measured = 10_000] = process.argv.slice(2).map(Number);

function nodeObject(index: number): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `node-${index}`, labels: { "kubernetes.io/hostname": `node-${index}` } },
    status: { allocatable: { cpu: "4", memory: "32Gi", pods: "110" } },
  };
}

/** Of one size; of many sizes; of one size and in one ReplicaSet, so that the default spreading applies. */
const KINDS = ["identical", "different", "replicated"] as const;

const OWNED = {
  labels: { app: "web" },
  ownerReferences: [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "web", controller: true },
  ],
};

function podObject(index: number, kind: (typeof KINDS)[number]): Pod {
  const cpu = kind === "different" ? `${50 + (index % 101)}m` : "100m";
  const requests = { cpu, memory: kind === "different" ? `${300 + (index % 397)}Mi` : "500Mi" };
  const names = { namespace: "default", name: `pod-${index}`, uid: `uid-${kind}-${index}` };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: kind === "replicated" ? { ...names, ...OWNED } : names,
    spec: {
      schedulerName: "default-scheduler",
      containers: [{ name: "c", image: "registry.k8s.io/pause:3.10", resources: { requests } }],
      tolerations: ["not-ready", "unreachable"].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      })),
    },
  };
}

for (const kind of KINDS) {
  for (const isKept of kind === "identical" ? [true, false] : [kind === "replicated"]) {
    const cluster = new ClusterState();
    for (let i = 0; i < nodes; i++) cluster.setNode(nodeObject(i));
    const context = {
      cluster,
      framework: benchFramework(),
      random: Math.random,
      start: { index: 0 },
      ...(isKept ? { indexes: new ScoreIndexes() } : {}),
    };
    let bound = 0;
    const run = (from: number, count: number) => {
      const objects = Array.from({ length: count }, (_, i) => podObject(from + i, kind));
      const began = performance.now();
      for (const object of objects) {
        const info = new PodInfo(object);
        const result = schedule(info, context);
        if (result.kind !== "node") throw new Error(`pod ${info.key}: ${result.kind}`);
        cluster.assume(info, result.nodeName);
        bound++;
      }
      return performance.now() - began;
    };
    run(0, before);
    const elapsedMs = run(before, measured);
    const most = Math.max(...cluster.nodes.map((node) => node.pods.size));
    const rate = Math.round((measured / elapsedMs) * 1000);
    const cost = ((elapsedMs / measured) * 1000).toFixed(1);
    process.stdout.write(
      `${kind} pods, results ${isKept ? "kept" : "not kept"}: ${rate} pods/s, ${cost} µs each; ` +
        `${bound} bound on ${nodes} nodes, at most ${most} on one\n`,
    );
  }
}
