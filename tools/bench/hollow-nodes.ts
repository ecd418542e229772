/**
 * Many nodes in one process: each is the real kubelet over the simulated runtime, so what a node asks of the API is all
 * there, and only the containers are not. Runs as a child of a benchmark: takes its place from the arguments, says
 * "ready" when every node is Ready, and takes its Node objects away when it is told to stop.
 *
 *     node hollow-nodes.ts KUBECONFIG CONTEXT LABEL PREFIX COUNT
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createRestClient, loadKubeconfig, nodes } from "@kubets/client";
import { createSimulatedRuntime } from "@kubets/cri";
import { createKubelet, simulatedMachine } from "@kubets/kubelet";
import { Metrics, RunnableGroup, silentLogger, systemClock } from "@kubets/service";
import { inParallel } from "./workload.ts";

/** A connection carries a thousand streams at most; a kubelet has a handful of watches. */
const NODES_PER_CONNECTION = 50;
const START_WIDTH = 32;

const [kubeconfig = "", context = "", label = "", prefix = "", countText = ""] =
  process.argv.slice(2);
const count = Number(countText);
const clock = systemClock;
const config = await loadKubeconfig(kubeconfig, context === "" ? undefined : context);
/** In memory, as a node's volumes with tokens are: a thousand nodes have a thousand disks, this machine has one. */
const MEMORY = "/dev/shm";
const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "kubets-hollow-"));
const clients: Client[] = Array.from({ length: Math.ceil(count / NODES_PER_CONNECTION) }, () =>
  createRestClient({ ...config, userAgent: "kubelet", clock }),
);

function hollowNode(index: number) {
  const client = clients[Math.floor(index / NODES_PER_CONNECTION)];
  if (client === undefined) throw new RangeError(`no connection for node ${index}`);
  const nodeName = `${prefix}-${index}`;
  const kubelet = createKubelet({
    client,
    runtime: createSimulatedRuntime({ clock, writesLogs: false }),
    realProcesses: false,
    clock,
    logger: silentLogger,
    metrics: new Metrics(),
    machine: simulatedMachine({ nodeName, cpuCount: 4, memoryBytes: 32 * 1024 ** 3 }),
    nodeName,
    hostname: nodeName,
    nodeIps: [`10.${128 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`],
    nodeLabels: { [label]: prefix },
    taints: [],
    port: 10_250,
    podsMax: 110,
    reserved: {},
    rootDir: join(folder, nodeName),
    podLogsDir: join(folder, nodeName, "pod-logs"),
    clusterDns: [],
    clusterDomain: "cluster.local",
    resolvConf: "/etc/resolv.conf",
    cgroups: { version: 2, root: "/" },
    // Of use where the controller-manager has no range for so many nodes: the addresses reach nobody here.
    podCidr: `10.${64 + (index >> 8)}.${index & 255}.0/24`,
    parallelPullsMax: 1,
    seccompDefault: false,
  });
  return { kubelet, group: new RunnableGroup(kubelet.parts, { logger: silentLogger, clock }) };
}

const all = Array.from({ length: count }, (_, index) => hollowNode(index));
const starting = new AbortController();
await inParallel(count, START_WIDTH, (index) => {
  const { group } = at(index);
  return group.start(starting.signal);
});
while (!all.every(({ kubelet }) => kubelet.agent.isReady)) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
process.send?.("ready");
await new Promise<void>((resolve) => {
  process.once("message", () => resolve());
  process.once("disconnect", () => resolve());
});
await inParallel(count, START_WIDTH, async (index) => {
  await at(index).group.stop();
  await clients[Math.floor(index / NODES_PER_CONNECTION)]?.delete(nodes, "", `${prefix}-${index}`);
});
await Promise.all(clients.map((client) => client.close()));
rmSync(folder, { recursive: true, force: true });
process.exit(0);

function at(index: number) {
  const found = all[index];
  if (found === undefined) throw new RangeError(`no node ${index}`);
  return found;
}
