import { endpointSlices } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import { ReplicaEndpoints } from "./replica-endpoints.ts";

describe("where the replicas of the DNS are", () => {
  const clock = new FakeClock();
  let client: ReturnType<typeof createMemoryClient>;
  let known: readonly string[] | undefined;
  let replica: ReplicaEndpoints;
  beforeEach(() => {
    client = createMemoryClient({ clock });
    known = ["10.81.0.7"];
    replica = make();
  });
  const make = () =>
    new ReplicaEndpoints({
      client,
      hostName: "dns",
      resolve: async (name) => {
        if (known === undefined || name !== "dns") throw new Error(`${name} is not known`);
        return known;
      },
      port: 10_053,
      metricsPort: 9153,
      clock,
      logger: silentLogger,
    });
  const stored = () => client.peek(endpointSlices, "kube-system", "kube-dns");
  const addresses = () => stored()?.endpoints?.flatMap((endpoint) => endpoint.addresses);

  it("is an EndpointSlice of the Service kube-dns", async () => {
    await replica.start();
    await clock.advance(0);
    expect(stored()).toMatchObject({
      metadata: { labels: { "kubernetes.io/service-name": "kube-dns" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.81.0.7"], conditions: { ready: true } }],
      ports: [
        { name: "dns", protocol: "UDP", port: 10_053 },
        { name: "dns-tcp", protocol: "TCP", port: 10_053 },
        { name: "metrics", protocol: "TCP", port: 9153 },
      ],
    });
    await replica.stop();
    expect(clock.pending).toBe(0);
  });

  it("follows replicas that come and go, and is written only then", async () => {
    await replica.start();
    await clock.advance(0);
    known = ["10.81.0.9", "10.81.0.7"];
    await clock.advance(2_000);
    expect(addresses()).toEqual(["10.81.0.7", "10.81.0.9"]);
    const version = stored()?.metadata.resourceVersion;
    known = ["10.81.0.7", "10.81.0.9"];
    await clock.advance(20_000);
    expect(stored()?.metadata.resourceVersion).toBe(version);
    known = ["10.81.0.9"];
    await clock.advance(2_000);
    expect(addresses()).toEqual(["10.81.0.9"]);
    await replica.stop();
  });

  it("stays as it is while the name cannot be asked for", async () => {
    await replica.start();
    await clock.advance(0);
    known = undefined;
    await clock.advance(10_000);
    expect(addresses()).toEqual(["10.81.0.7"]);
    known = ["10.81.0.8"];
    await clock.advance(2_000);
    expect(addresses()).toEqual(["10.81.0.8"]);
    await replica.stop();
  });

  it("is the same whichever replica writes it", async () => {
    const other = make();
    await Promise.all([replica.start(), other.start()]);
    await clock.advance(4_000);
    expect(addresses()).toEqual(["10.81.0.7"]);
    await Promise.all([replica.stop(), other.stop()]);
  });
});
