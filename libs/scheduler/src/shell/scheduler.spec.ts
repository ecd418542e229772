import type { Node, Pod } from "@kubets/api/core/v1";
import type { Event } from "@kubets/api/events/v1";
import { EventRecorder, events, nodes, pods } from "@kubets/client";
import { createMemoryClient, type MemoryClient } from "@kubets/client/testing";
import { FakeClock, Metrics, silentLogger } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scheduler } from "./scheduler.ts";

const node = (name: string, allocatable: Record<string, string> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { allocatable: { cpu: "4", memory: "32Gi", pods: "110", ...allocatable } },
});
const pod = (name: string, requests: Record<string, string> = {}, more: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "default", name },
  spec: {
    schedulerName: "default-scheduler",
    containers: [{ name: "c", image: "nginx", resources: { requests } }],
    ...more,
  },
});

describe("the scheduler", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  let scheduler: Scheduler;
  const running = new AbortController();

  beforeEach(async () => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
    const recorder = new EventRecorder({
      client: model,
      clock,
      logger: silentLogger,
      component: "default-scheduler",
      host: "host",
      api: "events.k8s.io/v1",
      random: () => 0,
    });
    scheduler = new Scheduler({
      client: model,
      clock,
      logger: silentLogger,
      metrics: new Metrics(),
      profiles: [{ schedulerName: "default-scheduler", changes: new Map() }],
      events: () => recorder,
      random: () => 0.5,
    });
    await scheduler.start();
    scheduler.run(running.signal).catch(() => {});
    await settled();
  });
  afterEach(() => scheduler.stop());

  const settled = async () => {
    for (let i = 0; i < 10; i++) await clock.advance(0);
  };
  const nodeOf = (name: string) => model.peek(pods, "default", name)?.spec?.nodeName ?? "";
  const told = (name: string): readonly Event[] =>
    model.peekAll(events).filter((event) => event.regarding?.name === name);

  it("binds a pod and says so with upstream's words", async () => {
    await model.create(nodes, node("node1"));
    await model.create(pods, pod("mypod"));
    await settled();
    expect(nodeOf("mypod")).toBe("node1");
    expect(told("mypod")).toMatchObject([
      {
        type: "Normal",
        reason: "Scheduled",
        action: "Binding",
        note: "Successfully assigned default/mypod to node1",
        reportingController: "default-scheduler",
        reportingInstance: "default-scheduler-host",
      },
    ]);
  });

  it("tells why a pod has no node in event and condition, and schedules it once a node has come", async () => {
    await model.create(nodes, node("node1"));
    await model.create(pods, pod("big", { cpu: "100" }));
    await settled();
    const message =
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, " +
      "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    expect(told("big")).toMatchObject([
      { type: "Warning", reason: "FailedScheduling", action: "Scheduling", note: message },
    ]);
    expect(model.peek(pods, "default", "big")?.status?.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message },
    ]);
    await model.create(nodes, node("node2", { cpu: "128" }));
    await settled();
    expect(nodeOf("big")).toBe("node2");
  });

  it("says that there are no nodes when there are none", async () => {
    await model.create(pods, pod("early"));
    await settled();
    expect(told("early")).toMatchObject([{ note: "no nodes available to schedule pods" }]);
    await model.create(nodes, node("node1"));
    await clock.advance(1_100);
    await settled();
    expect(nodeOf("early")).toBe("node1");
  });

  it("leaves pods of other schedulers alone", async () => {
    await model.create(nodes, node("node1"));
    await model.create(pods, pod("theirs", {}, { schedulerName: "another" }));
    await settled();
    expect(nodeOf("theirs")).toBe("");
  });

  it("stumbles over no list that is null, as required ones without contents are written", async () => {
    const hollow = {
      containers: null,
      initContainers: null,
      tolerations: null,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: null },
        },
      },
    };
    const { containers, initContainers, tolerations } = hollow;
    // What no type allows, and what a server may send.
    const seed = (each: object) => model.seed(pods, each as Pod);
    await model.create(nodes, {
      ...node("node1"),
      spec: { taints: null, podCIDRs: null },
      status: { ...node("node1").status, images: [{ names: null }], conditions: null },
    } as unknown as Node);
    seed(pod("bound", {}, { containers, initContainers, tolerations, nodeName: "node1" }));
    seed(pod("hollow", {}, { containers, initContainers, tolerations, volumes: null }));
    seed(pod("nowhere", {}, hollow));
    await model.create(pods, pod("sound", { cpu: "1" }));
    await settled();
    expect(nodeOf("hollow")).toBe("node1");
    expect(nodeOf("sound")).toBe("node1");
    expect(told("nowhere")).toMatchObject([
      { reason: "FailedScheduling", note: expect.stringContaining("affinity/selector") },
    ]);
  });

  it("goes on with other pods when a plugin throws over one, and tries that one again", async () => {
    await model.create(nodes, node("node1"));
    const constraint = {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchExpressions: [{ key: "app", operator: "Nonsense" }] },
    };
    await model.create(pods, pod("poison", {}, { topologySpreadConstraints: [constraint] }));
    await model.create(pods, pod("sound"));
    await settled();
    expect(nodeOf("sound")).toBe("node1");
    expect(told("poison")).toMatchObject([{ reason: "FailedScheduling" }]);
    expect(model.peek(pods, "default", "poison")?.status?.conditions).toMatchObject([
      { type: "PodScheduled", status: "False", reason: "SchedulerError" },
    ]);
    await clock.advance(5_000);
    await settled();
    expect(told("poison")).toHaveLength(2);
  });

  it("never fills a node beyond what it has, while bindings are under way", async () => {
    await model.create(nodes, node("node1", { cpu: "1" }));
    await model.create(nodes, node("node2", { cpu: "1" }));
    for (let i = 0; i < 6; i++) await model.create(pods, pod(`p${i}`, { cpu: "400m" }));
    await settled();
    const bound = [0, 1, 2, 3, 4, 5].map((i) => nodeOf(`p${i}`)).filter((name) => name !== "");
    expect(bound.toSorted()).toEqual(["node1", "node1", "node2", "node2"]);
  });

  it("tries a pod again after its back-off when its binding failed", async () => {
    await model.create(nodes, node("node1"));
    let refusals = 1;
    model.intercept(({ resource }) => {
      if (resource === "pods/binding" && refusals-- > 0) throw new Error("no answer");
    });
    await model.create(pods, pod("p"));
    await settled();
    expect(nodeOf("p")).toBe("");
    expect(told("p")).toMatchObject([{ reason: "FailedScheduling" }]);
    await clock.advance(1_000);
    await settled();
    expect(nodeOf("p")).toBe("node1");
  });

  it("makes room for a more important pod and gives it the node", async () => {
    await model.create(nodes, node("node1", { cpu: "1" }));
    await model.create(pods, pod("lesser", { cpu: "1" }, { priority: 1 }));
    await settled();
    expect(nodeOf("lesser")).toBe("node1");
    await model.create(pods, pod("greater", { cpu: "1" }, { priority: 10 }));
    await settled();
    const victim = model.peek(pods, "default", "lesser");
    expect(victim?.metadata.deletionTimestamp).toBeDefined();
    expect(victim?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", reason: "PreemptionByScheduler" }),
    );
    expect(model.peek(pods, "default", "greater")?.status?.nominatedNodeName).toBe("node1");
    await model.delete(pods, "default", "lesser", { gracePeriodSeconds: 0 });
    await settled();
    await clock.advance(2_000);
    await settled();
    expect(nodeOf("greater")).toBe("node1");
  });

  it("schedules a pod once its gates are taken away", async () => {
    await model.create(nodes, node("node1"));
    const gated = pod("gated", {}, { schedulingGates: [{ name: "example.com/wait" }] });
    const created = await model.create(pods, gated);
    await settled();
    expect(nodeOf("gated")).toBe("");
    const { schedulingGates: _, ...spec } = created.spec ?? { containers: [] };
    const latest = model.peek(pods, "default", "gated") ?? created;
    await model.update(pods, { ...latest, spec });
    await settled();
    expect(nodeOf("gated")).toBe("node1");
  });
});
