/** The whole proxy over the model of an API server, against the real kernel with real traffic. */
import { execFileSync } from "node:child_process";
import type { ServiceSpec } from "@kubets/api/core/v1";
import { endpointSlices, nodes, services } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { Metrics, silentLogger, systemClock } from "@kubets/service";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { linuxKernel } from "./kernel.ts";
import { ServiceProxy } from "./service-proxy.ts";
import {
  AGENT_PORT,
  NODE_ADDRESS,
  type NodeScene,
  openNodeScene,
  sceneObstacle,
} from "./testing/node-scene.ts";
import { service, slice } from "./testing/objects.ts";

const obstacle = sceneObstacle();
if (obstacle !== undefined) process.stdout.write(`the proxy in the kernel: skipped, ${obstacle}\n`);

const SERVICE = "10.96.0.20";

describe.skipIf(obstacle !== undefined)("the proxy in the kernel", () => {
  const client = createMemoryClient({ clock: systemClock });
  const metrics = new Metrics();
  let scene: NodeScene;
  let proxy: ServiceProxy;
  const port = (more: object = {}) => ({ port: 80, protocol: "TCP", ...more });

  /** Resolves when everything that was seeded until now is in the rules. */
  async function settled(): Promise<void> {
    const before = proxy.progress.lastSyncMs;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const { lastSyncMs, waitingSinceMs } = proxy.progress;
      if (lastSyncMs > before && waitingSinceMs === undefined) return;
    }
  }
  async function seed(
    spec: Partial<ServiceSpec>,
    pods: readonly number[],
    protocol = "TCP",
    conditions = {},
  ): Promise<void> {
    const done = settled();
    client.seed(services, service("web", { ports: [port({ protocol })], ...spec }));
    client.seed(
      endpointSlices,
      slice(
        "web",
        pods.map((index) => ({ addresses: [`10.244.0.${index + 2}`], conditions })),
        { protocol, port: AGENT_PORT },
      ),
    );
    await done;
  }
  const many = async (agent: NodeScene["node"], question: string, times = 24) => {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await agent.ask(question));
    return answers;
  };
  const names = (answers: readonly string[]) =>
    [...new Set(answers.map((answer) => answer.split(" ")[0]))].sort();
  const pod = (index: number) => {
    const found = scene.pods[index];
    if (found === undefined) throw new Error(`no pod ${index}`);
    return found;
  };

  const newProxy = () =>
    new ServiceProxy({
      client,
      nodeName: "node-1",
      families: ["ip", "ip6"],
      localMode: { mode: "ClusterCIDR", cidrs: ["10.244.0.0/16"] },
      nodePortAddresses: { kind: "primary" },
      masqueradeAll: false,
      masqueradeBit: 14,
      serviceCidrs: ["10.96.0.0/16"],
      minSyncPeriodMs: 0,
      syncPeriodMs: 500,
      kernel: linuxKernel(scene.enter),
      clock: systemClock,
      logger: silentLogger,
      metrics,
    });

  beforeAll(async () => {
    scene = await openNodeScene(3);
    client.seed(nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "node-1" },
      status: { addresses: [{ type: "InternalIP", address: NODE_ADDRESS }] },
    });
    proxy = newProxy();
    await proxy.start(new AbortController().signal);
  }, 30_000);
  afterAll(async () => {
    await proxy?.stop();
    scene?.close();
  });
  beforeEach(() => seed({}, [0, 1, 2]));

  it("reaches every endpoint from a pod, from the pods themselves and from the node", async () => {
    const all = ["pod1", "pod2", "pod3"];
    expect(names(await many(pod(0), `tcp ${SERVICE} 80`))).toEqual(all);
    expect(names(await many(pod(1), `tcp ${SERVICE} 80`))).toEqual(all);
    expect(names(await many(scene.node, `tcp ${SERVICE} 80`))).toEqual(all);
  });
  it("keeps a pod's address on the way to another pod, and hides it on the way to itself", async () => {
    await seed({}, [1]);
    expect(await pod(0).ask(`tcp ${SERVICE} 80`)).toBe("pod2 10.244.0.2");
    expect(await pod(1).ask(`tcp ${SERVICE} 80`)).toBe("pod2 10.244.0.1");
  });
  it("answers on node ports, to others and to itself", async () => {
    await seed({ type: "NodePort", ports: [port({ nodePort: 30080 })] }, [0, 1]);
    for (const agent of [scene.outside, scene.node, pod(2)]) {
      expect(names(await many(agent, `tcp ${NODE_ADDRESS} 30080`))).toEqual(["pod1", "pod2"]);
    }
  });
  it("answers on external addresses", async () => {
    await seed({ externalIPs: ["203.0.113.9"] }, [0]);
    expect(await scene.outside.ask("tcp 203.0.113.9 80")).toBe("pod1 10.244.0.1");
  });
  it("shows the client's address when external traffic stays on the node", async () => {
    const local = { type: "NodePort", externalTrafficPolicy: "Local" };
    client.seed(
      endpointSlices,
      slice("web", [{ addresses: ["10.244.0.2"], nodeName: "node-1" }], { port: AGENT_PORT }),
    );
    const done = settled();
    client.seed(services, service("web", { ...local, ports: [port({ nodePort: 30080 })] }));
    await done;
    expect(await scene.outside.ask(`tcp ${NODE_ADDRESS} 30080`)).toBe("pod1 192.168.77.2");
  });
  it("refuses at once where nobody answers", async () => {
    await seed({ type: "NodePort", ports: [port({ nodePort: 30080 })] }, []);
    for (const agent of [pod(0), scene.node, scene.outside]) {
      expect(`${agent.name} ${await agent.ask(`tcp ${SERVICE} 80`)}`).toBe(
        `${agent.name} ECONNREFUSED`,
      );
      expect(await agent.ask(`tcp ${NODE_ADDRESS} 30080`)).toBe("ECONNREFUSED");
    }
  });
  it("refuses ports that the Service does not have", async () => {
    expect(await pod(0).ask(`tcp ${SERVICE} 81`)).toBe("ECONNREFUSED");
  });
  it("sends a client to the same endpoint for as long as it comes back", async () => {
    await seed({ sessionAffinity: "ClientIP" }, [0, 1, 2]);
    expect(names(await many(pod(0), `tcp ${SERVICE} 80`))).toHaveLength(1);
    expect(names(await many(scene.outside, `tcp ${SERVICE} 80`))).toHaveLength(1);
    await seed({}, [0, 1, 2]);
    expect(names(await many(pod(0), `tcp ${SERVICE} 80`))).toHaveLength(3);
  });
  it("uses endpoints that end while no other is there", async () => {
    await seed({}, [0], "TCP", { ready: false, serving: true, terminating: true });
    expect(await pod(1).ask(`tcp ${SERVICE} 80`)).toBe("pod1 10.244.0.3");
  });
  it("moves UDP flows that never pause", async () => {
    await seed({}, [0], "UDP");
    expect(await pod(2).ask(`udp ${SERVICE} 80 5000`)).toBe("pod1 10.244.0.4");
    await seed({}, [1], "UDP");
    expect(await pod(2).ask(`udp ${SERVICE} 80 5000`)).toBe("pod2 10.244.0.4");
  });
  it("goes on while no proxy runs, and a new one changes nothing for flows and connections under way", async () => {
    await seed({}, [0, 1, 2], "UDP");
    const ports = [5001, 5002, 5003, 5004];
    const answers = () => Promise.all(ports.map((from) => pod(2).ask(`udp ${SERVICE} 80 ${from}`)));
    const before = await answers();
    expect(before.every((answer) => answer.startsWith("pod"))).toBe(true);
    await proxy.stop();
    expect(await answers()).toEqual(before);
    proxy = newProxy();
    await proxy.start(new AbortController().signal);
    await settled();
    expect(await answers()).toEqual(before);
    await seed({}, [0], "UDP");
    expect(names(await answers())).toEqual(["pod1"]);
  });
  it("fails no request while endpoints come and go", async () => {
    const rounds = [[0], [0, 1], [1, 2], [2], [0, 2]];
    const failed: string[] = [];
    for (const pods of rounds) {
      const change = seed({}, pods);
      const answers = await many(pod(0), `tcp ${SERVICE} 80`, 10);
      failed.push(...answers.filter((answer) => !answer.startsWith("pod")));
      await change;
      expect(names(await many(pod(1), `tcp ${SERVICE} 80`))).toEqual(
        pods.map((index) => `pod${index + 1}`),
      );
    }
    expect(failed).toEqual([]);
  });
  it("writes rules that the kernel takes, for every family, protocol and policy", async () => {
    const done = settled();
    const protocols = ["TCP", "UDP", "SCTP"];
    client.seed(endpointSlices, {
      ...slice("all", []),
      metadata: {
        namespace: "default",
        name: "all-6",
        labels: { "kubernetes.io/service-name": "all" },
      },
      addressType: "IPv6",
      endpoints: [{ addresses: ["fd00:10:244::2"], nodeName: "node-1" }],
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 80 })),
    });
    client.seed(services, {
      ...service("all", {
        type: "LoadBalancer",
        clusterIP: "fd00:10:96::5",
        clusterIPs: ["fd00:10:96::5", "10.96.0.55"],
        sessionAffinity: "ClientIP",
        internalTrafficPolicy: "Local",
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: ["198.51.100.0/24", "2001:db8::/32"],
        ports: protocols.map((protocol, index) => ({
          name: protocol.toLowerCase(),
          port: 80,
          protocol,
          nodePort: 30_100 + index,
        })),
      }),
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.3" }, { ip: "2001:db8::7" }] } },
    });
    await done;
    const [program = "", ...args] = scene.enter;
    const table = execFileSync(program, [...args, "nft", "list", "table", "ip6", "kube-proxy"], {
      encoding: "utf8",
    });
    for (const protocol of protocols) {
      const name = protocol.toLowerCase();
      expect(table).toContain(`meta l4proto ${name} dnat to [fd00:10:244::2]:80`);
      expect(table).toContain(`fd00:10:96::5 . ${name} . 80 : goto local-`);
    }
    expect(table).toContain("2001:db8::7 . tcp . 80 : goto firewall-");
  });
  it.each([
    "delete table ip kube-proxy",
    "flush table ip kube-proxy",
    "flush map ip kube-proxy service-ips",
    "flush chain ip kube-proxy nat-prerouting",
    "flush ruleset",
  ])("repairs what somebody broke with: %s", async (command) => {
    const [program = "", ...args] = scene.enter;
    execFileSync(program, [...args, "nft", ...command.split(" ")]);
    await settled();
    await settled();
    expect(names(await many(pod(0), `tcp ${SERVICE} 80`))).toHaveLength(3);
  });
  it("leaves rules alone that nobody touched, also those for every kind of Service", async () => {
    const [program = "", ...args] = scene.enter;
    const handles = () =>
      execFileSync(program, [...args, "nft", "-a", "list", "table", "ip", "kube-proxy"], {
        encoding: "utf8",
      });
    await seed(
      { sessionAffinity: "ClientIP", type: "NodePort", externalIPs: ["203.0.113.9"] },
      [0, 1, 2],
    );
    for (let round = 0; round < 6; round++) await settled();
    const before = handles();
    for (let round = 0; round < 4; round++) await settled();
    expect(handles()).toBe(before);
  });
  it("leaves nothing of a Service that is gone", async () => {
    const done = settled();
    await client.delete(services, "default", "web");
    await client.delete(endpointSlices, "default", "web");
    await done;
    for (let round = 0; round < 4; round++) await settled();
    const [program = "", ...args] = scene.enter;
    const table = execFileSync(program, [...args, "nft", "list", "table", "ip", "kube-proxy"], {
      encoding: "utf8",
    });
    expect(table).not.toContain("default/web");
    expect(table).not.toContain(SERVICE);
    const text = await metrics.text();
    expect(text).toContain('kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}');
    expect(text).not.toMatch(/sync_failures_total\{.*\} [1-9]/);
  });
});
