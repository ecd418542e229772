/**
 * The health check ports of Services whose external traffic stays on the node: load balancers ask there which nodes have
 * endpoints.
 *
 * Upstream: pkg/proxy/healthcheck/service_health.go @1.36
 */
import { createServer, type Server } from "node:http";
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { Logger } from "@kubets/service";

export interface CheckedService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly localEndpoints: number;
}

/** Undefined for a Service without such a port. */
export function checkedService(
  service: Service,
  slices: readonly EndpointSlice[],
  nodeName: string,
): CheckedService | undefined {
  const port = service.spec?.healthCheckNodePort ?? 0;
  if (port === 0) return undefined;
  const local = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter((endpoint) => endpoint.nodeName === nodeName && endpoint.conditions?.ready !== false)
    .map(({ addresses }) => addresses[0]);
  const { namespace = "", name = "" } = service.metadata;
  return { namespace, name, port, localEndpoints: new Set(local).size };
}

export interface ServiceHealthOptions {
  readonly isHealthy: () => boolean;
  readonly logger: Logger;
}

interface Listening {
  readonly server: Server;
  service: CheckedService;
}

const HEADERS_TIMEOUT_MS = 10_000;

export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #listening = new Map<string, Listening>();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** Opens the ports that are new, on each address, and closes those that nobody wants. */
  sync(services: readonly CheckedService[], addresses: readonly string[]): void {
    const wanted = new Map<string, CheckedService>();
    for (const service of services) {
      for (const address of addresses) wanted.set(`${address} ${service.port}`, service);
    }
    for (const [key, { server }] of this.#listening) {
      if (!wanted.has(key)) this.#close(key, server);
    }
    for (const [key, service] of wanted) {
      const known = this.#listening.get(key);
      if (known === undefined) this.#open(key, service);
      else known.service = service;
    }
  }

  stop(): void {
    for (const [key, { server }] of this.#listening) this.#close(key, server);
  }

  #open(key: string, service: CheckedService): void {
    const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (_, response) => {
      const { namespace, name, localEndpoints } = this.#listening.get(key)?.service ?? service;
      const serviceProxyHealthy = this.#options.isHealthy();
      response
        .writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, {
          "content-type": "application/json",
          "x-content-type-options": "nosniff",
          "x-load-balancing-endpoint-weight": String(localEndpoints),
        })
        .end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }));
    });
    const [address, port] = key.split(" ");
    this.#listening.set(key, { server, service });
    server.on("error", (error) => {
      this.#options.logger.error("cannot serve a health check port", {
        service: `${service.namespace}/${service.name}`,
        error,
      });
      // The next sync tries again.
      this.#listening.delete(key);
    });
    server.listen(Number(port), address);
  }

  #close(key: string, server: Server): void {
    this.#listening.delete(key);
    server.close();
    server.closeAllConnections();
  }
}
