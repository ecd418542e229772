/**
 * One HTTP request and its answer, the same over HTTP/2 and HTTP/1.1. Everything above this file knows
 * neither of Node's two servers.
 */
import type { Readable, Writable } from "node:stream";

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface Exchange {
  readonly method: string;
  /** Decoded; never empty. */
  readonly path: string;
  /** Behind the question mark, as it came. */
  readonly query: string;
  readonly httpVersion: "HTTP/2.0" | "HTTP/1.1";
  readonly remoteAddress: string;
  /** DER, leaf first; the same buffers for each request of a connection. */
  readonly clientCertificates: readonly Buffer[];
  /** A header's first value by lower-case name. */
  header(name: string): string | undefined;
  headerValues(name: string): readonly string[];
  headerNames(prefix: string): readonly string[];
  readonly body: Readable;
  /** What `signal` of the request becomes: aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** Of the answer; 0 before there is one. */
  readonly status: number;
  readonly isHeadSent: boolean;
  /** Writes the head; the body follows on what it returns. Only once. */
  begin(status: number, headers: Headers): Writable;
  /** Head and whole body. Only once. */
  send(status: number, headers: Headers, body: Buffer | string): void;
  /** Breaks the exchange: where something fails behind the head. */
  abort(): void;
  /** Called once when nothing more can be written, for whatever reason. */
  onClose(task: () => void): void;
}

/** The values of a header as one list, where Node gives either form. */
export function valuesOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return none;
  return typeof value === "string" ? [value] : value;
}

const none: readonly string[] = [];

export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Undefined when the target is malformed. */
export function parseTarget(target: string): RequestTarget | undefined {
  const mark = target.indexOf("?");
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark + 1);
  if (!raw.startsWith("/")) return parseAbsolute(target);
  if (!raw.includes("%")) return { path: raw, query };
  try {
    return { path: decodeURIComponent(raw), query };
  } catch {
    // An escape that is no UTF-8: there is no path to speak of.
    return undefined;
  }
}

/** HTTP/1.1 clients of a proxy send the whole URL. */
function parseAbsolute(target: string): RequestTarget | undefined {
  const match = /^https?:\/\/[^/?#]+(\/.*)?$/.exec(target);
  return match === null ? undefined : parseTarget(match[1] ?? "/");
}
