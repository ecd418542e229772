/**
 * N1: the proxy with many Services in a network namespace of its own (as root, with nft):
 * `node tools/bench/proxy.ts [--services 1000] [--endpoints 2] [--changes 50]`. The API is a model in this process; the
 * kernel is real. Prints the first full sync, and then, from the moment the API tells of one changed endpoint or one new
 * Service until the kernel has its rules: time, and bytes given to nft.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { endpointSlices, nodes, services } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { type Kernel, linuxKernel, ServiceProxy } from "@kubets/proxy";
import { Metrics, silentLogger, systemClock } from "@kubets/service";
import { ascending, type Figure, percentile } from "./workload.ts";

const { values } = parseArgs({
  options: {
    services: { type: "string", default: "1000" },
    endpoints: { type: "string", default: "2" },
    changes: { type: "string", default: "50" },
  },
});
const serviceCount = Number(values.services);
const endpointCount = Number(values.endpoints);
const changes = Number(values.changes);
const namespace = `kbtbench${process.pid}`;

const PAUSE_MS_MAX = 300;

const inRange = (base: string, index: number) => `${base}.${index >> 8}.${index & 255}`;
const service = (index: number): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "default", name: `service-${index}` },
  spec: {
    clusterIP: inRange("10.96", index + 10),
    clusterIPs: [inRange("10.96", index + 10)],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  },
});
const slice = (index: number, addresses: readonly string[]): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    namespace: "default",
    name: `service-${index}-x`,
    labels: { "kubernetes.io/service-name": `service-${index}` },
  },
  addressType: "IPv4",
  endpoints: addresses.map((address) => ({ addresses: [address] })),
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
});
const addressesOf = (index: number) =>
  Array.from({ length: endpointCount }, (_, each) =>
    inRange("10.244", (index * endpointCount + each) % 0xfe00),
  );

/** The real kernel; tells when a transaction that has a certain text in it is done. */
class WatchedKernel implements Kernel {
  // Not `ip netns exec`, which also makes a mount namespace for each program: a proxy lives in its node's namespace.
  readonly #kernel = linuxKernel(["nsenter", `--net=/var/run/netns/${namespace}`]);
  #awaited: { readonly text: string; readonly done: () => void } | undefined;
  bytes = 0;
  /** What the last transaction took. */
  lastMs = 0;

  async apply(text: string, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    await this.#kernel.apply(text, signal);
    this.lastMs = performance.now() - began;
    this.bytes += text.length;
    if (this.#awaited !== undefined && text.includes(this.#awaited.text)) this.#awaited.done();
  }
  list: Kernel["list"] = (family, signal) => this.#kernel.list(family, signal);
  flows: Kernel["flows"] = (family, signal) => this.#kernel.flows(family, signal);
  forget: Kernel["forget"] = (filter, family, signal) =>
    this.#kernel.forget(filter, family, signal);
  close = () => this.#kernel.close();

  programmed(text: string): Promise<void> {
    return new Promise((done) => {
      this.#awaited = { text, done };
    });
  }
}

async function measure(): Promise<Figure[]> {
  const client = createMemoryClient({ clock: systemClock });
  client.seed(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "bench" } });
  for (let index = 0; index < serviceCount; index++) {
    client.seed(services, service(index));
    client.seed(endpointSlices, slice(index, addressesOf(index)));
  }
  const kernel = new WatchedKernel();
  const proxy = new ServiceProxy({
    client,
    nodeName: "bench",
    families: ["ip"],
    localMode: { mode: "ClusterCIDR", cidrs: ["10.244.0.0/16"] },
    nodePortAddresses: { kind: "primary" },
    masqueradeAll: false,
    masqueradeBit: 14,
    serviceCidrs: [],
    minSyncPeriodMs: 0,
    syncPeriodMs: 30_000,
    kernel,
    clock: systemClock,
    logger: silentLogger,
    metrics: new Metrics(),
  });
  const figures: Figure[] = [];
  const began = performance.now();
  const loaded = kernel.programmed("service-0/");
  await proxy.start(new AbortController().signal);
  await loaded;
  figures.push({ what: "full sync", value: performance.now() - began, unit: "ms" });

  /** One change after the other, each timed until the kernel has it. */
  const timed = async (what: string, change: (round: number) => string) => {
    const took: number[] = [];
    const inKernel: number[] = [];
    const bytesBefore = kernel.bytes;
    for (let round = 0; round < changes; round++) {
      // At any time, not always at the same moment after the last sync.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS_MAX));
      const start = performance.now();
      const done = kernel.programmed(change(round));
      await done;
      took.push(performance.now() - start);
      inKernel.push(kernel.lastMs);
    }
    const sorted = ascending(took);
    figures.push(
      { what: `${what}, p50`, value: percentile(sorted, 0.5), unit: "ms" },
      { what: `${what}, p99`, value: percentile(sorted, 0.99), unit: "ms" },
      {
        what: `${what}, of that nft, p50`,
        value: percentile(ascending(inKernel), 0.5),
        unit: "ms",
      },
      { what: `${what}, nft`, value: (kernel.bytes - bytesBefore) / changes, unit: "bytes" },
    );
  };
  await timed("one endpoint changed", (round) => {
    const index = (round * 7) % serviceCount;
    const [first = "", ...rest] = addressesOf(index);
    const fresh = first.replace("10.244", "10.245");
    client.seed(endpointSlices, slice(index, [fresh, ...rest]));
    return `dnat to ${fresh}:`;
  });
  await timed("one Service added", (round) => {
    const index = serviceCount + round;
    client.seed(services, service(index));
    client.seed(endpointSlices, slice(index, addressesOf(index)));
    return `default/service-${index}/`;
  });
  figures.push({
    what: "memory of the process",
    value: process.memoryUsage().rss / 1e6,
    unit: "MB",
  });
  await proxy.stop();
  return figures;
}

execFileSync("ip", ["netns", "add", namespace]);
try {
  for (const { what, value, unit } of await measure()) {
    const line = `N1-${serviceCount}`.padEnd(8);
    process.stdout.write(`${line} ${what.padEnd(40)} ${value.toFixed(1).padStart(10)} ${unit}\n`);
  }
} finally {
  execFileSync("ip", ["netns", "del", namespace]);
}
