/** Puts the apiserver together on a store. What starts and stops, and in which order, is the list at its end. */
import { randomUUID } from "node:crypto";
import { jsonWebKeySet, openIdConfiguration } from "@kubets/authn";
import { createGrpcServer, type GrpcServer } from "@kubets/grpc";
import { createRegistry } from "@kubets/registry";
import { createRequestCore } from "@kubets/request";
import {
  createConnector,
  createRestServer,
  discoveryPaths,
  healthPaths,
  metricsPath,
  openapiPaths,
  openIdPaths,
  type PathHandler,
  type RestServer,
  versionPath,
} from "@kubets/rest";
import type { Runnable, ServiceContext } from "@kubets/service";
import { createWatchCache } from "@kubets/watch-cache";
import { buildAuthentication } from "./build-authentication.ts";
import { buildAuthorization } from "./build-authorization.ts";
import { compactionRunnable } from "./compaction.ts";
import { edgesRunnable } from "./edges.ts";
import type { OpenedStorage } from "./open-storage.ts";
import type { Settings } from "./settings.ts";

export interface Apiserver {
  readonly runnables: readonly Runnable[];
  readonly rest: RestServer;
  readonly grpc: GrpcServer;
}

const drainMs = 60_000;

export function buildApiserver(
  settings: Settings,
  opened: OpenedStorage,
  context: Pick<ServiceContext, "clock" | "logger" | "metrics" | "health">,
): Apiserver {
  const { config } = settings;
  const { clock, logger, metrics, health } = context;
  const { storage } = opened;
  const cache = createWatchCache({ storage, clock, logger });
  const registry = createRegistry({
    storage,
    cache,
    clock,
    logger,
    serviceClusterIPRange: config["service-cluster-ip-range"],
    serviceNodePortRange: config["service-node-port-range"],
  });
  const authentication = buildAuthentication(settings, cache, clock);
  const authorization = buildAuthorization(config["authorization-mode"], cache, { clock, logger });
  const core = createRequestCore({
    registry,
    authenticators: [authentication.authenticator],
    authorizer: authorization.authorizer,
    admission: {
      mutate: (request) => Promise.resolve(request.object),
      validate: () => Promise.resolve(),
    },
    clock,
    logger,
    newId: randomUUID,
    inFlight: {
      readOnly: config["max-requests-inflight"],
      mutating: config["max-mutating-requests-inflight"],
    },
    requestTimeoutMs: config["request-timeout"],
  });

  const shutdownGate = health.gate("shutdown", "process is starting", ["readyz"]);
  health.add({
    name: "etcd",
    check: async () => {
      await storage.currentRevision();
    },
  });
  health.add({
    name: "informer-sync",
    on: ["readyz"],
    check: () => {
      if (!cache.isReady()) throw new Error("the cache is loading");
    },
  });

  const serving = {
    address: config["bind-address"],
    certificate: settings.servingCertificate,
    key: settings.servingKey,
    ...(settings.clientCa === undefined ? {} : { clientCa: settings.clientCa }),
    core,
    clock,
    logger,
    random: Math.random,
    minRequestTimeoutMs: config["min-request-timeout"] * 1_000,
  };
  const grpc = createGrpcServer({
    ...serving,
    port: config["grpc-port"],
    health: { isServing: () => cache.isReady(), onChange: () => () => undefined },
  });
  const rest: RestServer = createRestServer({
    ...serving,
    port: config["secure-port"],
    maxStreams: config["http2-max-streams-per-connection"],
    metrics,
    paths: [
      versionPath,
      healthPaths(health),
      metricsPath(metrics),
      openapiPaths(registry),
      discoveryPaths({ registry, serverAddress: () => `${hostOf(settings)}:${rest.port}` }),
      ...openIdDocuments(settings, () => rest.port),
    ],
    connector: createConnector({
      core,
      kubeletTls: settings.kubeletTls,
      preferredAddressTypes: config["kubelet-preferred-address-types"],
      random: Math.random,
    }),
  });

  return {
    rest,
    grpc,
    runnables: [
      opened.runnable,
      { name: "watch-cache", start: (signal) => cache.start(signal), stop: () => cache.stop() },
      ...authorization.runnables,
      compactionRunnable({
        storage,
        clock,
        logger,
        intervalMs: config["storage-compaction-interval"],
      }),
      edgesRunnable({
        rest,
        grpc,
        clock,
        logger,
        shutdownGate,
        shutdownDelayMs: config["shutdown-delay-duration"],
        drainMs,
      }),
    ],
  };
}

/** Where others reach this server. */
export function hostOf({ config }: Settings): string {
  const host = config["external-hostname"] || config["advertise-address"];
  return host === "" ? config["bind-address"] : host;
}

function openIdDocuments(settings: Settings, port: () => number): PathHandler[] {
  const { config, tokenKeys } = settings;
  const [issuer] = config["service-account-issuer"];
  if (issuer === undefined || tokenKeys.length === 0) return [];
  const jwksUri = () =>
    config["service-account-jwks-uri"] || `https://${hostOf(settings)}:${port()}/openid/v1/jwks`;
  return [
    openIdPaths({
      configuration: () =>
        JSON.stringify(openIdConfiguration({ issuer, jwksUri: jwksUri(), keys: tokenKeys })),
      keySet: () => JSON.stringify(jsonWebKeySet(tokenKeys)),
    }),
  ];
}
