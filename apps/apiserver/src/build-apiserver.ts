/** Puts the apiserver together on a store. What starts and stops, and in which order, is the list below. */
import { createGrpcServer, type GrpcServer } from "@kubets/grpc";
import {
  createApiserverEndpoints,
  createClaimRepair,
  createEventSweeper,
  type Registry,
} from "@kubets/registry";
import type { RequestCore } from "@kubets/request";
import { createConnector, createRestServer, RequestMetrics, type RestServer } from "@kubets/rest";
import type { Runnable, ServiceContext } from "@kubets/service";
import { advertisedAddress } from "./advertised-address.ts";
import { bootstrapRunnable } from "./bootstrap.ts";
import { type BuiltCore, buildCore } from "./build-core.ts";
import { buildPaths } from "./build-paths.ts";
import { addCacheMetrics } from "./cache-metrics.ts";
import { compactionRunnable } from "./compaction.ts";
import { edgesRunnable, ServingState } from "./edges.ts";
import { addHealthChecks } from "./health.ts";
import { measuredCore } from "./measured-core.ts";
import { measuredStorage } from "./measured-storage.ts";
import type { OpenedStorage } from "./open-storage.ts";
import type { Settings } from "./settings.ts";

export interface Apiserver {
  /** In the order in which they start. */
  readonly runnables: readonly Runnable[];
  readonly rest: RestServer;
  readonly grpc: GrpcServer;
  readonly core: RequestCore;
  readonly registry: Registry;
}

type Context = Pick<ServiceContext, "clock" | "logger" | "metrics" | "health">;

const drainMs = 60_000;

export function buildApiserver(
  settings: Settings,
  opened: OpenedStorage,
  context: Context,
): Apiserver {
  const { config } = settings;
  const { clock, logger, health } = context;
  const storage = measuredStorage(opened.storage, context.metrics, clock);
  const built = buildCore(settings, storage, context);
  const { core, registry, cache } = built;
  addCacheMetrics(context.metrics, cache);
  const serviceClusterIPRange = config["service-cluster-ip-range"];
  const shutdownGate = addHealthChecks(health, storage, cache);
  const serving = new ServingState();
  const { rest, grpc } = buildEdges(settings, built, serving, context);
  const kept = { storage, cache, clock, logger };
  return {
    rest,
    grpc,
    core,
    registry,
    runnables: [
      opened.runnable,
      ...built.runnables,
      bootstrapRunnable({ registry, health, serviceClusterIPRange }),
      compactionRunnable({ ...kept, intervalMs: config["storage-compaction-interval"] }),
      createEventSweeper({ ...kept, ttlMs: config["event-ttl"] }),
      createClaimRepair(kept),
      edgesRunnable({
        rest,
        grpc,
        serving,
        clock,
        logger,
        shutdownGate,
        shutdownDelayMs: config["shutdown-delay-duration"],
        drainMs,
      }),
      endpointsRunnable(() =>
        createApiserverEndpoints({
          registry,
          storage,
          clock,
          logger,
          address: { ip: advertisedAddress(config), port: rest.port },
          serviceClusterIPRange,
        }),
      ),
    ],
  };
}

function buildEdges(
  settings: Settings,
  { core, registry }: BuiltCore,
  state: ServingState,
  { clock, logger, metrics, health }: Context,
): { readonly rest: RestServer; readonly grpc: GrpcServer } {
  const { config } = settings;
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
  const requests = new RequestMetrics(metrics, core.inFlight, registry);
  const grpc = createGrpcServer({
    ...serving,
    core: measuredCore(core, requests, clock),
    port: config["grpc-port"],
    health: state,
  });
  const rest: RestServer = createRestServer({
    ...serving,
    port: config["secure-port"],
    maxStreams: config["http2-max-streams-per-connection"],
    requests,
    paths: buildPaths({ settings, registry, metrics, health, port: () => rest.port }),
    connector: createConnector({
      core,
      kubeletTls: settings.kubeletTls,
      preferredAddressTypes: config["kubelet-preferred-address-types"],
      clock,
      random: Math.random,
    }),
  });
  return { rest, grpc };
}

/** Made when the port is known: it may be any free one. */
function endpointsRunnable(make: () => Runnable): Runnable {
  let endpoints: Runnable | undefined;
  return {
    name: "apiserver-endpoints",
    start: async (signal) => {
      endpoints = make();
      await endpoints.start(signal);
    },
    stop: async () => {
      await endpoints?.stop();
    },
  };
}
