import { readFile } from "node:fs/promises";
import { createGrpcClient, createRestClient, loadKubeconfig } from "@kubets/client";
import { ClusterDns, type Resolver, resolversOf, type ZoneSettings } from "@kubets/dns";
import {
  type Clock,
  FlagError,
  type FlagTable,
  type FlagValues,
  type Logger,
  readPem,
  runService,
  ServiceServer,
} from "@kubets/service";

const API = "API server flags";
const ZONE = "Zone flags";
const SERVING = "Serving flags";

const flags = {
  server: {
    kind: "list",
    default: ["127.0.0.1:6446"],
    group: API,
    help: "gRPC addresses of the apiservers, tried in turn",
  },
  "certificate-authority": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file that verifies the apiserver",
  },
  "client-certificate": {
    kind: "string",
    default: "",
    group: API,
    help: "PEM file of this component's certificate",
  },
  "client-key": { kind: "string", default: "", group: API, help: "PEM file of its key" },
  kubeconfig: {
    kind: "string",
    default: "",
    group: API,
    help: "use the REST API as this file says instead of --server",
  },
  domain: { kind: "string", default: "cluster.local", group: ZONE, help: "the cluster's domain" },
  ttl: {
    kind: "duration",
    default: 30_000,
    min: 0,
    group: ZONE,
    help: "how long clients may believe an answer",
  },
  pods: {
    kind: "string",
    default: "insecure",
    choices: ["disabled", "insecure", "verified"],
    group: ZONE,
    help: "names of pods by their address: none, for every address, or for pods that exist",
  },
  forward: {
    kind: "string",
    default: "/etc/resolv.conf",
    group: ZONE,
    help: "who knows other names: a resolv.conf, or addresses separated by commas; empty: nobody",
  },
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    group: SERVING,
    help: "address of the DNS port",
  },
  port: { kind: "int", default: 53, min: 0, group: SERVING, help: "DNS port, UDP and TCP" },
  "metrics-bind-address": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "address of the HTTP port; absent: as --bind-address",
  },
  "metrics-port": {
    kind: "int",
    default: 9153,
    min: 0,
    group: SERVING,
    help: "HTTP port of /metrics, /health and /ready; 0 turns it off",
  },
} as const satisfies FlagTable;

type Config = FlagValues<typeof flags>;

await runService({
  name: "dns",
  description: "Answers for the names of a cluster's Services and Pods.",
  flags,
  examples: [
    "dns --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=dns.crt --client-key=dns.key",
  ],
  async build(config, { logger, metrics, health, clock }) {
    const client = await connect(config, clock);
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
    if (config["metrics-port"] === 0) return [connected, dns];
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
    return [connected, server, dns];
  },
});

async function connect(config: Config, clock: Clock) {
  const userAgent = "kubets-dns";
  if (config.kubeconfig !== "") {
    const { server, tls, token, tokenFile } = await loadKubeconfig(config.kubeconfig);
    const credentials = { ...(token ? { token } : {}), ...(tokenFile ? { tokenFile } : {}) };
    return createRestClient({ server, tls, ...credentials, userAgent, clock });
  }
  const tls = {
    ca: await readPem(config["certificate-authority"]),
    cert: await readPem(config["client-certificate"]),
    key: await readPem(config["client-key"]),
  };
  return createGrpcClient({ address: config.server, tls, userAgent, clock });
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
