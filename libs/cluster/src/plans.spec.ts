import { describe, expect, it } from "vitest";
import { type ClusterSpec, extraHostAddresses, networkAt, withMoreNodes } from "./cluster-spec.ts";
import { healthServer } from "./component-addresses.ts";
import {
  apiserverCommands,
  balancerCommand,
  dnsCommand,
  kubeletCommand,
  type Programs,
  proxyCommand,
  schedulerCommands,
} from "./components.ts";
import { dnsAddon } from "./dns-addon.ts";
import { fabricDown, fabricUp, hostInterface, nodeUp } from "./fabric.ts";
import { chooseRuntime } from "./machine.ts";
import { clusterPaths } from "./paths.ts";
import { certificateRequests } from "./pki.ts";
import { routesFor } from "./pod-routes.ts";

const network = networkAt(1, "containerd");
const spec: ClusterSpec = {
  name: "test",
  runtime: "containerd",
  index: 1,
  network,
  nodes: withMoreNodes({ name: "test", network, nodes: [], apiserverPort: 6443 }, [
    {},
    { labels: { zone: "b" }, taints: ["only=us:NoSchedule"] },
  ]),
  apiserverPort: 6443,
  grpcPort: 6446,
  natsPort: 4222,
  registryMirrors: [],
  extraArguments: {
    apiserver: ["--v=4"],
    scheduler: [],
    "controller-manager": [],
    kubelet: ["--max-pods=7"],
  },
};
const paths = clusterPaths({ state: "/s", run: "/r" }, "test");
const programs: Programs = { node: "/node", bundle: (app) => `/apps/${app}.js` };
const [first, second] = spec.nodes;
if (first === undefined || second === undefined) throw new Error("two nodes");

describe("command lines", () => {
  it("put extra flags last, so that they win", () => {
    const [apiserver] = apiserverCommands(spec, paths, programs, "postgres://x");
    expect(apiserver?.args.at(-1)).toBe("--v=4");
    expect(kubeletCommand(spec, paths, programs, first).args.at(-1)).toBe("--max-pods=7");
  });
  it("give each kubelet its own identity, socket and cgroup", () => {
    const { args } = kubeletCommand(spec, paths, programs, second);
    expect(args).toContain("--client-certificate=/s/test/pki/kubelet-test-node-2.crt");
    expect(args).toContain(
      "--container-runtime-endpoint=unix:///r/test/test-node-2/containerd.sock",
    );
    expect(args).toContain("--cgroup-root=/kubets/test/test-node-2");
    expect(args).toContain("--node-labels=zone=b");
    expect(args).toContain("--register-with-taints=only=us:NoSchedule");
  });
});

describe("replicas", () => {
  const several = {
    ...spec,
    replicas: { apiserver: 2, scheduler: 2, "controller-manager": 1 },
  };
  const flag = (args: readonly string[] | undefined, name: string) =>
    (args ?? []).filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.split("=")[1]);

  it("of the apiserver have addresses of their own behind the cluster's", () => {
    const commands = apiserverCommands(several, paths, programs, "postgres://x");
    expect(commands.map(({ name, args }) => [name, ...flag(args, "bind-address")])).toEqual([
      ["apiserver 1", "10.200.1.2"],
      ["apiserver 2", "10.200.1.3"],
    ]);
    const balancer = balancerCommand(several, paths, programs)?.args;
    expect(flag(balancer, "listen")).toEqual(["10.200.1.1:6443"]);
    expect(flag(balancer, "backend")).toEqual(["10.200.1.2:6443", "10.200.1.3:6443"]);
    expect(balancerCommand(spec, paths, programs)).toBeUndefined();
    expect(extraHostAddresses(several)).toEqual(["10.200.1.2", "10.200.1.3"]);
    expect(extraHostAddresses(spec)).toEqual([]);
  });
  it("begin with different apiservers and know all", () => {
    const [one, two] = schedulerCommands(several, paths, programs);
    expect(flag(one?.args, "server")).toEqual(["10.200.1.2:6446", "10.200.1.3:6446"]);
    expect(flag(two?.args, "server")).toEqual(["10.200.1.3:6446", "10.200.1.2:6446"]);
    expect(kubeletCommand(several, paths, programs, first).args[2]).not.toBe(
      kubeletCommand(several, paths, programs, second).args[2],
    );
  });
  it("serve their health where it is looked for", () => {
    const servers = ["apiserver 2", "scheduler 1", "scheduler 2", "controller-manager"].map(
      (name) => healthServer(name, several),
    );
    expect(servers).toEqual([
      "https://10.200.1.3:6443",
      "https://10.200.1.1:6444",
      "https://10.200.1.2:6444",
      "https://10.200.1.1:6445",
    ]);
    const own = schedulerCommands(several, paths, programs)[1]?.args;
    expect([...flag(own, "bind-address"), ...flag(own, "secure-port")]).toEqual([
      "10.200.1.2",
      "6444",
    ]);
  });
});

describe("the cluster's network services", () => {
  it("are known to each other by the same addresses", () => {
    const { service, slice } = dnsAddon(spec);
    const dns = dnsCommand(spec, paths, programs).args;
    expect(kubeletCommand(spec, paths, programs, first).args).toContain(
      `--cluster-dns=${service.spec?.clusterIP}`,
    );
    expect(dns).toContain(`--bind-address=${slice.endpoints?.[0]?.addresses[0]}`);
    expect(dns).toContain(`--port=${slice.ports?.find(({ name }) => name === "dns")?.port}`);
  });
  it("have a proxy for each node, which tells pods' traffic by the cluster's range", () => {
    const { name, args } = proxyCommand(spec, paths, programs, second);
    expect(name).toBe("proxy test-node-2");
    expect(args).toEqual(
      expect.arrayContaining(["--hostname-override=test-node-2", "--cluster-cidr=10.243.0.0/16"]),
    );
  });
  it("have identities of their own", () => {
    const names = certificateRequests(spec).map(({ file, commonName }) => `${file}: ${commonName}`);
    expect(names).toEqual(
      expect.arrayContaining(["proxy: system:kube-proxy", "dns: system:coredns"]),
    );
  });
});

describe("the fabric", () => {
  it("is undone by as many things as it makes", () => {
    expect(fabricUp(network).map(({ program, args }) => `${program} ${args.join(" ")}`)).toEqual([
      "ip link add kubets-1 type bridge",
      "ip addr add 10.200.1.1/24 dev kubets-1",
      "ip link set kubets-1 up",
      "sysctl -qw net.ipv4.ip_forward=1",
      "nft -f -",
    ]);
    expect(fabricDown(network).map(({ args }) => args.join(" "))).toEqual([
      "delete table ip kubets_1",
      "link del kubets-1",
    ]);
  });
  it("names interfaces within the kernel's 15 characters, each once", () => {
    const names = spec.nodes.map((node) => hostInterface(networkAt(15, "containerd"), node));
    expect(names.every((name) => name.length <= 15)).toBe(true);
    expect(new Set(names).size).toBe(2);
    expect(nodeUp(network, first, 42)[0]?.args.join(" ")).toContain("peer name eth0 netns 42");
  });
  it("routes a node's pods from the host and from every other node", () => {
    const steps = routesFor(spec, "test-node-1", "10.243.0.0/24", (name) =>
      name === "test-node-2" ? 7 : undefined,
    );
    expect(steps.map(({ program, args }) => `${program} ${args.join(" ")}`)).toEqual([
      "ip route replace 10.243.0.0/24 via 10.200.1.11",
      "nsenter -t 7 -n ip route replace 10.243.0.0/24 via 10.200.1.11",
    ]);
  });
});

describe("certificates", () => {
  it("have upstream's subjects, one for each component", () => {
    const subjects = certificateRequests(spec).map(({ commonName, organizations }) => [
      commonName,
      ...organizations,
    ]);
    expect(subjects).toContainEqual(["system:kube-scheduler"]);
    expect(subjects).toContainEqual(["system:node:test-node-2", "system:nodes"]);
    expect(subjects).toContainEqual(["kubernetes-admin", "system:masters"]);
  });
  it("let the apiserver be called by the first service address and the fabric's", () => {
    const apiserver = certificateRequests(spec).find(({ file }) => file === "apiserver");
    expect(apiserver?.names).toEqual(
      expect.arrayContaining(["10.96.0.1", "10.200.1.1", "kubernetes.default.svc"]),
    );
  });
});

describe("the runtime", () => {
  it.each([
    [[], undefined, "containerd"],
    [["root"], undefined, "simulated"],
    [[], "simulated", "simulated"],
  ] as const)("with %j missing and %s asked for is %s", (missing, wanted, runtime) => {
    expect(chooseRuntime(missing, wanted).runtime).toBe(runtime);
  });
  it("is refused with what is missing when real containers were asked for", () => {
    expect(() => chooseRuntime(["root", "runc"], "containerd")).toThrow(
      /needs what is missing here: root, runc; `doctor` says what to do/,
    );
  });
});
