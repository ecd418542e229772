/**
 * /healthz and /livez as load balancers and people ask them: when the rules were last right, and whether the node
 * should get traffic.
 *
 * Upstream: pkg/proxy/healthcheck/proxy_health.go @1.36
 */
import { createServer, type ServerResponse } from "node:http";
import type { Clock, Logger, Metrics, Runnable } from "@kubets/service";

export interface HealthServerOptions {
  readonly address: string;
  readonly port: number;
  /** A change that waits longer than this for its rules makes the proxy unhealthy. */
  readonly timeoutMs: number;
  readonly proxy: {
    readonly progress: {
      readonly lastSyncMs: number;
      readonly waitingSinceMs: number | undefined;
    };
    readonly isNodeEligible: boolean;
    readonly hasSynced: boolean;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const HEADERS_TIMEOUT_MS = 10_000;

export function createHealthServer(options: HealthServerOptions): Runnable & { port: number } {
  const { proxy, clock, logger, metrics } = options;
  const counter = (path: string) =>
    metrics.counter({
      name: `kubeproxy_proxy_${path}_total`,
      help: `Cumulative proxy ${path} HTTP status`,
      labels: ["code"],
    });
  const counts = { "/healthz": counter("healthz"), "/livez": counter("livez") };
  const isHealthy = () => {
    const { waitingSinceMs } = proxy.progress;
    return (
      proxy.hasSynced &&
      (waitingSinceMs === undefined || clock.now() - waitingSinceMs <= options.timeoutMs)
    );
  };
  const answer = (response: ServerResponse, path: keyof typeof counts) => {
    const nodeEligible = proxy.isNodeEligible;
    const healthy = isHealthy() && (path === "/livez" || nodeEligible);
    const code = healthy ? 200 : 503;
    counts[path].inc({ code: String(code) });
    const nowMs = clock.now();
    const body = {
      lastUpdated: new Date(healthy ? nowMs : proxy.progress.lastSyncMs).toISOString(),
      currentTime: new Date(nowMs).toISOString(),
      ...(path === "/healthz" ? { nodeEligible } : {}),
    };
    response
      .writeHead(code, {
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
      })
      .end(JSON.stringify(body));
  };
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/healthz" || path === "/livez") answer(response, path);
    else response.writeHead(404).end("404 page not found\n");
  });
  return {
    name: "health server",
    get port() {
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : options.port;
    },
    start: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(options.port, options.address, () => {
          server.off("error", reject);
          server.on("error", (error) => logger.error("health server failed", { error }));
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!server.listening) resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
