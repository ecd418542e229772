import { forbidden } from "@kubets/api";
import type { Node, Pod } from "@kubets/api/core/v1";
import { nodes, pods } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { disturbedReader } from "../testing/disturbed-reader.ts";
import { Incarnation } from "../testing/incarnation.ts";
import { nodeLifecycleController } from "./controller.ts";

const node = (name: string, ready: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const pod = (name: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { nodeName: "silent", containers: [{ name: "c", image: "i" }] },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
});

describe("the node lifecycle controller", () => {
  it("taints a silent node and marks its other pods though one of them cannot be marked", async () => {
    const clock = new FakeClock();
    const client = createMemoryClient({ clock });
    client.seed(nodes, node("silent", "Unknown"));
    for (const name of ["1", "2", "3"]) client.seed(nodes, node(name, "True"));
    for (const name of ["a", "b"]) client.seed(pods, pod(name));
    client.intercept(({ verb, resource, name }) => {
      if (`${verb} ${resource} ${name}` === "patch pods/status a") {
        throw forbidden({ group: "", resource }, name, "no");
      }
    });
    const incarnation = new Incarnation({
      client,
      reader: disturbedReader(client, clock, {}, () => 0),
      clock,
      controllers: [nodeLifecycleController({ graceMs: 500_000, startupGraceMs: 500_000 })],
    });
    await incarnation.start();
    await clock.advance(30_000);
    const readyOf = (name: string) => client.peek(pods, "default", name)?.status?.conditions;
    expect(readyOf("a")).toMatchObject([{ type: "Ready", status: "True" }]);
    expect(readyOf("b")).toMatchObject([{ type: "Ready", status: "False" }]);
    expect(client.peek(nodes, "", "silent")?.spec?.taints).toContainEqual(
      expect.objectContaining({ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }),
    );
    client.intercept(undefined);
    await clock.advance(60_000);
    expect(readyOf("a")).toMatchObject([{ type: "Ready", status: "False" }]);
    await incarnation.stop();
  });
});
