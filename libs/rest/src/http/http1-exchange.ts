import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";
import type { ConnectionIdentity } from "@kubets/request";
import { clientGone } from "./client-gone.ts";
import { type Exchange, type Headers, type RequestTarget, valuesOf } from "./exchange.ts";
import { namesWith } from "./http2-exchange.ts";

export class Http1Exchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly httpVersion = "HTTP/1.1";
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #identity: ConnectionIdentity;
  #abort: AbortController | undefined;
  #status = 0;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    target: RequestTarget,
    identity: ConnectionIdentity,
  ) {
    this.method = request.method ?? "GET";
    this.path = target.path;
    this.query = target.query;
    this.#request = request;
    this.#response = response;
    this.#identity = identity;
  }
  get remoteAddress(): string {
    return this.#identity.remoteAddress;
  }
  get clientCertificates(): readonly Buffer[] {
    return this.#identity.clientCertificates;
  }
  get body(): Readable {
    return this.#request;
  }
  header(name: string): string | undefined {
    return this.headerValues(name)[0];
  }
  /** From the distinct list: Node would drop or join repeated lines. */
  headerValues(name: string): readonly string[] {
    return valuesOf(this.#request.headersDistinct[name]);
  }
  headerNames(prefix: string): readonly string[] {
    return namesWith(this.#request.headers, prefix);
  }
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const controller = new AbortController();
      this.#abort = controller;
      if (this.#response.closed) controller.abort(clientGone);
      else {
        this.#response.once("close", () => {
          if (!this.#response.writableFinished) controller.abort(clientGone);
        });
      }
    }
    return this.#abort.signal;
  }
  get status(): number {
    return this.#status;
  }
  get isHeadSent(): boolean {
    return this.#response.headersSent;
  }
  begin(status: number, headers: Headers): Writable {
    this.#status = status;
    this.#response.writeHead(status, headers as OutgoingHttpHeaders);
    this.#response.flushHeaders();
    return this.#response;
  }
  send(status: number, headers: Headers, body: Buffer | string): void {
    this.#status = status;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    this.#response.writeHead(status, {
      ...headers,
      "content-length": length,
      // The client is still sending what the answer did not need: nothing else can come on this connection.
      ...(this.#request.complete ? {} : { connection: "close" }),
    } as OutgoingHttpHeaders);
    this.#response.end(this.method === "HEAD" ? undefined : body);
  }
  abort(): void {
    this.#response.destroy();
  }
  onClose(task: () => void): void {
    if (this.#response.closed) task();
    else this.#response.once("close", task);
  }
}
