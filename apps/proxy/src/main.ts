import { hostname, networkInterfaces } from "node:os";
import { connectByFlags } from "@kubets/client";
import {
  addressFamily,
  cidrFamily,
  createHealthServer,
  isWithin,
  type LocalMode,
  linuxKernel,
  type NodePortSetting,
  ServiceProxy,
} from "@kubets/proxy";
import { FlagError, type FlagValues, runService, ServiceServer } from "@kubets/service";
import { flags } from "./flags.ts";

type Config = FlagValues<typeof flags>;

await runService({
  name: "kube-proxy",
  description: "Writes the rules that bring Services' traffic to their endpoints on this node.",
  flags,
  examples: [
    "kube-proxy --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=proxy.crt --client-key=proxy.key --cluster-cidr=10.244.0.0/16",
  ],
  async build(config, { logger, metrics, health, clock }) {
    if (config["nftables-masquerade-bit"] > 31) {
      throw new FlagError("--nftables-masquerade-bit must be within 0 and 31");
    }
    const client = await connectByFlags(config, { clock, userAgent: "kube-proxy" });
    const proxy = new ServiceProxy({
      client,
      nodeName: (config["hostname-override"] || hostname()).trim().toLowerCase(),
      families: config["ip-families"].map((family) => (family === "IPv4" ? "ip" : "ip6")),
      localMode: localMode(config),
      nodePortAddresses: nodePorts(config["nodeport-addresses"]),
      masqueradeAll: config["masquerade-all"],
      masqueradeBit: config["nftables-masquerade-bit"],
      serviceCidrs: config["service-cluster-ip-range"],
      minSyncPeriodMs: config["nftables-min-sync-period"],
      syncPeriodMs: config["nftables-sync-period"],
      kernel: linuxKernel(),
      clock,
      logger,
      metrics,
    });
    const connected = { name: "api client", start: async () => {}, stop: () => client.close() };
    const metricsAt = splitAddress("metrics-bind-address", config["metrics-bind-address"]);
    const healthAt = splitAddress("healthz-bind-address", config["healthz-bind-address"]);
    return [
      connected,
      ...(metricsAt === undefined
        ? []
        : [
            new ServiceServer({
              name: "metrics server",
              ...metricsAt,
              access: "open",
              health,
              metrics,
              logger,
            }),
          ]),
      ...(healthAt === undefined
        ? []
        : [
            createHealthServer({
              ...healthAt,
              timeoutMs: 2 * config["nftables-sync-period"],
              proxy,
              clock,
              logger,
              metrics,
            }),
          ]),
      proxy,
    ];
  },
});

function localMode(config: Config): LocalMode {
  const cidrs = config["cluster-cidr"];
  const wrong = cidrs.find((cidr) => cidrFamily(cidr) === undefined);
  if (wrong !== undefined) throw new FlagError(`--cluster-cidr: "${wrong}" is no address range`);
  const mode = config["detect-local-mode"];
  switch (mode) {
    case "BridgeInterface":
      return { mode, name: required(config, "pod-bridge-interface") };
    case "InterfaceNamePrefix":
      return { mode, prefix: required(config, "pod-interface-name-prefix") };
    case "NodeCIDR":
      return { mode, cidrs: [] };
    default:
      return { mode: "ClusterCIDR", cidrs };
  }
}

function required(config: Config, flag: "pod-bridge-interface" | "pod-interface-name-prefix") {
  const value = config[flag];
  // It becomes part of a rule.
  if (!/^[\w.-]{1,15}$/.test(value)) throw new FlagError(`--${flag} must name an interface`);
  return value;
}

function nodePorts(values: readonly string[]): NodePortSetting {
  if (values.includes("primary")) {
    if (values.length > 1) throw new FlagError("--nodeport-addresses: primary stands alone");
    return { kind: "primary" };
  }
  const wrong = values.find((cidr) => cidrFamily(cidr) === undefined);
  if (wrong !== undefined) throw new FlagError(`--nodeport-addresses: "${wrong}" is no range`);
  if (values.length === 0 || values.some((cidr) => cidr.endsWith("/0"))) return { kind: "all" };
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return {
    kind: "addresses",
    addresses: own.map(({ address }) => address).filter((address) => isWithin(address, values)),
  };
}

function splitAddress(flag: string, text: string) {
  if (text === "") return undefined;
  const at = text.lastIndexOf(":");
  const address = text.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(text.slice(at + 1));
  if (addressFamily(address) === undefined || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new FlagError(`--${flag} must be ADDRESS:PORT`);
  }
  return { address, port };
}
