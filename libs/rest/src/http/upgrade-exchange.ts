/** What a request for an upgrade is answered with as long as it has not been upgraded: plain HTTP, then the end. */
import { STATUS_CODES } from "node:http";
import type { Readable, Writable } from "node:stream";
import { type Clock, endGently } from "@kubets/service";
import { clientGone } from "./client-gone.ts";
import { type Exchange, type Headers, valuesOf } from "./exchange.ts";
import { namesWith } from "./http2-exchange.ts";
import type { UpgradeRequest } from "./upgrade-request.ts";
import { type MessageForm, openMessages } from "./websocket-messages.ts";

export class UpgradeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly httpVersion = "HTTP/1.1";
  readonly #upgrade: UpgradeRequest;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #status = 0;

  constructor(upgrade: UpgradeRequest, clock: Clock) {
    this.#upgrade = upgrade;
    this.#clock = clock;
    this.method = upgrade.request.method ?? "GET";
    this.path = upgrade.target.path;
    this.query = upgrade.target.query;
    upgrade.socket.once("close", () => this.#abort.abort(clientGone));
  }
  get remoteAddress(): string {
    return this.#upgrade.identity.remoteAddress;
  }
  get clientCertificates(): readonly Buffer[] {
    return this.#upgrade.identity.clientCertificates;
  }
  get body(): Readable {
    return this.#upgrade.request;
  }
  header(name: string): string | undefined {
    return this.headerValues(name)[0];
  }
  headerValues(name: string): readonly string[] {
    return valuesOf(this.#upgrade.request.headersDistinct[name]);
  }
  headerNames(prefix: string): readonly string[] {
    return namesWith(this.#upgrade.request.headers, prefix);
  }
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get status(): number {
    return this.#status;
  }
  get isHeadSent(): boolean {
    return this.#status !== 0;
  }
  begin(status: number, headers: Headers): Writable {
    const { socket } = this.#upgrade;
    this.#status = status;
    socket.write(head(status, { ...headers, connection: "close" }));
    // Nobody else looks after the connection any more.
    socket.once("finish", () => endGently(socket, this.#clock));
    return socket;
  }
  send(status: number, headers: Headers, body: Buffer | string): void {
    this.begin(status, { ...headers, "content-length": String(Buffer.byteLength(body)) }).end(body);
  }
  /** Becomes a WebSocket that only we speak on: each write is a message. Only once, as `begin`. */
  beginMessages(form: MessageForm): Writable {
    this.#status = 101;
    return openMessages(this.#upgrade, form);
  }
  /** The protocol has changed: from here on the connection belongs to whoever speaks it. */
  switched(rawHeaders: readonly string[]): void {
    this.#status = 101;
    let text = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\n`;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
    }
    this.#upgrade.socket.write(Buffer.from(`${text}\r\n`, "latin1"));
  }
  abort(): void {
    this.#upgrade.socket.destroy();
  }
  onClose(task: () => void): void {
    const { socket } = this.#upgrade;
    if (socket.closed) task();
    else socket.once("close", task);
  }
}

function head(status: number, headers: Headers): Buffer {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    for (const each of valuesOf(value)) text += `${name}: ${each}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, "latin1");
}
