import type { Endpoints, Service } from "@kubets/api/core/v1";
import { endpointSlices, endpoints, services } from "@kubets/client";
import { describe, expect, it } from "vitest";
import { expectSameEnd, type Scene, type Stage } from "../testing/perturbations.ts";
import { endpointSliceMirroringController } from "./controller.ts";

const service = (selector?: Record<string, string>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db", namespace: "default" },
  spec: { clusterIP: "10.96.0.7", ports: [{ port: 80 }], ...(selector && { selector }) },
});
const written = (...ips: readonly string[]): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "db", namespace: "default" },
  subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 80, protocol: "TCP" }] }],
});
const change =
  (...ips: readonly string[]) =>
  async ({ client }: Stage) => {
    const current = await client.get(endpoints, "default", "db");
    await client.update(endpoints, { ...current, ...written(...ips), metadata: current.metadata });
  };
const scene: Scene = {
  controllers: [endpointSliceMirroringController()],
  compared: [endpointSlices],
  steps: [
    async ({ client }) => void (await client.create(services, service())),
    async ({ client }) => void (await client.create(endpoints, written("10.0.0.1"))),
    change("10.0.0.1", "10.0.0.2", "fd00::1"),
    change("10.0.0.2"),
  ],
};
const addresses = ({ client }: Stage) =>
  client
    .peekAll(endpointSlices)
    .flatMap((slice) => (slice.endpoints ?? []).flatMap((each) => each.addresses));

describe("the mirroring of Endpoints", () => {
  it("comes to the same end whatever happens to it", async () => {
    const { stage } = await expectSameEnd(scene);
    expect(addresses(stage)).toEqual(["10.0.0.2"]);
  });
  it("ends when the Service gets a selector", async () => {
    const { stage } = await expectSameEnd({
      ...scene,
      steps: [
        ...scene.steps,
        async ({ client }) => {
          const current = await client.get(services, "default", "db");
          await client.update(services, {
            ...current,
            ...service({ app: "db" }),
            metadata: current.metadata,
          });
        },
      ],
    });
    expect(addresses(stage)).toEqual([]);
  });
});
