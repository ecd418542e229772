import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  sensitiveHeaders,
} from "node:http2";
import type { Writable } from "node:stream";
import type { ConnectionIdentity } from "@kubets/request";
import { clientGone } from "./client-gone.ts";
import { type Exchange, type Headers, type RequestTarget, valuesOf } from "./exchange.ts";

/** Over the stream API: the compatibility layer costs half of the throughput. */
export class Http2Exchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly httpVersion = "HTTP/2.0";
  readonly body: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #identity: ConnectionIdentity;
  #abort: AbortController | undefined;
  #status = 0;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    target: RequestTarget,
    identity: ConnectionIdentity,
  ) {
    this.body = stream;
    this.method = headers[":method"] ?? "GET";
    this.path = target.path;
    this.query = target.query;
    this.#headers = headers;
    this.#identity = identity;
  }
  get remoteAddress(): string {
    return this.#identity.remoteAddress;
  }
  get clientCertificates(): readonly Buffer[] {
    return this.#identity.clientCertificates;
  }
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.[0];
  }
  headerValues(name: string): readonly string[] {
    return valuesOf(this.#headers[name]);
  }
  headerNames(prefix: string): readonly string[] {
    return namesWith(this.#headers, prefix);
  }
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const controller = new AbortController();
      this.#abort = controller;
      if (this.body.closed || this.body.destroyed) controller.abort(clientGone);
      else {
        this.body.once("close", () => {
          if (!this.body.writableFinished) controller.abort(clientGone);
        });
      }
    }
    return this.#abort.signal;
  }
  get status(): number {
    return this.#status;
  }
  get isHeadSent(): boolean {
    return this.body.headersSent;
  }
  begin(status: number, headers: Headers): Writable {
    this.#status = status;
    if (this.#isGone()) return this.body;
    this.body.respond(withStatus(status, headers));
    return this.body;
  }
  send(status: number, headers: Headers, body: Buffer | string): void {
    this.#status = status;
    if (this.#isGone()) return;
    const all = withStatus(status, headers);
    all["content-length"] = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    if (this.method === "HEAD" || body.length === 0) {
      this.body.respond(all, { endStream: true });
      return;
    }
    this.body.respond(all);
    this.body.end(body);
    if (this.#hasMoreToCome()) this.body.once("finish", () => this.body.close(NO_ERROR));
  }
  /** The client is still sending what the answer did not need. RFC 9113, section 8.1. */
  #hasMoreToCome(): boolean {
    return !this.body.endAfterHeaders && !this.body.readableEnded;
  }
  abort(): void {
    if (!this.body.destroyed) this.body.close(INTERNAL_ERROR);
  }
  onClose(task: () => void): void {
    if (this.body.closed) task();
    else this.body.once("close", task);
  }
  #isGone(): boolean {
    return this.body.closed || this.body.destroyed;
  }
}

/** RFC 9113, section 7. */
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;

/**
 * Different in every answer, so no later one can refer to it. In the compression's table it would only push out what
 * repeats, and finding that among dozens of it costs more than all the rest of a header.
 */
const NEVER_INDEXED = ["audit-id"];

function withStatus(status: number, headers: Headers): OutgoingHttpHeaders {
  const all = { ":status": status, ...headers, [sensitiveHeaders]: NEVER_INDEXED };
  return all as OutgoingHttpHeaders;
}

export function namesWith(headers: IncomingHttpHeaders, prefix: string): readonly string[] {
  const names: string[] = [];
  for (const name in headers) if (name.startsWith(prefix)) names.push(name);
  return names;
}
