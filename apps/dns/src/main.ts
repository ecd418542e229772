import { resolve4 } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { connectByFlags } from "@kubets/client";
import {
  ClusterDns,
  ReplicaEndpoints,
  type ReplicaEndpointsOptions,
  type Resolver,
  resolversOf,
  type ZoneSettings,
} from "@kubets/dns";
import {
  FlagError,
  type FlagValues,
  type Logger,
  runService,
  ServiceServer,
} from "@kubets/service";
import { flags } from "./flags.ts";

type Config = FlagValues<typeof flags>;

await runService({
  name: "dns",
  description: "Answers for the names of a cluster's Services and Pods.",
  flags,
  examples: [
    "dns --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=dns.crt --client-key=dns.key",
  ],
  async build(config, { logger, metrics, health, clock }) {
    const client = await connectByFlags(config, { clock, userAgent: "kubets-dns" });
    const dns = new ClusterDns({
      client,
      zone: zoneOf(config),
      address: config["bind-address"],
      port: config.port,
      resolvers: await resolvers(config, logger),
      clock,
      logger,
      metrics,
      random: Math.random,
    });
    health.add({
      name: "informer-sync",
      on: ["readyz"],
      check: () => {
        if (!dns.isReady) throw new Error("the cluster's Services are not known yet");
      },
    });
    const connected = { name: "api client", start: async () => {}, stop: () => client.close() };
    const published =
      config["replicas-host"] === "" ? [] : [replicas(config, { client, clock, logger })];
    if (config["metrics-port"] === 0) return [connected, dns, ...published];
    const server = new ServiceServer({
      name: "http server",
      address: config["metrics-bind-address"] || config["bind-address"],
      port: config["metrics-port"],
      access: "open",
      health,
      metrics,
      logger,
      // CoreDNS's paths.
      handler(_, response, { pathname }) {
        if (pathname !== "/health" && pathname !== "/ready") return false;
        const isFine = pathname === "/health" || dns.isReady;
        response.writeHead(isFine ? 200 : 503).end(isFine ? "OK" : "kubernetes");
        return true;
      },
    });
    return [connected, server, dns, ...published];
  },
});

function replicas(
  config: Config,
  parts: Pick<ReplicaEndpointsOptions, "client" | "clock" | "logger">,
): ReplicaEndpoints {
  return new ReplicaEndpoints({
    ...parts,
    hostName: config["replicas-host"],
    resolve: resolve4,
    port: config.port,
    metricsPort: config["metrics-port"],
  });
}

function zoneOf(config: Config): ZoneSettings {
  const domain = config.domain.toLowerCase().replace(/^\.|\.$/g, "");
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)) {
    throw new FlagError(`--domain "${config.domain}" is no domain`);
  }
  const pods = (["disabled", "verified"] as const).find((mode) => mode === config.pods);
  return { domain, ttlSeconds: Math.floor(config.ttl / 1000), pods: pods ?? "insecure" };
}

async function resolvers(config: Config, logger: Logger): Promise<Resolver[]> {
  const { forward } = config;
  const own = config["bind-address"];
  const text = forward.startsWith("/")
    ? await readFile(forward, "utf8")
    : forward
        .split(",")
        .map((address) => `nameserver ${address}`)
        .join("\n");
  const found = resolversOf(text, own);
  if (found.length === 0) logger.warn("nobody to ask for names outside the cluster", { forward });
  return found;
}
