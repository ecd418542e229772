/**
 * Answers of other resolvers, for as long as they say and not longer than a bound. A question is asked again in the
 * spelling, with the options and over the protocol that it had: so an answer fits whoever gets it, byte for byte.
 *
 * Upstream: CoreDNS's plugin cache with kubeadm's "cache 30"; failures for five seconds
 */
import { nameEnd, timedRecords } from "./message-ttls.ts";

export interface AnswerCacheOptions {
  /** No answer is kept longer. Default 30. */
  readonly secondsMax?: number;
  /** Of all that is kept. Default 8 MiB. */
  readonly bytesMax?: number;
}

export type Found = { readonly kind: "success" | "denial"; readonly bytes: Buffer };

interface Entry {
  readonly bytes: Buffer;
  readonly kind: Found["kind"];
  readonly atMs: number;
  readonly untilMs: number;
}

const SECONDS_MAX = 30;
const FAILURE_SECONDS = 5;
const BYTES_MAX = 8 * 1024 * 1024;
/** What one entry takes beside its key and its bytes, about. */
const ENTRY_BYTES = 400;
const HEADER_BYTES = 12;
const TRUNCATED = 0x0200;
/** Recursion desired and checking disabled: part of the question. */
const ASKED_FLAGS = 0x0110;
const SOA = 6;
const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;

export class AnswerCache {
  readonly #secondsMax: number;
  readonly #bytesMax: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor({ secondsMax = SECONDS_MAX, bytesMax = BYTES_MAX }: AnswerCacheOptions = {}) {
    this.#secondsMax = secondsMax;
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#entries.size;
  }
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer as if it came just now: the query's id and spelling, and what is left of the times to live. */
  find(query: Buffer, protocol: "udp" | "tcp", nowMs: number): Found | undefined {
    const key = keyOf(query, protocol);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || entry === undefined) return undefined;
    this.#remove(key, entry);
    if (nowMs >= entry.untilMs) return undefined;
    this.#add(key, entry);
    const bytes = Buffer.from(entry.bytes);
    const end = questionEnd(query);
    if (end === undefined) return undefined;
    query.copy(bytes, 0, 0, 2);
    query.copy(bytes, HEADER_BYTES, HEADER_BYTES, end);
    const ageSeconds = Math.floor((nowMs - entry.atMs) / 1000);
    for (const { offset, ttl } of timedRecords(bytes) ?? []) {
      bytes.writeUInt32BE(Math.max(0, Math.min(ttl, this.#secondsMax) - ageSeconds), offset);
    }
    return { kind: entry.kind, bytes };
  }

  /** Keeps the answer where it may be kept. */
  keep(query: Buffer, protocol: "udp" | "tcp", answer: Buffer, nowMs: number): void {
    const key = keyOf(query, protocol);
    // Some errors come without the question, and then there is no place to put it in when they are given again.
    if (key === undefined || questionEnd(answer) !== questionEnd(query)) return;
    const worth = lifeOf(answer);
    if (worth === undefined) return;
    const seconds = Math.min(worth.seconds, this.#secondsMax);
    if (seconds <= 0 || sizeOf(key, answer) > this.#bytesMax) return;
    const old = this.#entries.get(key);
    if (old !== undefined) this.#remove(key, old);
    this.#add(key, {
      bytes: Buffer.from(answer),
      kind: worth.kind,
      atMs: nowMs,
      untilMs: nowMs + seconds * 1000,
    });
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#remove(oldest, entry);
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += sizeOf(key, entry.bytes);
  }
  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry.bytes);
  }
}

/** The key, too: what stands behind a question is the client's, and can be long. */
function sizeOf(key: string, bytes: Buffer): number {
  return key.length + bytes.length + ENTRY_BYTES;
}

/** Undefined for what is not one plain question. */
function keyOf(query: Buffer, protocol: string): string | undefined {
  const end = questionEnd(query);
  if (end === undefined) return undefined;
  const flags = query.readUInt16BE(2) & ASKED_FLAGS;
  const question = query.toString("latin1", HEADER_BYTES, end).toLowerCase();
  return `${protocol} ${flags} ${query.readUInt16BE(10)} ${question}${query.toString("latin1", end)}`;
}

function questionEnd(query: Buffer): number | undefined {
  if (query.length < HEADER_BYTES || query.readUInt16BE(4) !== 1) return undefined;
  const end = nameEnd(query, HEADER_BYTES);
  return end === undefined || end + 4 > query.length ? undefined : end + 4;
}

/** How long an answer may be believed; undefined: not at all. */
function lifeOf(answer: Buffer): { kind: Found["kind"]; seconds: number } | undefined {
  const records = timedRecords(answer);
  if (records === undefined || (answer.readUInt16BE(2) & TRUNCATED) !== 0) return undefined;
  const code = answer.readUInt16BE(2) & 0xf;
  if (code === SERVFAIL) return { kind: "denial", seconds: FAILURE_SECONDS };
  if (code !== NOERROR && code !== NXDOMAIN) return undefined;
  if (code === NOERROR && answer.readUInt16BE(6) > 0) {
    return { kind: "success", seconds: Math.min(...records.map(({ ttl }) => ttl)) };
  }
  const soa = records.find(({ section, type }) => section === "authority" && type === SOA);
  // Without it nobody says how long there will be nothing (RFC 2308, section 5).
  if (soa === undefined || soa.dataLength < 4) return undefined;
  const minimum = answer.readUInt32BE(soa.dataOffset + soa.dataLength - 4);
  return { kind: "denial", seconds: Math.min(minimum, ...records.map(({ ttl }) => ttl)) };
}
