/**
 * A component's own port: health, metrics and configuration, and whatever its owner adds (the kubelet's node API).
 * Health is open as upstream's `--authorization-always-allow-paths` has it; everything else goes through `access`.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { HealthChecks } from "./health-checks.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Runnable } from "./runnable.ts";
import { TLS_OPTIONS } from "./tls-options.ts";

export interface ServerCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities whose client certificates are asked for; none: no certificate is asked for. */
  readonly clientCa?: string;
}

/** A refusal: what the client is told. */
export interface AccessRefusal {
  readonly status: 401 | 403 | 500;
  readonly message: string;
}

/** Who may read a path: the component's delegated authentication and authorization. Undefined lets it pass. */
export type AccessCheck = (
  request: IncomingMessage,
  path: string,
) => Promise<AccessRefusal | undefined> | AccessRefusal | undefined;

export interface ServiceServerOptions {
  /** For logs. Default "service-server". */
  readonly name?: string;
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absent: plain HTTP; for loopback only. */
  readonly tls?: ServerCertificate;
  readonly logger: Logger;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  /** What /configz shows: a document by component name. Absent: the path is not served. */
  readonly configz?: () => unknown;
  /** "open" is for ports that nobody else can reach. */
  readonly access: AccessCheck | "open";
  /** Paths of the owner; false: not one of its paths. Access has been checked. */
  readonly handler?: (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ) => Promise<boolean> | boolean;
  /** Upgrades (exec, attach, port-forward). The owner checks access itself, since it knows the verb. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const HEADERS_TIMEOUT_MS = 15_000;
const HEADER_BYTES_MAX = 16 * 1024;

export class ServiceServer implements Runnable {
  readonly name: string;
  readonly #options: ServiceServerOptions;
  readonly #server: ReturnType<typeof createHttpServer> | ReturnType<typeof createHttpsServer>;
  readonly #upgraded = new Set<Duplex>();

  constructor(options: ServiceServerOptions) {
    this.name = options.name ?? "service-server";
    this.#options = options;
    const limits = { headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: HEADER_BYTES_MAX };
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createHttpServer(limits)
        : createHttpsServer({
            ...limits,
            ...TLS_OPTIONS,
            cert: tls.certificate,
            key: tls.key,
            // The certificate is verified where the user is made of it, so that a wrong one is a 401 and not a broken handshake.
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => this.#fail(response, error));
    });
    const { upgrade } = options;
    // Without a listener the wish is ignored and the request is one like any other.
    if (upgrade === undefined) return;
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      // The server has let go of it: nobody else would hear that it broke, and the process would end.
      socket.on("error", () => socket.destroy());
      socket.once("close", () => this.#upgraded.delete(socket));
      upgrade(request, socket, head);
    });
  }

  /** The port it listens on, once started. */
  get port(): number {
    const address = this.#server.address();
    return isAddressInfo(address) ? address.port : this.#options.port;
  }

  start(): Promise<void> {
    const { address, port, logger } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, address, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => logger.error("Server error", { error }));
        logger.info("Listening", { server: this.name, address, port: this.port });
        resolve();
      });
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#server.listening) {
        resolve();
        return;
      }
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      for (const socket of this.#upgraded) socket.destroy();
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, health, metrics, configz, handler } = this.#options;
    const url = URL.parse(request.url ?? "/", "http://component");
    if (url === null) {
      send(response, 400, "Bad Request\n");
      return;
    }
    const answer = await health.answer(url.pathname, url.searchParams);
    if (answer !== undefined) {
      response.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    }
    const refusal = access === "open" ? undefined : await access(request, url.pathname);
    if (refusal !== undefined) {
      send(response, refusal.status, `${refusal.message}\n`);
      return;
    }
    if (url.pathname === "/metrics") {
      const text = await metrics.text();
      response.writeHead(200, { "content-type": metrics.contentType }).end(text);
      return;
    }
    if (url.pathname === "/configz" && configz !== undefined) {
      const body = JSON.stringify(configz());
      response.writeHead(200, { "content-type": "application/json" }).end(body);
      return;
    }
    if ((await handler?.(request, response, url)) === true) return;
    send(response, 404, "404 page not found\n");
  }

  #fail(response: ServerResponse, error: unknown): void {
    this.#options.logger.error("Request failed", { server: this.name, error });
    if (response.headersSent) response.destroy();
    else send(response, 500, "Internal Server Error\n");
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, {
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
    })
    .end(body);
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
