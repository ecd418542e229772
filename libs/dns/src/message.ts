/**
 * DNS messages: what is read of a query, and answers written with names shortened by pointers. Records are encoded by
 * dns-packet; the shortening is ours, since without it 512 bytes hold a third of the addresses.
 */
import { dnsPacket, toType } from "./packet-codec.ts";
import type { ResourceRecord, ResponseCode } from "./resource-record.ts";

export interface Query {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly class: string;
  /** 0 is a standard query. */
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** Absent: the client does not know EDNS. */
  readonly edns?: { readonly version: number; readonly payloadSize: number };
  /** The question as it came. */
  readonly questionBytes: Buffer;
}

export type ParsedQuery =
  | { readonly kind: "query"; readonly query: Query }
  /** Something that can be answered, but only with an error. */
  | { readonly kind: "malformed"; readonly id: number }
  /** Not even that: too short, or an answer. */
  | { readonly kind: "ignore" };

export interface Response {
  readonly rcode: ResponseCode | "BADVERS";
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

const HEADER_BYTES = 12;
const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;
const FLAG_CHECKING_DISABLED = 0x0010;
const CLASS_IN = 1;
const OPT_BYTES = 11;
/** What we take over UDP. */
export const PAYLOAD_BYTES_MAX = 1232;
export const PAYLOAD_BYTES_MIN = 512;
export const MESSAGE_BYTES_MAX = 65_535;
/** Pointers have 14 bits. */
const POINTER_MAX = 0x3fff;

const CODES: Readonly<Record<Response["rcode"], number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
};

export function parseQuery(bytes: Buffer): ParsedQuery {
  if (bytes.length < HEADER_BYTES) return { kind: "ignore" };
  // Answering an answer would let two servers talk for ever.
  if ((bytes.readUInt16BE(2) & FLAG_RESPONSE) !== 0) return { kind: "ignore" };
  const id = bytes.readUInt16BE(0);
  // Checked before anything is decoded: these counts are the sender's.
  if (bytes.readUInt16BE(4) !== 1 || bytes.readUInt16BE(6) > 0 || bytes.readUInt16BE(10) > 2) {
    return { kind: "malformed", id };
  }
  try {
    const packet = dnsPacket.decode(bytes);
    const [question] = packet.questions;
    if (question === undefined) return { kind: "malformed", id };
    dnsPacket.question.decode(bytes, HEADER_BYTES);
    const questionEnd = HEADER_BYTES + dnsPacket.question.decode.bytes;
    const opt = packet.additionals.find(({ type }) => type === "OPT");
    return {
      kind: "query",
      query: {
        id,
        name: question.name === "." ? "" : question.name,
        type: question.type,
        class: question.class,
        opcode: (bytes.readUInt16BE(2) >> 11) & 0xf,
        recursionDesired: packet.flag_rd,
        checkingDisabled: packet.flag_cd,
        ...(opt === undefined
          ? {}
          : {
              edns: {
                version: opt.ednsVersion ?? 0,
                payloadSize: opt.udpPayloadSize ?? PAYLOAD_BYTES_MIN,
              },
            }),
        questionBytes: bytes.subarray(HEADER_BYTES, questionEnd),
      },
    };
  } catch {
    // Whatever the decoder stumbled over, the sender made it.
    return { kind: "malformed", id };
  }
}

/** The most that this client takes over UDP. */
export function udpLimit(query: Query): number {
  const asked = query.edns?.payloadSize ?? PAYLOAD_BYTES_MIN;
  return Math.min(Math.max(asked, PAYLOAD_BYTES_MIN), PAYLOAD_BYTES_MAX);
}

/** With more answers than fit, as many as do and the flag that sends the client to TCP. */
export function encodeResponse(query: Query, response: Response, bytesMax: number): Buffer {
  const writer = new MessageWriter(query, bytesMax);
  const answers = writer.records(response.answers);
  const authorities = writer.records(response.authorities);
  const truncated = answers < response.answers.length || authorities < response.authorities.length;
  // What is additional may be left out without telling.
  const additionals = truncated ? 0 : writer.records(response.additionals);
  return writer.end({ response, answers, authorities, additionals, truncated });
}

export function encodeFormatError(id: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(FLAG_RESPONSE | CODES.FORMERR, 2);
  return bytes;
}

interface Counts {
  readonly response: Response;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly truncated: boolean;
}

class MessageWriter {
  readonly #query: Query;
  readonly #limit: number;
  /** Where a name, or the end of one, has been written already. */
  readonly #names = new Map<string, number>();
  #bytes: Buffer;
  #offset: number;

  constructor(query: Query, bytesMax: number) {
    this.#query = query;
    this.#limit = bytesMax - (query.edns === undefined ? 0 : OPT_BYTES);
    this.#bytes = Buffer.allocUnsafe(PAYLOAD_BYTES_MAX);
    query.questionBytes.copy(this.#bytes, HEADER_BYTES);
    this.#offset = HEADER_BYTES + query.questionBytes.length;
    // By the labels as they came: one may have a dot inside.
    let rest = query.name;
    for (let at = 0; rest !== ""; ) {
      this.#names.set(rest, HEADER_BYTES + at);
      const length = query.questionBytes[at] ?? 0;
      const label = query.questionBytes.toString("utf8", at + 1, at + 1 + length);
      at += 1 + length;
      rest = rest.slice(label.length + 1);
    }
  }

  /** Writes as many as fit and says how many those were. */
  records(records: readonly ResourceRecord[]): number {
    let written = 0;
    for (const record of records) {
      const start = this.#offset;
      this.#record(record);
      if (this.#offset > this.#limit) {
        this.#offset = start;
        for (const [name, at] of this.#names) if (at >= start) this.#names.delete(name);
        break;
      }
      written += 1;
    }
    return written;
  }

  end(counts: Counts): Buffer {
    const { rcode, authoritative } = counts.response;
    const { edns, id, recursionDesired, checkingDisabled, opcode } = this.#query;
    const code = CODES[rcode];
    const bytes = this.#bytes;
    bytes.writeUInt16BE(id, 0);
    bytes.writeUInt16BE(
      FLAG_RESPONSE |
        (opcode << 11) |
        (authoritative ? FLAG_AUTHORITATIVE : 0) |
        (counts.truncated ? FLAG_TRUNCATED : 0) |
        (recursionDesired ? FLAG_RECURSION_DESIRED : 0) |
        FLAG_RECURSION_AVAILABLE |
        (checkingDisabled ? FLAG_CHECKING_DISABLED : 0) |
        (code & 0xf),
      2,
    );
    bytes.writeUInt16BE(1, 4);
    bytes.writeUInt16BE(counts.answers, 6);
    bytes.writeUInt16BE(counts.authorities, 8);
    bytes.writeUInt16BE(counts.additionals + (edns === undefined ? 0 : 1), 10);
    if (edns !== undefined) this.#opt(code >> 4);
    return this.#bytes.subarray(0, this.#offset);
  }

  #opt(extendedCode: number): void {
    this.#reserve(OPT_BYTES);
    const bytes = this.#bytes;
    const at = this.#offset;
    bytes.fill(0, at, at + OPT_BYTES);
    bytes.writeUInt16BE(toType("OPT"), at + 1);
    bytes.writeUInt16BE(PAYLOAD_BYTES_MAX, at + 3);
    bytes.writeUInt8(extendedCode, at + 5);
    this.#offset += OPT_BYTES;
  }

  #record({ name, type, ttl, data }: ResourceRecord): void {
    const codec = dnsPacket.record(type);
    this.#reserve(Buffer.byteLength(name) + 2 + 10 + codec.encodingLength(data));
    this.#name(name);
    const bytes = this.#bytes;
    bytes.writeUInt16BE(toType(type), this.#offset);
    bytes.writeUInt16BE(CLASS_IN, this.#offset + 2);
    bytes.writeUInt32BE(ttl, this.#offset + 4);
    codec.encode(data, bytes, this.#offset + 8);
    this.#offset += 8 + codec.encode.bytes;
  }

  #name(name: string): void {
    for (let rest = name; rest !== ""; ) {
      const known = this.#names.get(rest);
      if (known !== undefined && known <= POINTER_MAX) {
        this.#bytes.writeUInt16BE(0xc000 | known, this.#offset);
        this.#offset += 2;
        return;
      }
      this.#names.set(rest, this.#offset);
      const dot = rest.indexOf(".");
      const label = dot < 0 ? rest : rest.slice(0, dot);
      const length = this.#bytes.write(label, this.#offset + 1);
      this.#bytes.writeUInt8(length, this.#offset);
      this.#offset += 1 + length;
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    this.#bytes.writeUInt8(0, this.#offset);
    this.#offset += 1;
  }

  #reserve(more: number): void {
    if (this.#offset + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#offset + more));
    this.#bytes.copy(larger, 0, 0, this.#offset);
    this.#bytes = larger;
  }
}
