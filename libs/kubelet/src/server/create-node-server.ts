/** The kubelet's port: health, metrics and the node API behind delegated authentication and authorization. */
import type { DelegatedAccess } from "@kubets/client";
import {
  type Clock,
  type HealthChecks,
  type Logger,
  type Metrics,
  type ServerCertificate,
  ServiceServer,
} from "@kubets/service";
import type { Kubelet } from "../kubelet.ts";
import { createNodeAccess } from "./node-access.ts";
import { NodeApi } from "./node-api.ts";

export interface NodeServerOptions {
  readonly nodeName: string;
  readonly address: string;
  readonly port: number;
  readonly tls: ServerCertificate;
  readonly access: DelegatedAccess;
  readonly configz: () => unknown;
  /** --streaming-connection-idle-timeout */
  readonly streamingIdleTimeoutMs: number;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function createNodeServer(kubelet: Kubelet, options: NodeServerOptions): ServiceServer {
  const { nodeName, health, metrics, logger, clock } = options;
  const refusal = createNodeAccess(options.access, nodeName);
  // Upstream: pkg/kubelet/server/metrics/metrics.go @1.36
  const webSockets = metrics.counter({
    name: "kubelet_websocket_streaming_requests_total",
    help: "Total number of WebSocket streaming requests (exec/attach/portforward) received by the kubelet.",
    labels: ["subresource"],
  });
  const api = new NodeApi({
    nodeName,
    context: kubelet.context,
    pods: () => kubelet.podsOfNode(),
    refusal,
    idleTimeoutMs: options.streamingIdleTimeoutMs,
    onWebSocket: (subresource) => webSockets.inc({ subresource }),
    clock,
    logger,
  });
  health.add({
    name: "syncloop",
    check: async () => {
      const problem = kubelet.unhealthy();
      if (problem !== undefined) throw new Error(problem);
    },
  });
  return new ServiceServer({
    name: "node-api",
    address: options.address,
    port: options.port,
    tls: options.tls,
    logger,
    health,
    metrics,
    configz: options.configz,
    access: refusal,
    handler: (request, response, url) => api.handle(request, response, url),
    upgrade: (request, socket, head) => api.upgrade(request, socket, head),
  });
}
