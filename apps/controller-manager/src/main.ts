import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { builtinResources } from "@kubets/api";
import { type Client, createGrpcClient, DelegatedAccess, rateLimitedClient } from "@kubets/client";
import {
  builtinControllers,
  createControllerManager,
  selectControllers,
} from "@kubets/controllers";
import {
  FlagError,
  type FlagTable,
  readPem,
  runService,
  ServiceServer,
  servingCertificate,
} from "@kubets/service";

const API = "API server flags";
const LEADER = "Leader election flags";
const CONTROLLERS = "Controller flags";
const SERVING = "Secure serving flags";

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
  "kube-api-qps": {
    kind: "int",
    default: 0,
    min: 0,
    group: API,
    help: "requests a second at most, for each controller's client; 0: as many as the apiserver takes",
  },
  "kube-api-burst": {
    kind: "int",
    default: 30,
    min: 1,
    group: API,
    help: "requests at once where --kube-api-qps limits them",
  },
  "bind-address": {
    kind: "string",
    default: "0.0.0.0",
    group: SERVING,
    help: "address of the health and metrics port",
  },
  "secure-port": {
    kind: "int",
    default: 10257,
    min: 0,
    group: SERVING,
    help: "health and metrics port; 0 turns it off",
  },
  "tls-cert-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file to serve with; absent: one made at start",
  },
  "tls-private-key-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file of the serving key",
  },
  "client-ca-file": {
    kind: "string",
    default: "",
    group: SERVING,
    help: "PEM file of the authority whose client certificates are taken; absent: tokens only",
  },
  "leader-elect": {
    kind: "bool",
    default: true,
    group: LEADER,
    help: "run the controllers in one replica at a time",
  },
  "leader-elect-lease-duration": {
    kind: "duration",
    default: 15_000,
    group: LEADER,
    help: "how long others wait for a silent leader",
  },
  "leader-elect-renew-deadline": {
    kind: "duration",
    default: 10_000,
    group: LEADER,
    help: "a leader that cannot renew for so long stops",
  },
  "leader-elect-retry-period": {
    kind: "duration",
    default: 2_000,
    group: LEADER,
    help: "how often the lease is tried or renewed",
  },
  "leader-elect-resource-name": {
    kind: "string",
    default: "kube-controller-manager",
    group: LEADER,
    help: "name of the Lease",
  },
  "leader-elect-resource-namespace": {
    kind: "string",
    default: "kube-system",
    group: LEADER,
    help: "namespace of the Lease",
  },
  controllers: {
    kind: "list",
    default: ["*"],
    group: CONTROLLERS,
    help: "'*' for all, 'name' for one, '-name' to leave one out",
  },
  "cluster-cidr": {
    kind: "string",
    default: "10.244.0.0/16",
    group: CONTROLLERS,
    help: "the range that pods' addresses come from",
  },
  "allocate-node-cidrs": {
    kind: "bool",
    default: false,
    group: CONTROLLERS,
    help: "give each node a piece of --cluster-cidr",
  },
  "node-cidr-mask-size": {
    kind: "int",
    default: 24,
    min: 8,
    group: CONTROLLERS,
    help: "bits of the mask of a node's piece",
  },
  "node-monitor-grace-period": {
    kind: "duration",
    default: 50_000,
    group: CONTROLLERS,
    help: "a node silent for so long is not healthy",
  },
  "node-startup-grace-period": {
    kind: "duration",
    default: 60_000,
    group: CONTROLLERS,
    help: "the same for a node that has just come up",
  },
  "node-eviction-rate": {
    kind: "string",
    default: "0.1",
    group: CONTROLLERS,
    help: "nodes per second that begin to lose their pods",
  },
  "terminated-pod-gc-threshold": {
    kind: "int",
    default: 12_500,
    min: 0,
    group: CONTROLLERS,
    help: "so many pods that have ended are kept; 0: all",
  },
  "root-ca-file": {
    kind: "string",
    default: "",
    group: CONTROLLERS,
    help: "PEM file published as kube-root-ca.crt in every namespace",
  },
} as const satisfies FlagTable;

await runService({
  name: "controller-manager",
  description: "Runs the built-in controllers of a kubets cluster.",
  flags,
  examples: [
    "controller-manager --server=10.200.0.1:6446 --certificate-authority=ca.crt --client-certificate=cm.crt --client-key=cm.key",
  ],
  async build(config, { logger, metrics, health, clock, fail }) {
    const evictions = Number(config["node-eviction-rate"]);
    if (!(evictions > 0))
      throw new FlagError("--node-eviction-rate must be a number greater than 0");
    const ca = await readPem(config["certificate-authority"]);
    const connection = { address: config.server, clock, userAgent: "kube-controller-manager" };
    const limited = (unlimited: Client): Client =>
      config["kube-api-qps"] === 0
        ? unlimited
        : rateLimitedClient(unlimited, {
            qps: config["kube-api-qps"],
            burst: config["kube-api-burst"],
            clock,
          });
    const client = createGrpcClient({
      ...connection,
      tls: {
        ca,
        cert: await readPem(config["client-certificate"]),
        key: await readPem(config["client-key"]),
      },
    });
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
      nodeEvictionRates: { perSecond: evictions },
      terminatedPodsMax: config["terminated-pod-gc-threshold"],
    });
    const manager = createControllerManager({
      client,
      makeTokenClient: (token) => limited(createGrpcClient({ ...connection, tls: { ca }, token })),
      controllers: selectControllers(all, config.controllers),
      ...(config["leader-elect"]
        ? {
            leaderElection: {
              leaseNamespace: config["leader-elect-resource-namespace"],
              leaseName: config["leader-elect-resource-name"],
              leaseDurationMs: config["leader-elect-lease-duration"],
              renewDeadlineMs: config["leader-elect-renew-deadline"],
              retryPeriodMs: config["leader-elect-retry-period"],
            },
          }
        : {}),
      identity: `${hostname()}_${randomUUID()}`,
      host: hostname(),
      clock,
      logger,
      metrics,
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
