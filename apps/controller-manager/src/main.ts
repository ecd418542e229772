import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { builtinResources } from "@kubets/api";
import {
  type Client,
  connectByFlags,
  createGrpcClient,
  DelegatedAccess,
  leaderElectionOf,
  rateLimitedClient,
} from "@kubets/client";
import {
  builtinControllers,
  createControllerManager,
  selectControllers,
} from "@kubets/controllers";
import { readPem, runService, ServiceServer, servingCertificate } from "@kubets/service";
import { flags, numberOf, workersOf } from "./flags.ts";

await runService({
  name: "controller-manager",
  description: "Runs the built-in controllers of a kubets cluster.",
  flags,
  examples: [
    "controller-manager --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=cm.crt --client-key=cm.key",
  ],
  async build(config, { logger, metrics, health, clock, fail }) {
    const ca = await readPem(config["certificate-authority"]);
    const connection = { clock, userAgent: "kube-controller-manager" };
    const limited = (unlimited: Client): Client =>
      config["kube-api-qps"] === 0
        ? unlimited
        : rateLimitedClient(unlimited, {
            qps: config["kube-api-qps"],
            burst: config["kube-api-burst"],
            clock,
          });
    const client = await connectByFlags(config, connection);
    const rootCaFile = config["root-ca-file"];
    const all = builtinControllers({
      resources: () => builtinResources,
      ...(rootCaFile === "" ? {} : { rootCa: await readFile(rootCaFile, "utf8") }),
      ...(config["allocate-node-cidrs"]
        ? {
            nodeIpam: {
              clusterCidr: config["cluster-cidr"],
              nodeMaskBits: config["node-cidr-mask-size"],
            },
          }
        : {}),
      nodeMonitorGraceMs: config["node-monitor-grace-period"],
      nodeStartupGraceMs: config["node-startup-grace-period"],
      nodeEvictionRates: {
        perSecond: numberOf(config, "node-eviction-rate"),
        secondaryPerSecond: numberOf(config, "secondary-node-eviction-rate"),
        largeZoneNodes: config["large-cluster-size-threshold"],
        unhealthyShare: numberOf(config, "unhealthy-zone-threshold"),
      },
      terminatedPodsMax: config["terminated-pod-gc-threshold"],
      quotaResyncMs: config["resource-quota-sync-period"],
      endpointsPerSliceMax: config["max-endpoints-per-slice"],
      mirroredEndpointsMax: config["mirroring-max-endpoints-per-subset"],
    });
    const wanted = config["enable-garbage-collector"]
      ? config.controllers
      : [...config.controllers, "-garbage-collector-controller"];
    const manager = createControllerManager({
      client,
      makeTokenClient: (token) =>
        limited(createGrpcClient({ ...connection, address: config.server, tls: { ca }, token })),
      controllers: selectControllers(all, wanted),
      workers: workersOf(config),
      ...(config["leader-elect"] ? { leaderElection: leaderElectionOf(config) } : {}),
      identity: `${hostname()}_${randomUUID()}`,
      host: hostname(),
      clock,
      logger,
      metrics,
      health,
      random: Math.random,
      onFailure: fail,
    });
    const connected = { name: "api client", start: async () => {}, stop: () => client.close() };
    if (config["secure-port"] === 0) return [connected, manager];
    const server = new ServiceServer({
      address: config["bind-address"],
      port: config["secure-port"],
      tls: await servingCertificate({
        certificateFile: config["tls-cert-file"],
        keyFile: config["tls-private-key-file"],
        clientCaFile: config["client-ca-file"],
        names: [hostname(), config["bind-address"]],
        clock,
      }),
      access: new DelegatedAccess({ client, clock }).check(),
      health,
      metrics,
      logger,
    });
    return [connected, server, manager];
  },
});
