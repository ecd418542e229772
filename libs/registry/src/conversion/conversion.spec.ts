import type { KubeObject } from "@kubets/api";
import type { WatchEvent } from "@kubets/watch-cache";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  admitAll,
  decoded,
  type Replica,
  scopeIn,
  startReplica,
} from "../testing/registry-harness.ts";
import { horizontalPodAutoscalerConversion } from "./horizontal-pod-autoscalers.ts";

let replica: Replica;
beforeEach(async () => {
  replica = await startReplica();
});
afterEach(() => replica.stop());

const autoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "h" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    minReplicas: 2,
    maxReplicas: 9,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
      },
      {
        type: "Pods",
        pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "100" } },
      },
      {
        type: "External",
        external: { metric: { name: "queue" }, target: { type: "Value", value: "30" } },
      },
    ],
  },
};

describe("horizontal pod autoscalers", () => {
  const v2 = () => replica.store("horizontalpodautoscalers", "autoscaling", "v2");
  const v1 = () => replica.store("horizontalpodautoscalers", "autoscaling", "v1");

  it("written in v2 are read in v1 with the rest in annotations", async () => {
    await v2().create(scopeIn("default"), decoded(autoscaler), admitAll);
    const entry = await v1().get(scopeIn("default"), "h");
    expect(JSON.parse(entry.json.toString())).toEqual(entry.object);
    expect(entry.object).toMatchObject({
      apiVersion: "autoscaling/v1",
      spec: { minReplicas: 2, maxReplicas: 9, targetCPUUtilizationPercentage: 70 },
      status: { currentReplicas: 0, desiredReplicas: 0 },
    });
    const metrics = entry.object.metadata.annotations?.["autoscaling.alpha.kubernetes.io/metrics"];
    expect(JSON.parse(metrics ?? "")).toEqual([
      { type: "Pods", pods: { metricName: "rps", targetAverageValue: "100" } },
      { type: "External", external: { metricName: "queue", targetValue: "30" } },
    ]);
  });

  it("come back from v1 as they were", async () => {
    await v2().create(scopeIn("default"), decoded(autoscaler), admitAll);
    const old = (await v1().get(scopeIn("default"), "h")).object;
    const back = horizontalPodAutoscalerConversion.toStored(old) as unknown as typeof autoscaler;
    const byType = (a: { type: string }, b: { type: string }) => (a.type < b.type ? -1 : 1);
    expect(back.spec.metrics.toSorted(byType)).toEqual(autoscaler.spec.metrics.toSorted(byType));
    expect(back.metadata).not.toHaveProperty("annotations.autoscaling");
  });

  it("written in v1 are stored and watched in v2", async () => {
    const events: WatchEvent[] = [];
    const handle = await v1().watch(
      scopeIn("default"),
      {},
      {
        deliver: (batch) => events.push(...batch) > 0,
        end() {},
      },
    );
    const object = decoded({
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h" },
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 50,
      },
    });
    const made = await v1().create(scopeIn("default"), object, admitAll);
    expect(made.object.apiVersion).toBe("autoscaling/v1");
    const stored = await v2().get(scopeIn("default"), "h");
    expect(stored.object).toMatchObject({
      apiVersion: "autoscaling/v2",
      spec: {
        maxReplicas: 3,
        metrics: [
          {
            type: "Resource",
            resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
          },
        ],
      },
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(events.map(({ entry }) => entry?.object.apiVersion)).toEqual(["autoscaling/v1"]);
    handle.close();
  });

  it("written in v1 are checked as what is stored, annotations included", async () => {
    const annotations = {
      "autoscaling.alpha.kubernetes.io/metrics": JSON.stringify([
        { type: "Resource", resource: { name: "memory", targetAverageUtilization: 0 } },
      ]),
    };
    const object = decoded({
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h", annotations },
      spec: { scaleTargetRef: autoscaler.spec.scaleTargetRef, maxReplicas: 3 },
    });
    await expect(v1().create(scopeIn("default"), object, admitAll)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(
        "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
      ),
    });
  });

  it.each([
    "[1]",
    "[null]",
    '[{"type":"Resource","resource":{"name":5}}]',
    '[{"type":"Resource","resource":[]}]',
    '{"type":"Pods"}',
    "no json",
  ])("written in v1 keep nothing of metrics of another form: %s", async (text) => {
    const prefix = "autoscaling.alpha.kubernetes.io";
    const keys = ["metrics", "current-metrics", "conditions", "behavior"];
    const annotations = Object.fromEntries(keys.map((key) => [`${prefix}/${key}`, text]));
    const { scaleTargetRef } = autoscaler.spec;
    const spec = { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 };
    const object = decoded({
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h", annotations },
      spec,
    });
    await v1().create(scopeIn("default"), object, admitAll);
    const stored = (await v2().get(scopeIn("default"), "h")).object;
    expect(stored).toMatchObject({ spec: { metrics: [{ resource: { name: "cpu" } }] } });
    expect(stored).not.toHaveProperty("spec.behavior");
    expect(stored.metadata.annotations).toBeUndefined();
  });

  it("answer a write in v1 with what a read gives", async () => {
    const { scaleTargetRef } = autoscaler.spec;
    const object = decoded({
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "h" },
      spec: { scaleTargetRef, maxReplicas: 3 },
    });
    const made = await v1().create(scopeIn("default"), object, admitAll);
    const read = await v1().get(scopeIn("default"), "h");
    expect(JSON.parse(made.json.toString())).toEqual(JSON.parse(read.json.toString()));
    expect(made.object).toMatchObject({ status: { currentReplicas: 0, desiredReplicas: 0 } });
  });

  it("show the same row in both versions", async () => {
    await v2().create(scopeIn("default"), decoded(autoscaler), admitAll);
    const nowMs = Date.UTC(2026, 0, 1, 0, 1);
    const row = v2().table.cells((await v2().get(scopeIn("default"), "h")).object, nowMs);
    expect(row).toEqual([
      "h",
      "Deployment/web",
      "cpu: <unknown>/70%, <unknown>/100 + 1 more...",
      "2",
      9,
      0,
      "60s",
    ]);
    // v1 keeps the processor's share last.
    const old = v1().table.cells((await v1().get(scopeIn("default"), "h")).object, nowMs);
    expect(old[2]).toBe("<unknown>/100, <unknown>/30 + 1 more...");
  });
});

describe("events", () => {
  it("are one resource in both groups", async () => {
    const event: KubeObject = decoded({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e", namespace: "default" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "example.com/controller",
      reportingInstance: "one",
      action: "Binding",
      reason: "Scheduled",
      regarding: { kind: "Pod", name: "p", namespace: "default", apiVersion: "v1" },
      note: "it went well",
      type: "Normal",
    });
    const modern = replica.store("events", "events.k8s.io");
    await modern.create(scopeIn("default"), event, admitAll);
    const core = replica.store("events");
    const { object } = await core.get(scopeIn("default"), "e");
    expect(object).toMatchObject({
      apiVersion: "v1",
      message: "it went well",
      involvedObject: { kind: "Pod", name: "p" },
      reportingComponent: "example.com/controller",
    });
    expect(object).not.toHaveProperty("note");
    const select = async (store: typeof core, fieldSelector: string) =>
      (await store.list(scopeIn("default"), { fieldSelector })).entries.length;
    expect(await select(core, "involvedObject.name=p,reason=Scheduled")).toBe(1);
    expect(await select(modern, "regarding.name=p,reason=Scheduled")).toBe(1);
    expect(await select(modern, "regarding.name=q")).toBe(0);
    const cells = core.table.cells(object, Date.UTC(2026, 0, 1, 0, 0, 30));
    expect(cells).toEqual([
      "30s",
      "Normal",
      "Scheduled",
      "pod/p",
      "",
      "example.com/controller, one",
      "it went well",
      "30s",
      1,
      "e",
    ]);
  });
});
