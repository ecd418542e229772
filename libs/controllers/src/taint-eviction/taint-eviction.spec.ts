import type { Pod } from "@kubets/api/core/v1";
import { nodes, pods } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { play, type Scene, type Stage } from "../testing/perturbations.ts";
import { taintEvictionController } from "./controller.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default" },
  spec: {
    nodeName: "n",
    containers: [],
    tolerations: [{ key: "x", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }],
  },
};
const taint =
  (isTainted: boolean) =>
  async ({ client }: Stage) => {
    const current = await client.get(nodes, "", "n");
    // As kubectl writes it: without a time.
    const taints = isTainted ? [{ key: "x", effect: "NoExecute" }] : [];
    await client.update(nodes, { ...current, spec: { ...current.spec, taints } });
  };
const scene = (...steps: Scene["steps"]): Scene => ({
  controllers: [taintEvictionController],
  compared: [pods],
  waitsLong: false,
  steps: [
    async ({ client }) => {
      await client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
      await client.create(pods, pod);
    },
    ...steps,
  ],
});
const later = ({ clock }: Stage) => clock.advance(60_000);

describe("a pod that tolerates a taint for a time", () => {
  it("goes when it is over", async () => {
    const { state, events } = await play(scene(taint(true), later));
    expect(state).toEqual([]);
    expect(events.map(({ message }) => message)).toEqual(["Marking for deletion Pod default/p"]);
  });
  it("stays when the taint went before, and is told so", async () => {
    const { state, events } = await play(scene(taint(true), taint(false), later));
    expect(state).toHaveLength(1);
    expect(events.map(({ message }) => message)).toEqual(["Cancelling deletion of Pod default/p"]);
  });
});
