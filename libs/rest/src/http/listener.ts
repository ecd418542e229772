/**
 * One TLS port, two servers behind it: a connection goes by its ALPN value to the HTTP/2 or the HTTP/1.1
 * server. Upgrades come without ALPN, hence as HTTP/1.1.
 *
 * The two stay apart because a `request` listener on node:http2 would put its compatibility layer under every
 * stream.
 */
import {
  createServer as createHttp1Server,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { identityOf } from "@kubets/request";
import { type Clock, endGently, type Logger, sleep, TLS_OPTIONS } from "@kubets/service";
import { type Exchange, parseTarget } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { UpgradeRequest } from "./upgrade-request.ts";

export interface ListenerOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities named to clients that ask which certificate to send. Verified by authentication. */
  readonly clientCa?: string;
  /** --http2-max-streams-per-connection. Default 1,000. */
  readonly maxStreams?: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onExchange: (exchange: Exchange) => void;
  readonly onUpgrade: (request: UpgradeRequest) => void;
}

const headerBytesMax = 64 * 1024;
const headersTimeoutMs = 32_000;
const handshakeTimeoutMs = 10_000;
const idleTimeoutMs = 90_000;
/** For the last bytes of the last answers. */
const flushMs = 1_000;
const keepAliveMs = 15_000;
const windowBytes = 256 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;
const maxStreamsDefault = 1_000;

export interface Listener {
  readonly port: number;
  listen(): Promise<void>;
  /** No new connections; HTTP/2 clients are told to go elsewhere, idle ones are closed. */
  drain(): void;
  /** Breaks what is left. */
  close(): Promise<void>;
}

export function createListener(options: ListenerOptions): Listener {
  const { logger, clock } = options;
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<TLSSocket>();
  const http2 = createHttp2Server({
    maxHeaderListPairs: 256,
    settings: {
      maxConcurrentStreams: options.maxStreams ?? maxStreamsDefault,
      initialWindowSize: windowBytes,
      maxFrameSize: windowBytes,
      maxHeaderListSize: headerBytesMax,
      enablePush: false,
    },
  });
  http2.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(connectionWindowBytes);
    session.once("close", () => sessions.delete(session));
    session.on("error", (error) => logger.debug("HTTP/2 session failed", { error }));
  });
  http2.on("sessionError", (error) => logger.debug("HTTP/2 session failed", { error }));
  http2.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
    onStream(options, stream, headers),
  );

  const http1 = createHttp1Server({
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersTimeoutMs,
    // Long-running requests have no end that a timer could know.
    requestTimeout: 0,
    keepAliveTimeout: idleTimeoutMs,
    // Other wishes to upgrade (h2c) may be ignored, and are.
    shouldUpgradeCallback: (request) => mayUpgrade(request),
  });
  http1.on("request", (request, response) => onRequest(options, request, response));
  http1.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = parseTarget(request.url ?? "/");
    if (!(socket instanceof TLSSocket) || target === undefined) {
      refuse(socket, clock);
      return;
    }
    socket.on("error", (error) => logger.debug("Upgraded connection failed", { error }));
    // A client that went away without a word is found out.
    socket.setKeepAlive(true, keepAliveMs);
    options.onUpgrade({ request, socket, head, target, identity: identityOf(socket) });
  });
  http1.on("clientError", (_error, socket) => {
    if (socket.writable) refuse(socket, clock);
  });

  const tls = createTlsServer({
    ...TLS_OPTIONS,
    cert: options.certificate,
    key: options.key,
    ...(options.clientCa === undefined ? {} : { ca: options.clientCa }),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: handshakeTimeoutMs,
  });
  tls.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", (error) => logger.debug("Connection failed", { error }));
    socket.setNoDelay(true);
    (socket.alpnProtocol === "h2" ? http2 : http1).emit("connection", socket);
  });
  tls.on("tlsClientError", (error) => logger.debug("TLS handshake failed", { error }));

  const portNow = () => {
    const address = tls.address();
    return isAddressInfo(address) ? address.port : options.port;
  };
  // Asked for once: a server that has closed does not say so again, and it may have closed before its last socket has.
  let closed: Promise<void> | undefined;
  const closeServer = () => {
    closed ??= new Promise((resolve) => {
      tls.close(() => resolve());
    });
    return closed;
  };
  return {
    get port() {
      return portNow();
    },
    listen: () =>
      new Promise((resolve, reject) => {
        tls.once("error", reject);
        tls.listen({ port: options.port, host: options.address, backlog: 1024 }, () => {
          tls.off("error", reject);
          tls.on("error", (error) => logger.error("Listener failed", { error }));
          logger.info("Serving securely", { address: options.address, port: portNow() });
          resolve();
        });
      }),
    drain: () => {
      void closeServer();
      for (const session of sessions) session.close();
      http1.closeIdleConnections();
    },
    close: async () => {
      const allGone = closeServer();
      // What was answered last may still be on its way out: connections end by themselves behind it.
      for (const session of sessions) session.close();
      http1.closeIdleConnections();
      const patience = new AbortController();
      const isOver = sleep(clock, flushMs, patience.signal).catch(() => undefined);
      await Promise.race([allGone, isOver]);
      patience.abort();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await allGone;
    },
  };
}

/** What cannot be understood. */
function refuse(socket: Duplex, clock: Clock): void {
  socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  endGently(socket, clock);
}

/** Only connecting subresources, logs and watches become something else than HTTP. */
function mayUpgrade({ url = "", headers }: IncomingMessage): boolean {
  const protocol = headers.upgrade?.toLowerCase() ?? "";
  const isWebSocket = protocol === "websocket";
  if (!isWebSocket && !protocol.startsWith("spdy/")) return false;
  return UPGRADED.test(url) || (isWebSocket && WATCHED_OR_LOG.test(url));
}

const UPGRADED = /\/(?:exec|attach|portforward|proxy)(?:[/?]|$)/;
const WATCHED_OR_LOG = /\/log(?:\?|$)|[?&]watch(?:[=&]|$)|^\/(?:api|apis\/[^/]+)\/[^/]+\/watch\//;

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === "object";
}

function onStream(
  { logger, onExchange }: ListenerOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  // Clients reset streams whenever they like; what waits for one hears of it by `close`.
  stream.on("error", (error) => logger.debug("HTTP/2 stream failed", { error }));
  const target = parseTarget(headers[":path"] ?? "");
  const socket = stream.session?.socket;
  if (target === undefined || socket === undefined) {
    stream.respond({ ":status": 400 }, { endStream: true });
    return;
  }
  onExchange(new Http2Exchange(stream, headers, target, identityOf(plainSocket(socket))));
}

/** Node hands out a guard around the socket that refuses most methods; reading a certificate is allowed. */
function plainSocket(socket: unknown): TLSSocket {
  return socket as TLSSocket;
}

function onRequest(
  { logger, onExchange }: ListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.on("error", (error) => logger.debug("Request failed", { error }));
  response.on("error", (error) => logger.debug("Response failed", { error }));
  const target = parseTarget(request.url ?? "/");
  if (target === undefined || !(request.socket instanceof TLSSocket)) {
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("Bad Request\n");
    return;
  }
  onExchange(new Http1Exchange(request, response, target, identityOf(request.socket)));
}
