/**
 * One HTTP/2 connection to one of several servers, made when it is first needed and made again, at the
 * next address and with back-off, after it broke. Calls that come while no connection is there share the
 * next attempt; when it fails they all fail, so nothing waits longer than one back-off and one round of
 * the addresses.
 */
import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Clock } from "@kubets/service";
import { ClientError } from "../client.ts";
import type { TlsOptions } from "./tls-options.ts";

export interface ConnectionOptions {
  /** `https://host:port` or `http://host:port`. */
  readonly servers: readonly string[];
  readonly tls?: TlsOptions;
  readonly clock: Clock;
  readonly random: () => number;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** A ping goes out after so long without one while the connection is in use. Default 30,000; upstream's HTTP2_READ_IDLE_TIMEOUT_SECONDS. */
  readonly keepaliveMs?: number;
  /** Without an answer to a ping for so long the connection counts as broken. Default 15,000; upstream's HTTP2_PING_TIMEOUT_SECONDS. */
  readonly keepaliveTimeoutMs?: number;
}

type State =
  | { readonly kind: "idle"; readonly notBeforeMs: number; readonly failures: number }
  | { readonly kind: "connecting"; readonly session: Promise<ClientHttp2Session> }
  | { readonly kind: "ready"; readonly session: ClientHttp2Session }
  | { readonly kind: "closed" };

const BACKOFF_BASE_MS = 50;
const BACKOFF_MAX_MS = 2_000;
/** What a server may send ahead of our reading, for the connection; one stream gets a quarter. */
const WINDOW_BYTES = 16 * 1024 * 1024;

export class Http2Connection {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  #state: State = { kind: "idle", notBeforeMs: 0, failures: 0 };
  #nextServer = 0;

  constructor(options: ConnectionOptions) {
    if (options.servers.length === 0) {
      throw new ClientError("unreachable", "no server address was given");
    }
    this.#options = options;
  }

  /** The session to send a request on; throws ClientError "unreachable". */
  session(): ClientHttp2Session | Promise<ClientHttp2Session> {
    const state = this.#state;
    switch (state.kind) {
      case "ready":
        return state.session;
      case "connecting":
        return state.session;
      case "closed":
        return Promise.reject(new ClientError("cancelled", "the client is closed"));
      case "idle": {
        const session = this.#connect(state.notBeforeMs, state.failures);
        this.#state = { kind: "connecting", session };
        return session;
      }
    }
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: "closed" };
    this.#closing.abort();
    if (state.kind !== "ready" || state.session.destroyed) return;
    await new Promise<void>((resolve) => {
      state.session.once("close", resolve);
      state.session.destroy();
    });
  }

  async #connect(notBeforeMs: number, failures: number): Promise<ClientHttp2Session> {
    const { clock, servers, random } = this.#options;
    const waitMs = notBeforeMs - clock.monotonicMs();
    if (waitMs > 0) await this.#pause(waitMs);
    const causes: unknown[] = [];
    for (let tried = 0; tried < servers.length; tried++) {
      if (this.#closing.signal.aborted) break;
      const server = servers[this.#nextServer % servers.length] ?? "";
      try {
        const session = await this.#open(server);
        if (this.#closing.signal.aborted) {
          session.destroy();
          break;
        }
        this.#state = { kind: "ready", session };
        this.#watchOver(session);
        return session;
      } catch (error) {
        causes.push(error);
        this.#nextServer++;
      }
    }
    if (this.#closing.signal.aborted) throw new ClientError("cancelled", "the client is closed");
    const delayMs = Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_MAX_MS);
    this.#state = {
      kind: "idle",
      notBeforeMs: clock.monotonicMs() + delayMs * (0.8 + 0.4 * random()),
      failures: Math.min(failures + 1, 16),
    };
    throw new ClientError("unreachable", `no connection to ${servers.join(", ")}`, {
      cause: causes.length === 1 ? causes[0] : new AggregateError(causes),
    });
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(delayMs, resolve);
      this.#closing.signal.addEventListener(
        "abort",
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
  }

  #open(server: string): Promise<ClientHttp2Session> {
    const { tls = {}, clock, connectTimeoutMs = 10_000 } = this.#options;
    return new Promise((resolve, reject) => {
      const session = connect(server, {
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
        ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
        rejectUnauthorized: tls.insecureSkipVerify !== true,
        ALPNProtocols: ["h2"],
        settings: { enablePush: false, initialWindowSize: WINDOW_BYTES / 4 },
        maxSessionMemory: 1024,
      });
      const cancel = clock.setTimer(connectTimeoutMs, () => {
        session.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
      });
      session.once("connect", () => {
        cancel();
        session.off("error", reject);
        session.setLocalWindowSize(WINDOW_BYTES);
        resolve(session);
      });
      session.once("error", reject);
      session.once("close", () => {
        cancel();
        reject(new Error("the connection was closed while it was made"));
      });
    });
  }

  /** Keeps the state in step with the session and pings it. */
  #watchOver(session: ClientHttp2Session): void {
    const { clock, keepaliveMs = 30_000, keepaliveTimeoutMs = 15_000 } = this.#options;
    let cancel = () => {};
    const gone = () => {
      cancel();
      if (this.#state.kind !== "ready" || this.#state.session !== session) return;
      this.#nextServer++;
      this.#state = { kind: "idle", notBeforeMs: 0, failures: 0 };
    };
    // Streams report the error to their own callers; here it only must not be unhandled.
    session.on("error", gone);
    session.on("close", gone);
    session.on("goaway", () => {
      gone();
      session.close();
    });
    const ping = () => {
      if (session.destroyed || session.closed) return;
      cancel = clock.setTimer(keepaliveTimeoutMs, () =>
        session.destroy(undefined, constants.NGHTTP2_CANCEL),
      );
      session.ping(() => {
        cancel();
        cancel = clock.setTimer(keepaliveMs, ping);
      });
    };
    cancel = clock.setTimer(keepaliveMs, ping);
  }
}
