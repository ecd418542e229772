import { runDeployment } from "./deployment-start.ts";
import type { Workload } from "./workload.ts";

const PER_NODE = 20;

/** P3: a Deployment that gives every node of the cluster twenty real pods, created to all Running. */
export const realPods: Workload = {
  id: "P3",
  description: `a Deployment of ${PER_NODE} pods per node, created to all Running (BENCH_IMAGE as in P0)`,
  async run(options) {
    const { api, say } = options;
    const nodes = JSON.parse(await api.must("GET", "/api/v1/nodes")) as { items: unknown[] };
    const replicas = PER_NODE * nodes.items.length;
    const image = process.env.BENCH_IMAGE ?? "registry.kubets.internal/pause:3.10.1";
    say(`P3: ${replicas} pods on ${nodes.items.length} nodes`);
    return runDeployment(options, { id: "P3", replicas, image });
  },
};
