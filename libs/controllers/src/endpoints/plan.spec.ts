import type { Pod, Service } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { planEndpoints } from "./plan.ts";

const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default" },
  spec: {
    clusterIP: "10.96.0.1",
    selector: { app: "web" },
    ports: [
      { name: "http", port: 80, targetPort: "web", protocol: "TCP" },
      { name: "metrics", port: 81, targetPort: 9090, protocol: "TCP" },
    ],
  },
};
const pod = (index: number, containerPort: number, isReady = true): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `p${index}`, namespace: "default", uid: `u${index}` },
  spec: {
    containers: [{ name: "c", ports: [{ name: "web", containerPort, protocol: "TCP" }] }],
    nodeName: "n",
  },
  status: {
    phase: "Running",
    podIP: `10.0.${index >> 8}.${index & 255}`,
    conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
  },
});

describe("the Endpoints of a Service", () => {
  it("group addresses with the same ports, in order", () => {
    const planned = planEndpoints(
      service,
      [pod(3, 80), pod(1, 80), pod(2, 81), pod(4, 80, false)],
      undefined,
    );
    expect(planned?.subsets).toMatchObject([
      {
        addresses: [{ ip: "10.0.0.1" }, { ip: "10.0.0.3" }],
        notReadyAddresses: [{ ip: "10.0.0.4" }],
        ports: [
          { name: "http", port: 80 },
          { name: "metrics", port: 9090 },
        ],
      },
      { addresses: [{ ip: "10.0.0.2", nodeName: "n", targetRef: { name: "p2" } }] },
    ]);
  });
  it("need no write when nothing changed", () => {
    const planned = planEndpoints(service, [pod(1, 80)], undefined);
    expect(planEndpoints(service, [pod(1, 80)], planned)).toBeUndefined();
  });
  it("are cut at a thousand addresses and say so; ready ones stay", () => {
    const many = Array.from({ length: 1001 }, (_, index) => pod(index, 80, index > 0));
    const planned = planEndpoints(service, many, undefined);
    expect(planned?.subsets?.[0]?.addresses).toHaveLength(1000);
    expect(planned?.metadata.annotations).toEqual({
      "endpoints.kubernetes.io/over-capacity": "truncated",
    });
  });
});
