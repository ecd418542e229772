import { forbidden } from "@kubets/api";
import type { Node, Pod } from "@kubets/api/core/v1";
import { nodes, pods } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { disturbedReader } from "../testing/disturbed-reader.ts";
import { Incarnation } from "../testing/incarnation.ts";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { podGarbageCollector } from "./controller.ts";
import { planCollection } from "./plan.ts";

const pod = (
  name: string,
  more: { nodeName?: string; phase?: string; isEnding?: boolean; created?: string } = {},
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "default",
    creationTimestamp: more.created ?? "2026-01-01T00:00:00Z",
    ...(more.isEnding === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
  spec: { containers: [], ...(more.nodeName === undefined ? {} : { nodeName: more.nodeName }) },
  status: { phase: more.phase ?? "Running" },
});
const outOfService: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "down" },
  spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] },
};
const known = new Map<string, Node>([
  ["up", { apiVersion: "v1", kind: "Node", metadata: { name: "up" } }],
  ["down", outOfService],
]);

describe("what is collected", () => {
  it.each<[string, Pod, string | undefined]>([
    ["a pod of a node that is gone", pod("p", { nodeName: "gone" }), "orphaned"],
    ["not one of a node that is there", pod("p", { nodeName: "up" }), undefined],
    ["one that ends without a node", pod("p", { isEnding: true }), "unscheduled"],
    ["not one that waits for a node", pod("p"), undefined],
    [
      "one that ends on a node out of service",
      pod("p", { nodeName: "down", isEnding: true }),
      "outOfService",
    ],
    ["not one that ends on a good node", pod("p", { nodeName: "up", isEnding: true }), undefined],
  ])("%s", (_, input, why) => {
    const plan = planCollection({
      pods: [input],
      nodeOf: (name) => known.get(name),
      terminatedMax: 0,
    });
    expect(plan[0]?.why).toBe(why);
  });
  it("the oldest of those that have ended, beyond the limit", () => {
    const ended = ["03", "01", "02"].map((day) =>
      pod(day, { nodeName: "up", phase: "Failed", created: `2026-01-${day}T00:00:00Z` }),
    );
    const plan = planCollection({
      pods: ended,
      nodeOf: (name) => known.get(name),
      terminatedMax: 1,
    });
    expect(plan.map((each) => each.pod.metadata.name)).toEqual(["01", "02"]);
    const evicted = ended.map((each) =>
      each.metadata.name === "03"
        ? { ...each, status: { ...each.status, reason: "Evicted" } }
        : each,
    );
    const [first] = planCollection({
      pods: evicted,
      nodeOf: (name) => known.get(name),
      terminatedMax: 2,
    });
    expect(first?.pod.metadata.name).toBe("03");
  });
});

describe("the pod garbage collector", () => {
  const settle = async ({ clock }: Stage) => {
    for (let round = 0; round < 8; round++) await clock.advance(20_000);
  };
  const scene: Scene = {
    controllers: [podGarbageCollector({})],
    compared: [pods],
    behaviour: () => "wait",
    steps: [
      async ({ client }) => {
        for (const node of known.values()) await client.create(nodes, node);
        client.seed(pods, pod("a", { nodeName: "gone" }));
        client.seed(pods, pod("b", { nodeName: "up" }));
      },
      settle,
    ],
  };
  it("comes to the same end whatever happens to it", async () => {
    const { stage } = await expectSameEnd(scene);
    expect(stage.client.peekAll(pods).map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });
  it("goes on with the others when one cannot be collected", async () => {
    const clock = new FakeClock();
    const client = createMemoryClient({ clock });
    for (const name of ["a", "b"]) client.seed(pods, pod(name, { isEnding: true }));
    client.intercept(({ verb, resource, name }) => {
      if (`${verb} ${resource} ${name}` === "patch pods/status a") {
        throw forbidden({ group: "", resource }, name, "no");
      }
    });
    const incarnation = new Incarnation({
      client,
      reader: disturbedReader(client, clock, {}, () => 0),
      clock,
      controllers: [podGarbageCollector({})],
    });
    await incarnation.start();
    await clock.advance(1_000);
    expect(client.peekAll(pods).map(({ metadata }) => metadata.name)).toEqual(["a"]);
    client.intercept(undefined);
    await clock.advance(20_000);
    expect(client.peekAll(pods)).toEqual([]);
    await incarnation.stop();
  });
});
