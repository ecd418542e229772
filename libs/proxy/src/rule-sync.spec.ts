/** The sync loop over models: no kernel, no waiting. */
import { endpointSlices, nodes, services } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock, Metrics, silentLogger } from "@kubets/service";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Kernel } from "./kernel.ts";
import { KernelError } from "./kernel-error.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { ListedTable } from "./testing/listed-table.ts";
import { service, slice } from "./testing/objects.ts";
import { conntrackArguments, type UdpFlow } from "./udp-flows.ts";

class KernelModel implements Kernel {
  readonly texts: string[] = [];
  readonly forgotten: string[] = [];
  refuses = false;
  isEmpty = false;
  readonly table = new ListedTable();

  async apply(text: string): Promise<void> {
    if (this.refuses) throw new KernelError("Device or resource busy");
    this.texts.push(text);
    this.table.apply(text);
  }
  list: Kernel["list"] = async () => (this.isEmpty ? undefined : String(this.table));
  readonly remembered: UdpFlow[] = [];
  flows: Kernel["flows"] = async () => this.remembered;
  forget: Kernel["forget"] = async (filter, family) => {
    this.forgotten.push(conntrackArguments(filter, family).join(" "));
  };
  close(): void {}
  /** What was applied since the last look. */
  take(): string[] {
    return this.texts.splice(0);
  }
}

async function scene(serviceCount: number, remembered: readonly UdpFlow[] = []) {
  const clock = new FakeClock();
  const client = createMemoryClient({ clock });
  const kernel = new KernelModel();
  kernel.remembered.push(...remembered);
  const metrics = new Metrics();
  client.seed(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
  const endpoints = (index: number, ...addresses: string[]) =>
    client.seed(
      endpointSlices,
      slice(
        `web-${index}`,
        addresses.map((address) => ({ addresses: [address] })),
        { protocol: "UDP" },
      ),
    );
  for (let index = 0; index < serviceCount; index++) {
    const address = `10.96.${index >> 8}.${index & 255}`;
    client.seed(
      services,
      service(`web-${index}`, {
        clusterIP: address,
        clusterIPs: [address],
        ports: [{ port: 53, protocol: "UDP" }],
      }),
    );
    endpoints(index, "10.244.0.1");
  }
  const proxy = new ServiceProxy({
    client,
    nodeName: "node-1",
    families: ["ip"],
    localMode: { mode: "ClusterCIDR", cidrs: ["10.244.0.0/16"] },
    nodePortAddresses: { kind: "primary" },
    masqueradeAll: false,
    masqueradeBit: 14,
    serviceCidrs: [],
    minSyncPeriodMs: 0,
    syncPeriodMs: 30_000,
    kernel,
    clock,
    logger: silentLogger,
    metrics,
  });
  await proxy.start(new AbortController().signal);
  onTestFinished(() => proxy.stop());
  await clock.advance(100);
  return { clock, client, kernel, proxy, endpoints, metrics };
}

const isFull = (text: string) => text.includes("delete table ip kube-proxy");

describe("a sync", () => {
  it("begins with all of it in one transaction", async () => {
    const { kernel, proxy } = await scene(3);
    const [first = "", ...more] = kernel.take();
    expect([isFull(first), more.length, proxy.hasSynced]).toEqual([true, 0, true]);
    for (const index of [0, 1, 2]) expect(first).toContain(`10.96.0.${index} . udp . 53 : goto`);
  });
  it("touches nothing but what has changed", async () => {
    const { kernel, clock, endpoints } = await scene(50);
    kernel.take();
    endpoints(7, "10.244.0.1", "10.244.0.2");
    await clock.advance(100);
    const [text = "", ...more] = kernel.take();
    expect(more).toEqual([]);
    expect(isFull(text)).toBe(false);
    expect(text).toContain("web-7/");
    expect(text).not.toMatch(/web-(?!7\/)/);
    expect(text.split("\n").length).toBeLessThan(10);
  });
  it("takes changes that come together as one", async () => {
    const { kernel, clock, endpoints } = await scene(50);
    kernel.take();
    for (let index = 0; index < 50; index++) endpoints(index, "10.244.0.9");
    await clock.advance(40);
    expect(kernel.take()).toHaveLength(1);
  });
  it("is cut into transactions that the kernel has done with soon", async () => {
    const { kernel, clock, endpoints } = await scene(600);
    kernel.take();
    for (let index = 0; index < 600; index++) endpoints(index, "10.244.0.9");
    await clock.advance(40);
    const texts = kernel.take();
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) {
      const statements = text.split("\n").filter((line) => !line.startsWith("add rule"));
      expect(statements.length).toBeLessThanOrEqual(1_001);
    }
  });
  it("writes everything anew after a failure, and tries later each time", async () => {
    const { kernel, clock, endpoints, proxy, metrics } = await scene(3);
    kernel.take();
    kernel.refuses = true;
    endpoints(1, "10.244.0.9");
    await clock.advance(2_500);
    expect(proxy.progress.waitingSinceMs).toBeDefined();
    expect(await metrics.text()).toMatch(/nftables_sync_failures_total\{ip_family="IPv4"\} 2/);
    kernel.refuses = false;
    await clock.advance(5_000);
    const [text = ""] = kernel.take();
    expect(isFull(text)).toBe(true);
    expect(text).toContain("dnat to 10.244.0.9:8080");
    expect(proxy.progress.waitingSinceMs).toBeUndefined();
  });
  it("loses no change because another one made no sense", async () => {
    const { kernel, clock, endpoints, client } = await scene(3);
    kernel.take();
    endpoints(2, "10.244.0.9");
    client.seed(endpointSlices, { ...slice("web-1", []), endpoints: JSON.parse("[null]") });
    await clock.advance(100);
    expect(kernel.take()).toEqual([]);
    endpoints(1, "10.244.0.8");
    await clock.advance(5_000);
    const text = kernel.take().join();
    for (const address of ["10.244.0.8", "10.244.0.9"])
      expect(text).toContain(`dnat to ${address}`);
  });
  it("measures the changes that wait, but not without end", async () => {
    const { kernel, clock, client, metrics } = await scene(1);
    kernel.refuses = true;
    const triggered = { ...slice("web-0", [{ addresses: ["10.244.0.9"] }], { protocol: "UDP" }) };
    for (let change = 0; change < 1_500; change++) {
      const time = new Date(clock.now()).toISOString();
      client.seed(endpointSlices, {
        ...triggered,
        metadata: {
          ...triggered.metadata,
          annotations: { "endpoints.kubernetes.io/last-change-trigger-time": time },
        },
      });
      if (change % 500 === 0) await clock.advance(10_000);
    }
    kernel.refuses = false;
    await clock.advance(60_000);
    expect(await metrics.text()).toMatch(
      /network_programming_duration_seconds_count\{ip_family="IPv4"\} 1000$/m,
    );
  });
  it("forgets flows only once the rules are right", async () => {
    const { kernel, clock, endpoints } = await scene(3);
    kernel.forgotten.length = 0;
    kernel.refuses = true;
    endpoints(1, "10.244.0.9");
    await clock.advance(100);
    expect(kernel.forgotten).toEqual([]);
    kernel.refuses = false;
    await clock.advance(5_000);
    expect(kernel.forgotten).toEqual([
      "-D -f ipv4 -p udp --orig-dst 10.96.0.1 --orig-port-dst 53 --reply-src 10.244.0.1 --reply-port-src 8080",
    ]);
  });
  it("leaves flows alone that were there before it, but for those to endpoints that are gone", async () => {
    const to = (address: string, port: number, endpoint: string) => ({ address, port, endpoint });
    const { kernel } = await scene(3, [
      to("10.96.0.1", 53, "10.244.0.1 8080"),
      to("10.96.0.1", 53, "10.244.0.7 8080"),
      to("10.96.0.1", 53, "10.244.0.1 9090"),
      to("192.0.2.1", 53, "192.0.2.1 53"),
    ]);
    const target = "-D -f ipv4 -p udp --orig-dst 10.96.0.1 --orig-port-dst 53";
    expect(kernel.forgotten).toEqual([
      `${target} --reply-src 10.244.0.7 --reply-port-src 8080`,
      `${target} --reply-src 10.244.0.1 --reply-port-src 9090`,
    ]);
  });
  it("puts back a table that is gone, and leaves one that is there alone", async () => {
    const { kernel, clock } = await scene(3);
    kernel.take();
    await clock.advance(65_000);
    expect(kernel.take()).toEqual([]);
    kernel.isEmpty = true;
    await clock.advance(31_000);
    expect(kernel.take().some(isFull)).toBe(true);
  });
  it.each(["its rules", "the elements of a map"])(
    "puts back a table that lost %s",
    async (what) => {
      const { kernel, clock } = await scene(3);
      kernel.take();
      if (what === "its rules") kernel.table.flushChains();
      else kernel.table.flushElements("service-ips");
      await clock.advance(31_000);
      expect(kernel.take().filter(isFull)).toHaveLength(1);
      await clock.advance(62_000);
      expect(kernel.take()).toEqual([]);
    },
  );
  it("looks at the table also while changes never pause", async () => {
    const { kernel, clock, endpoints } = await scene(3);
    kernel.take();
    kernel.table.flushElements("cluster-ips");
    for (let second = 0; second < 31; second++) {
      endpoints(1, `10.244.0.${second + 10}`);
      await clock.advance(1_000);
    }
    expect(kernel.take().filter(isFull)).toHaveLength(1);
  });
  it("removes unused chains when it has become quiet", async () => {
    const { kernel, clock, endpoints } = await scene(3);
    endpoints(1, "10.244.0.9");
    await clock.advance(100);
    kernel.take();
    await clock.advance(2_000);
    const [text = ""] = kernel.take();
    expect(text).toMatch(
      /^flush chain .*10\.244\.0\.1\/8080\ndelete chain .*10\.244\.0\.1\/8080\n$/,
    );
  });
});
