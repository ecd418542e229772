/** One message in, one message out: the zone's own names from the zone, others from elsewhere. */
import type { Forwarder } from "./forwarder.ts";
import {
  encodeFormatError,
  encodeResponse,
  MESSAGE_BYTES_MAX,
  parseQuery,
  type Query,
  type Response,
  udpLimit,
} from "./message.ts";
import type { ResourceRecord, ResponseCode, ZoneAnswer } from "./resource-record.ts";
import { answersOf, simpleQuery } from "./sub-query.ts";
import type { Zone } from "./zone.ts";

export interface Request {
  readonly bytes: Buffer;
  readonly protocol: "udp" | "tcp";
  readonly signal: AbortSignal;
}

export interface Handled {
  /** Absent: nothing is to be answered. */
  readonly reply?: Buffer;
  /** For metrics. */
  readonly type: string;
  readonly rcode: string;
  /** Whose name it was: the domain, or "." for others. */
  readonly zone: string;
}

export interface AnswererOptions {
  readonly zone: Zone;
  readonly domain: string;
  readonly forwarder: Pick<Forwarder, "ask">;
  /** Before the first lists are there, "no such name" would be a lie. */
  readonly isReady: () => boolean;
  /** Changes when the records do. */
  readonly serial: () => number;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
}

const EMPTY = { answers: [], authorities: [], additionals: [] } as const;

export class Answerer {
  readonly #options: AnswererOptions;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  async handle(request: Request): Promise<Handled> {
    const parsed = parseQuery(request.bytes);
    if (parsed.kind === "ignore") return { type: "", rcode: "", zone: "dropped" };
    if (parsed.kind === "malformed") {
      return { reply: encodeFormatError(parsed.id), type: "", rcode: "FORMERR", zone: "dropped" };
    }
    const { query } = parsed;
    const own = this.#ownAnswer(query);
    if (own === "elsewhere") return this.#forward(query, request);
    const response =
      own.answer?.alias === undefined ? own.response : await this.#withAlias(own, request);
    return this.#reply(query, request, response, this.#options.domain);
  }

  #ownAnswer(query: Query): "elsewhere" | Own {
    const { zone, isReady } = this.#options;
    const refuse = (rcode: Response["rcode"]): Own => ({
      response: { ...EMPTY, rcode, authoritative: false },
      query,
    });
    if ((query.edns?.version ?? 0) !== 0) return refuse("BADVERS");
    if (query.opcode !== 0) return refuse("NOTIMP");
    if (query.class !== "IN") return refuse("REFUSED");
    // A zone's whole contents are nobody's business.
    if (query.type === "AXFR" || query.type === "IXFR") return refuse("REFUSED");
    if (!isReady()) return zone.owns(query.name) ? refuse("SERVFAIL") : "elsewhere";
    const answer = zone.answer(query);
    if (answer === undefined) return "elsewhere";
    const isEmpty = answer.answers.length === 0;
    // An address of the cluster lies in somebody else's reverse zone; that zone's SOA is not ours to give.
    const authorities = isEmpty && zone.owns(query.name) ? [zone.soa(this.#options.serial())] : [];
    return {
      response: {
        rcode: answer.rcode,
        authoritative: true,
        answers: rotate(answer.answers, this.#options.random),
        authorities,
        additionals: answer.additionals,
      },
      answer,
      query,
    };
  }

  /** The addresses behind an ExternalName, as far as they can be had; the CNAME alone is an answer too. */
  async #withAlias({ response, answer, query }: Own, request: Request): Promise<Response> {
    const { zone, forwarder } = this.#options;
    const target = answer?.alias ?? "";
    const inside = zone.answer({ name: target, type: query.type });
    if (inside !== undefined) {
      return { ...response, answers: [...response.answers, ...inside.answers] };
    }
    const asked = simpleQuery(target, query.type);
    const result = await forwarder.ask(asked, request.protocol, request.signal);
    if (result.kind !== "answer") return response;
    return { ...response, answers: [...response.answers, ...answersOf(result.bytes)] };
  }

  async #forward(query: Query, request: Request): Promise<Handled> {
    const result = await this.#options.forwarder.ask(
      request.bytes,
      request.protocol,
      request.signal,
    );
    if (result.kind === "answer") {
      const rcode = CODE_NAMES[result.bytes.readUInt16BE(2) & 0xf] ?? "OTHER";
      return { reply: result.bytes, type: query.type, rcode, zone: "." };
    }
    const rcode: ResponseCode = result.kind === "busy" ? "REFUSED" : "SERVFAIL";
    return this.#reply(query, request, { ...EMPTY, rcode, authoritative: false }, ".");
  }

  #reply(query: Query, { protocol }: Request, response: Response, zone: string): Handled {
    const limit = protocol === "udp" ? udpLimit(query) : MESSAGE_BYTES_MAX;
    const reply = encodeResponse(query, response, limit);
    return { reply, type: query.type, rcode: response.rcode, zone };
  }
}

interface Own {
  readonly response: Response;
  readonly answer?: ZoneAnswer;
  readonly query: Query;
}

const CODE_NAMES: Readonly<Record<number, string>> = {
  0: "NOERROR",
  1: "FORMERR",
  2: "SERVFAIL",
  3: "NXDOMAIN",
  4: "NOTIMP",
  5: "REFUSED",
};

/** Clients take the first address; a different one each time spreads them. */
function rotate(
  records: readonly ResourceRecord[],
  random: () => number,
): readonly ResourceRecord[] {
  if (records.length < 2) return records;
  const start = Math.floor(random() * records.length);
  return [...records.slice(start), ...records.slice(0, start)];
}
