import type { KubeObject } from "@kubets/api";
import type { ServiceSpec } from "@kubets/api/core/v1";
import { FakeClock, silentLogger } from "@kubets/service";
import { MemoryHistory } from "@kubets/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClaimRepair } from "../../bootstrap/claim-repair.ts";
import type { UpdateOptions } from "../../store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "../../testing/registry-harness.ts";

const PUT: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };

let replica: Replica;
let history: MemoryHistory;
beforeEach(async () => {
  history = new MemoryHistory();
  replica = await startReplica({ history });
});
afterEach(() => replica.stop());

function service(name: string, spec: object): KubeObject {
  return decoded({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port: 80 }], selector: { app: "x" }, ...spec },
  });
}

async function create(
  name: string,
  spec: object = {},
  { of = replica, dryRun = false }: { of?: Replica; dryRun?: boolean } = {},
): Promise<ServiceSpec> {
  const entry = await of
    .store("services")
    .create(scopeIn("default", { dryRun }), service(name, spec), admitAll);
  return (entry.object as unknown as { spec: ServiceSpec }).spec;
}

async function update(name: string, spec: object): Promise<ServiceSpec> {
  const { entry } = await replica
    .store("services")
    .update(scopeIn("default"), name, () => service(name, spec), PUT, admitAll);
  return (entry.object as unknown as { spec: ServiceSpec }).spec;
}

const remove = (name: string) =>
  replica.store("services").delete(scopeIn("default"), name, {}, admitAll);

async function addresses(of = replica): Promise<string[]> {
  const store = of.store("ipaddresses", "networking.k8s.io");
  const { entries } = await store.list(scopeIn(""), {});
  return entries.map(({ key }) => key.name);
}

describe("a service's addresses", () => {
  it("come from the range, are shown as IPAddress objects and go with the service", async () => {
    const { clusterIP = "", clusterIPs, ipFamilies, ipFamilyPolicy } = await create("s");
    expect(clusterIP).toMatch(/^10\.96\.\d+\.\d+$/);
    expect({ clusterIPs, ipFamilies, ipFamilyPolicy }).toEqual({
      clusterIPs: [clusterIP],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    const claim = await replica
      .store("ipaddresses", "networking.k8s.io")
      .get(scopeIn(""), clusterIP);
    expect(claim.object).toMatchObject({
      spec: { parentRef: { resource: "services", namespace: "default", name: "s" } },
      metadata: { labels: { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
    });
    await remove("s");
    expect(await addresses()).toEqual([]);
  });

  it("can be chosen, once", async () => {
    await create("a", { clusterIP: "10.96.0.10" });
    expect(await refusal(create("b", { clusterIP: "10.96.0.10" }))).toEqual({
      code: 422,
      reason: "Invalid",
      message:
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    });
    const outside = await refusal(create("c", { clusterIP: "10.97.0.1" }));
    expect(outside.message).toContain(
      "failed to allocate IP 10.97.0.1: the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16",
    );
  });

  it("are never given to two services by two replicas", async () => {
    await replica.stop();
    const small = { history, serviceClusterIPRange: ["10.0.0.0/28"] };
    const both = [await startReplica(small), await startReplica(small)] as const;
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => create(`s${i}`, {}, { of: i % 2 ? both[0] : both[1] })),
    );
    const given = results.flatMap((one) =>
      one.status === "fulfilled" ? [one.value.clusterIP] : [],
    );
    // A /28 has 14 addresses for Services.
    expect(given.length).toBe(14);
    expect(new Set(given).size).toBe(14);
    const refused = results.find((one) => one.status === "rejected");
    expect(refused?.reason.status).toMatchObject({
      code: 500,
      message: "Internal error occurred: failed to allocate a serviceIP: range is full",
    });
    for (const one of both) await one.stop();
    replica = await startReplica({ history });
  });

  it("are given back when the service is refused after all", async () => {
    const refused = replica
      .store("services")
      .create(scopeIn("default"), service("s", { type: "NodePort" }), {
        ...admitAll,
        validate: () => Promise.reject(new Error("no")),
      });
    await expect(refused).rejects.toThrow("no");
    expect(await addresses()).toEqual([]);
    expect(
      replica.cache.resource({ group: "internal.kubets.io", resource: "nodeports" }).peekAll(),
    ).toSatisfy((all: Iterable<unknown>) => [...all].length === 0);
  });

  it("are not taken in a dry run", async () => {
    const { clusterIP } = await create("s", { type: "NodePort" }, { dryRun: true });
    expect(clusterIP).toMatch(/^10\.96\./);
    expect(await replica.storage.currentRevision()).toBe(0n);
  });

  it("are not given to headless and external services", async () => {
    const headless = await create("h", { clusterIP: "None" });
    expect([headless.clusterIPs, headless.ipFamilies]).toEqual([["None"], ["IPv4"]]);
    const open = await create("o", { clusterIP: "None", selector: undefined });
    expect([open.ipFamilyPolicy, open.ipFamilies]).toEqual(["RequireDualStack", ["IPv4", "IPv6"]]);
    const external = await create("e", { type: "ExternalName", externalName: "example.com" });
    expect([external.clusterIP, external.ipFamilies]).toEqual([undefined, undefined]);
    expect(await addresses()).toEqual([]);
  });

  it("come in both families where the cluster has them", async () => {
    await replica.stop();
    replica = await startReplica({ history, serviceClusterIPRange: ["10.0.0.0/24", "fd00::/112"] });
    const { clusterIPs = [] } = await create("s", { ipFamilyPolicy: "PreferDualStack" });
    expect(clusterIPs[0]).toMatch(/^10\.0\.0\./);
    expect(clusterIPs[1]).toMatch(/^fd00::/);
    const one = await create("t", {});
    expect(one.ipFamilies).toEqual(["IPv4"]);
    const single = await update("s", { ipFamilyPolicy: "SingleStack" });
    expect(single.clusterIPs).toEqual(clusterIPs.slice(0, 1));
    expect((await addresses()).filter((ip) => ip.startsWith("fd00"))).toEqual([]);
  });

  it("refuses what the cluster does not have", async () => {
    const dual = await refusal(create("s", { ipFamilyPolicy: "RequireDualStack" }));
    expect(dual.message).toContain("this cluster is not configured for dual-stack services");
    const v6 = await refusal(create("s", { ipFamilies: ["IPv6"] }));
    expect(v6.message).toContain('spec.ipFamilies[0]: Invalid value: "IPv6": not configured');
  });
});

describe("an update of a service", () => {
  it("keeps what it leaves out", async () => {
    const before = await create("s", { type: "NodePort" });
    const after = await update("s", { type: "NodePort", selector: { app: "y" } });
    expect([after.clusterIP, after.ports?.[0]?.nodePort]).toEqual([
      before.clusterIP,
      before.ports?.[0]?.nodePort,
    ]);
  });

  it("gives back the node port and the address that its type no longer has", async () => {
    await create("s", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
    const plain = await update("s", { type: "ClusterIP" });
    expect(plain.ports?.[0]?.nodePort).toBeUndefined();
    await create("t", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
    const external = await update("s", { type: "ExternalName", externalName: "example.com" });
    expect([external.clusterIP, external.clusterIPs]).toEqual([undefined, undefined]);
    expect((await addresses()).length).toBe(1);
  });
});

describe("node ports", () => {
  it("are taken once, and refused outside the range", async () => {
    await create("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
    const taken = await refusal(
      create("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }),
    );
    expect(taken.message).toBe(
      'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    );
    const outside = await refusal(
      create("c", { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }),
    );
    expect(outside.message).toContain(
      "provided port is not in the valid range. The range of valid ports is 30000-32767",
    );
    // The refused ones gave their addresses back.
    expect((await addresses()).length).toBe(1);
  });

  it("share a number between protocols of one port", async () => {
    const { ports } = await create("dns", {
      type: "NodePort",
      ports: [
        { name: "u", port: 53, protocol: "UDP" },
        { name: "t", port: 53, protocol: "TCP" },
      ],
    });
    expect(ports?.[0]?.nodePort).toBe(ports?.[1]?.nodePort);
  });
});

describe("the repair of claims", () => {
  it("frees what no service holds and claims what one does", async () => {
    const clock = new FakeClock();
    await replica.stop();
    replica = await startReplica({ history, clock });
    const { clusterIP = "" } = await create("s");
    const claims = replica.store("ipaddresses", "networking.k8s.io");
    await claims.delete(scopeIn(""), clusterIP, {}, admitAll);
    const lost = decoded({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name: "10.96.0.77", labels: { "ipaddress.kubernetes.io/ip-family": "IPv4" } },
      spec: { parentRef: { resource: "services", namespace: "default", name: "gone" } },
    });
    await claims.create(scopeIn(""), lost, admitAll);
    const { storage, cache } = replica;
    const repair = createClaimRepair({ storage, cache, clock, logger: silentLogger });
    await repair.start(new AbortController().signal);
    expect(await addresses()).toEqual(["10.96.0.77", clusterIP].sort());
    await clock.advance(4 * 60_000);
    expect(await addresses()).toEqual([clusterIP]);
    await repair.stop();
  });
});
