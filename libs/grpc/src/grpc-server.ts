/**
 * The gRPC edge: `kubets.api.v1.Objects` on its own TLS port, over node:http2 itself. A unary call costs a
 * third of what grpc-js takes for it, and watch events go out as shared ready bytes.
 */
import {
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { badRequest, requestEntityTooLarge, type StatusError, timeout } from "@kubets/api";
import { identityOf, type Outcome, type RequestContext, type RequestCore } from "@kubets/request";
import { type Clock, type Logger, TLS_OPTIONS } from "@kubets/service";
import { answerUnary } from "./calls/answer-unary.ts";
import { type CallParts, GrpcIncomingRequest } from "./calls/incoming.ts";
import { readList, readWatch } from "./calls/stream-calls.ts";
import { streamList } from "./calls/stream-list.ts";
import { unaryCalls } from "./calls/unary-calls.ts";
import { WatchStream } from "./calls/watch-stream.ts";
import { GrpcCall, messageBytesMax } from "./grpc-call.ts";
import { createHealthService, type HealthState } from "./health-service.ts";
import { createReflectionService } from "./reflection-service.ts";
import type { MessageProblem } from "./wire/message-frame.ts";
import { GRPC_INVALID_ARGUMENT, GRPC_UNIMPLEMENTED } from "./wire/status-code.ts";

export interface GrpcServerOptions {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities named to clients. */
  readonly clientCa?: string;
  readonly core: RequestCore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 to 1: spreads the ends of watches. */
  readonly random: () => number;
  /** --min-request-timeout. Default 30 min. */
  readonly minRequestTimeoutMs?: number;
  /** What the health service answers. */
  readonly health: HealthState;
}

export interface GrpcServer {
  readonly port: number;
  listen(): Promise<void>;
  /** Clients are told to go elsewhere; watches end; calls under way go on. */
  drain(): void;
  /** Resolves when no call is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const servicePrefix = "/kubets.api.v1.Objects/";
const maxStreams = 1_000;
const windowBytes = 1024 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;
/** A client that does not read is not waited for when its watch has ended. */
const patienceMs = 10_000;
const minRequestTimeoutDefaultMs = 1_800_000;

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  return new Server(options);
}

class Server implements GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: ReturnType<typeof createSecureServer>;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #watches = new Set<WatchStream>();
  readonly #whenIdle: (() => void)[] = [];
  #underWay = 0;
  #isDraining = false;
  readonly #services: Readonly<Record<string, (call: GrpcCall, stream: ServerHttp2Stream) => void>>;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { logger } = options;
    this.#services = {
      ...createHealthService(options.health),
      ...createReflectionService(),
    };
    this.#server = createSecureServer({
      ...TLS_OPTIONS,
      cert: options.certificate,
      key: options.key,
      ...(options.clientCa === undefined ? {} : { ca: options.clientCa }),
      requestCert: true,
      rejectUnauthorized: false,
      settings: {
        maxConcurrentStreams: maxStreams,
        initialWindowSize: windowBytes,
        maxHeaderListSize: 64 * 1024,
        enablePush: false,
      },
    });
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.setLocalWindowSize(connectionWindowBytes);
      session.once("close", () => this.#sessions.delete(session));
      session.on("error", (error) => logger.debug("gRPC session failed", { error }));
    });
    this.#server.on("sessionError", (error) => logger.debug("gRPC session failed", { error }));
    this.#server.on("tlsClientError", (error) => logger.debug("TLS handshake failed", { error }));
    this.#server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.#onStream(stream, headers),
    );
  }
  get port(): number {
    const address = this.#server.address();
    return isAddressInfo(address) ? address.port : this.#options.port;
  }
  listen(): Promise<void> {
    const { address, port, logger } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, address, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => logger.error("gRPC listener failed", { error }));
        logger.info("Serving gRPC", { address, port: this.port });
        resolve();
      });
    });
  }
  drain(): void {
    this.#isDraining = true;
    for (const watch of [...this.#watches]) watch.close();
    if (this.#server.listening) this.#server.close();
    for (const session of this.#sessions) session.close();
  }
  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }
  close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    return new Promise((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { logger } = this.#options;
    // Clients cancel by resetting the stream; what waits for one hears of it by `close`.
    stream.on("error", (error) => logger.debug("gRPC stream failed", { error }));
    const contentType = headers["content-type"] ?? "";
    if (headers[":method"] !== "POST" || !contentType.startsWith("application/grpc")) {
      stream.respond({ ":status": 415 }, { endStream: true });
      return;
    }
    if (this.#isDraining) {
      // Sent before the client heard that this server goes away: the code says that nothing was done, so it is sent elsewhere.
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const socket = stream.session?.socket;
    if (socket === undefined) return;
    const call = new GrpcCall(stream, headers, identityOf(socket as TLSSocket));
    const { path } = call;
    if (!path.startsWith(servicePrefix)) {
      const serve = Object.hasOwn(this.#services, path) ? this.#services[path] : undefined;
      if (serve === undefined) call.fail(GRPC_UNIMPLEMENTED, `unknown method ${path}`);
      else serve(call, stream);
      return;
    }
    const method = path.slice(servicePrefix.length);
    call.readMessage((message) => {
      if (typeof message === "string") failUnread(call, message);
      else this.#onMessage(call, method, message);
    });
  }

  #onMessage(call: GrpcCall, method: string, message: Buffer): void {
    try {
      if (method === "List") {
        const { parts, encoding } = readList(message);
        this.#run(call, parts, async (outcome) => {
          if (outcome.kind === "list") await streamList(call, outcome, encoding);
        });
      } else if (method === "Watch") {
        const { parts, encoding } = readWatch(message);
        this.#run(call, parts, (outcome) => this.#watch(call, outcome, encoding));
      } else {
        const read = Object.hasOwn(unaryCalls, method) ? unaryCalls[method] : undefined;
        if (read === undefined) {
          call.fail(GRPC_UNIMPLEMENTED, `unknown method ${method}`);
          return;
        }
        const { parts, encoding } = read(message);
        this.#run(call, parts, (outcome) => call.answer(answerUnary(outcome, encoding)));
      }
    } catch (error) {
      // The generated decoder throws for bytes that are no such message.
      call.failWith(
        badRequest(`malformed ${method} request: ${error instanceof Error ? error.message : ""}`),
      );
    }
  }

  /** Never throws and never rejects: this is where a call ends. */
  #run(call: GrpcCall, parts: CallParts, answer: (outcome: Outcome) => Promise<void> | void): void {
    const { core, clock } = this.#options;
    const context = core.begin(new GrpcIncomingRequest(call, parts));
    call.warnWith(context.warnings);
    this.#underWay++;
    const { timeoutMs } = call;
    const cancel =
      timeoutMs === undefined
        ? undefined
        : clock.setTimer(timeoutMs, () => call.failWith(timeout("the call's deadline is over", 0)));
    core
      .run(context, async (running) => {
        await answer(await core.performVerb(running));
      })
      .catch((error: unknown) => call.failWith(this.#statusOf(error, context)))
      .finally(() => {
        cancel?.();
        context.finish();
        this.#underWay--;
        if (this.#underWay === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
      });
  }

  #statusOf(error: unknown, context: RequestContext): StatusError {
    return this.#options.core.statusOf(error, context);
  }

  async #watch(
    call: GrpcCall,
    outcome: Outcome,
    encoding: ConstructorParameters<typeof WatchStream>[2],
  ): Promise<void> {
    if (outcome.kind !== "watch") return;
    const { clock, random, minRequestTimeoutMs = minRequestTimeoutDefaultMs } = this.#options;
    let cancelPatience: () => void = () => undefined;
    const watch = new WatchStream(call, outcome.store.info, encoding, () => {
      cancelPatience = clock.setTimer(patienceMs, () => call.abort());
    });
    const handle = await outcome.open(watch);
    watch.start(handle);
    this.#watches.add(watch);
    // It was being opened when the others were closed.
    if (this.#isDraining) watch.close();
    const lengthMs =
      outcome.timeoutSeconds > 0
        ? outcome.timeoutSeconds * 1_000
        : minRequestTimeoutMs * (1 + random());
    const cancel = clock.setTimer(lengthMs, () => watch.close());
    await new Promise<void>((resolve) => call.onClose(resolve));
    cancel();
    this.#watches.delete(watch);
    watch.close();
    cancelPatience();
  }
}

function failUnread(call: GrpcCall, problem: MessageProblem): void {
  switch (problem) {
    case "compressed":
      call.fail(GRPC_UNIMPLEMENTED, "compressed messages are not taken", {
        "grpc-accept-encoding": "identity",
      });
      return;
    case "tooLarge":
      call.failWith(requestEntityTooLarge(`limit is ${messageBytesMax}`));
      return;
    case "incomplete":
      call.fail(GRPC_INVALID_ARGUMENT, "the request has no whole message");
  }
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === "object";
}
