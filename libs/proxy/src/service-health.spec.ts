import { silentLogger } from "@kubets/service";
import { afterEach, describe, expect, it } from "vitest";
import { checkedService, ServiceHealth } from "./service-health.ts";
import { emptySlice, service, slice } from "./testing/objects.ts";

const PORT = 31_977;
const checked = (nodes: readonly string[]) =>
  checkedService(
    service("web", { healthCheckNodePort: PORT }),
    [
      slice(
        "web",
        nodes.map((nodeName, index) => ({ nodeName, addresses: [`10.244.0.${index}`] })),
      ),
    ],
    "node-1",
  );

describe("a health check port", () => {
  const health = new ServiceHealth({ isHealthy: () => true, logger: silentLogger });
  afterEach(() => health.stop());
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${PORT}/`, { headers: { connection: "close" } });
    return { code: response.status, body: await response.json() };
  };
  const open = (nodes: readonly string[]) => {
    const value = checked(nodes);
    health.sync(value === undefined ? [] : [value], ["127.0.0.1"]);
  };

  it("says how many endpoints of the Service are on this node, as they come and go", async () => {
    open(["node-1", "node-2", "node-1"]);
    await expect
      .poll(() => ask().catch(() => undefined))
      .toEqual({
        code: 200,
        body: {
          service: { namespace: "default", name: "web" },
          localEndpoints: 2,
          serviceProxyHealthy: true,
        },
      });
    open(["node-2"]);
    expect(await ask()).toMatchObject({ code: 503, body: { localEndpoints: 0 } });
  });
  it("closes with its Service", async () => {
    open(["node-1"]);
    await expect.poll(() => ask().catch(() => undefined)).toMatchObject({ code: 200 });
    health.sync([], ["127.0.0.1"]);
    await expect(ask()).rejects.toThrow();
  });
  it("counts nothing in a slice without endpoints, whose list is null", () => {
    const balanced = service("web", { healthCheckNodePort: PORT });
    const local = slice("web", [{ nodeName: "node-1", addresses: ["10.244.0.1"] }]);
    expect(checkedService(balanced, [emptySlice("web")], "node-1")?.localEndpoints).toBe(0);
    expect(checkedService(balanced, [emptySlice("web"), local], "node-1")?.localEndpoints).toBe(1);
  });
  it("is there only where the Service has one", () => {
    expect(checkedService(service("web"), [], "node-1")).toBeUndefined();
  });
});
