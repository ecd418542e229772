import type { Endpoints } from "@kubets/api/core/v1";
import type { PriorityLevelConfiguration } from "@kubets/api/flowcontrol/v1";
import { FakeClock, silentLogger } from "@kubets/service";
import { MemoryHistory } from "@kubets/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UpdateOptions } from "../store.ts";
import { systemRandomness } from "../system-randomness.ts";
import {
  admitAll,
  decoded,
  type Replica,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";
import { createApiserverEndpoints } from "./apiserver-endpoints.ts";
import { ensureCluster } from "./ensure-cluster.ts";
import { createEventSweeper } from "./event-sweeper.ts";

const PUT: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };
const RANGE = ["10.96.0.0/16"];

let history: MemoryHistory;
let clock: FakeClock;
let replica: Replica;
beforeEach(async () => {
  history = new MemoryHistory();
  clock = new FakeClock();
  replica = await startReplica({ history, clock });
});
afterEach(() => replica.stop());

const ensure = (of = replica) =>
  ensureCluster({
    registry: of.registry,
    randomness: systemRandomness,
    signal: new AbortController().signal,
    serviceClusterIPRange: RANGE,
  });

describe("a new cluster", () => {
  it("has its namespaces, priority classes, flow control and roles, made once", async () => {
    await ensure();
    const first = await replica.storage.currentRevision();
    const names = async (resource: string, group = "", version = "v1") =>
      (await replica.store(resource, group, version).list(scopeIn(""), {})).entries.map(
        ({ key }) => key.name,
      );
    expect(await names("namespaces")).toEqual([
      "default",
      "kube-node-lease",
      "kube-public",
      "kube-system",
    ]);
    expect(await names("priorityclasses", "scheduling.k8s.io")).toEqual([
      "system-cluster-critical",
      "system-node-critical",
    ]);
    expect((await names("flowschemas", "flowcontrol.apiserver.k8s.io")).length).toBe(13);
    expect(await names("clusterroles", "rbac.authorization.k8s.io")).toContain("cluster-admin");
    await ensure();
    expect(await replica.storage.currentRevision()).toBe(first);
  });

  it("comes up with two apiservers that start at once", async () => {
    const other = await startReplica({ history, clock });
    await Promise.all([ensure(), ensure(other)]);
    const roles = await replica
      .store("clusterroles", "rbac.authorization.k8s.io")
      .list(scopeIn(""), {});
    expect(roles.entries.length).toBeGreaterThan(50);
    await other.stop();
  });

  it("puts mandatory flow control right and leaves the rest as operators made it", async () => {
    await ensure();
    const group = "flowcontrol.apiserver.k8s.io";
    const levels = replica.store("prioritylevelconfigurations", group);
    const shares = async (name: string) => {
      const { object } = await levels.get(scopeIn(""), name);
      return (object as PriorityLevelConfiguration).spec?.limited?.nominalConcurrencyShares;
    };
    for (const name of ["catch-all", "system"]) {
      await levels.update(
        scopeIn(""),
        name,
        (current) => {
          const copy = structuredClone(current) as never as { spec: { limited: object } };
          Object.assign(copy.spec.limited, { nominalConcurrencyShares: 77 });
          return copy as never;
        },
        PUT,
        admitAll,
      );
    }
    await ensure();
    expect([await shares("catch-all"), await shares("system")]).toEqual([5, 77]);
  });
});

describe("the kubernetes service", () => {
  const endpointsOf = (of: Replica, ip: string) =>
    createApiserverEndpoints({
      registry: of.registry,
      storage: of.storage,
      clock,
      logger: silentLogger,
      address: { ip, port: 6443 },
      serviceClusterIPRange: RANGE,
    });

  async function published(): Promise<string[]> {
    const { object } = await replica.store("endpoints").get(scopeIn("default"), "kubernetes");
    const { subsets = [] } = object as Endpoints;
    return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
  }

  it("has the first address and the endpoints of the apiservers that live", async () => {
    const other = await startReplica({ history, clock });
    const first = endpointsOf(replica, "192.0.2.1");
    const second = endpointsOf(other, "192.0.2.2");
    const { signal } = new AbortController();
    await first.start(signal);
    await second.start(signal);
    const { object } = await replica.store("services").get(scopeIn("default"), "kubernetes");
    expect(object).toMatchObject({
      spec: {
        clusterIP: "10.96.0.1",
        ports: [{ name: "https", port: 443, targetPort: 6443, protocol: "TCP" }],
      },
    });
    expect(await published()).toEqual(["192.0.2.1", "192.0.2.2"]);
    const slice = await replica
      .store("endpointslices", "discovery.k8s.io")
      .get(scopeIn("default"), "kubernetes");
    expect(slice.object).toMatchObject({
      metadata: { labels: { "kubernetes.io/service-name": "kubernetes" } },
      endpoints: [{ addresses: ["192.0.2.1"] }, { addresses: ["192.0.2.2"] }],
    });
    await second.stop();
    expect(await published()).toEqual(["192.0.2.1"]);
    await first.stop();
    await other.stop();
  });

  it("loses an apiserver that stopped without a word", async () => {
    const first = endpointsOf(replica, "192.0.2.1");
    await replica.storage.write({
      op: "create",
      key: {
        group: "internal.kubets.io",
        resource: "apiservers",
        namespace: "",
        name: "192.0.2.9-6443",
      },
      requestId: "dead",
      uid: "dead",
      bytes: Buffer.from(
        '{"kind":"Apiserver","apiVersion":"internal.kubets.io/v1","metadata":{"name":"192.0.2.9-6443"},"spec":{"ip":"192.0.2.9","port":6443}}',
      ),
    });
    await first.start(new AbortController().signal);
    expect(await published()).toEqual(["192.0.2.1", "192.0.2.9"]);
    await clock.advance(10_000);
    expect(await published()).toEqual(["192.0.2.1", "192.0.2.9"]);
    await clock.advance(10_000);
    expect(await published()).toEqual(["192.0.2.1"]);
    await first.stop();
  });
});

describe("events", () => {
  it("go an hour after they were last written", async () => {
    const events = replica.store("events");
    for (const name of ["old", "kept"]) {
      const event = decoded({
        apiVersion: "v1",
        kind: "Event",
        metadata: { name, namespace: "default" },
        involvedObject: { kind: "Pod", name: "p", namespace: "default" },
        lastTimestamp: name === "old" ? "2026-01-01T00:00:00Z" : "2026-01-01T00:30:00Z",
      });
      await events.create(scopeIn("default"), event, admitAll);
    }
    const { storage, cache } = replica;
    const sweeper = createEventSweeper({ storage, cache, clock, logger: silentLogger });
    await sweeper.start(new AbortController().signal);
    await clock.advance(61 * 60_000);
    const left = await events.list(scopeIn("default"), {});
    expect(left.entries.map(({ key }) => key.name)).toEqual(["kept"]);
    await sweeper.stop();
  });
});
