import { describe, expect, it } from "vitest";
import { encodeResponse, parseQuery, type Query, udpLimit } from "./message.ts";
import { dnsPacket } from "./packet-codec.ts";
import type { ResourceRecord } from "./resource-record.ts";

const NAME = "pets.default.svc.cluster.local";
function query(type = "A", udpPayloadSize?: number): Query {
  const bytes = dnsPacket.encode({
    type: "query",
    id: 77,
    flags: 0x0100,
    questions: [{ type, name: NAME }],
    ...(udpPayloadSize === undefined
      ? {}
      : { additionals: [{ type: "OPT", name: ".", udpPayloadSize }] }),
  });
  const parsed = parseQuery(bytes);
  if (parsed.kind !== "query") throw new Error(parsed.kind);
  return parsed.query;
}
const address = (index: number): ResourceRecord => ({
  name: NAME,
  type: "A",
  ttl: 30,
  data: `10.244.${index >> 8}.${index & 255}`,
});
const addresses = (count: number) => Array.from({ length: count }, (_, index) => address(index));
const respond = (to: Query, answers: readonly ResourceRecord[], limit = udpLimit(to)) =>
  encodeResponse(
    to,
    {
      rcode: "NOERROR",
      authoritative: true,
      answers,
      authorities: [],
      additionals: [],
    },
    limit,
  );

describe("a response", () => {
  it("is read by another implementation as it was meant", () => {
    const srv: ResourceRecord = {
      name: `_http._tcp.${NAME}`,
      type: "SRV",
      ttl: 5,
      data: { priority: 0, weight: 100, port: 80, target: `pets-0.${NAME}` },
    };
    const bytes = encodeResponse(
      query("SRV", 4096),
      {
        rcode: "NOERROR",
        authoritative: true,
        answers: [srv],
        authorities: [],
        additionals: [{ ...address(5), name: `pets-0.${NAME}` }],
      },
      1232,
    );
    expect(dnsPacket.decode(bytes)).toMatchObject({
      id: 77,
      type: "response",
      rcode: "NOERROR",
      flag_aa: true,
      flag_rd: true,
      questions: [{ name: NAME, type: "SRV" }],
      answers: [
        { name: `_http._tcp.${NAME}`, ttl: 5, data: { port: 80, target: `pets-0.${NAME}` } },
      ],
      additionals: [{ name: `pets-0.${NAME}`, data: "10.244.0.5" }, { type: "OPT" }],
    });
  });
  it("holds 29 addresses in 512 bytes, and says when there were more", () => {
    const fits = dnsPacket.decode(respond(query(), addresses(29)));
    expect([fits.answers.length, fits.flag_tc]).toEqual([29, false]);
    const more = dnsPacket.decode(respond(query(), addresses(100)));
    expect([more.answers.length, more.flag_tc]).toEqual([29, true]);
    expect(respond(query(), addresses(100)).length).toBeLessThanOrEqual(512);
  });
  it("is as long as the client takes, within bounds", () => {
    expect(udpLimit(query("A", 900))).toBe(900);
    expect(udpLimit(query("A", 100))).toBe(512);
    expect(udpLimit(query("A", 65_000))).toBe(1232);
    const decoded = dnsPacket.decode(respond(query("A", 1232), addresses(100)));
    expect(decoded.answers.length).toBeGreaterThan(70);
  });
  it("holds everything over TCP", () => {
    const decoded = dnsPacket.decode(respond(query(), addresses(1_000), 65_535));
    expect([decoded.answers.length, decoded.flag_tc]).toEqual([1_000, false]);
    expect(decoded.answers.at(-1)?.data).toBe("10.244.3.231");
  });
});

describe("a query", () => {
  it("that is an answer gets none", () => {
    expect(parseQuery(respond(query(), [])).kind).toBe("ignore");
    expect(parseQuery(Buffer.alloc(5)).kind).toBe("ignore");
  });
  it("that cannot be read is told so", () => {
    const bytes = dnsPacket.encode({
      type: "query",
      id: 7,
      questions: [{ type: "A", name: NAME }],
    });
    expect(parseQuery(bytes.subarray(0, 20))).toEqual({ kind: "malformed", id: 7 });
    bytes.writeUInt16BE(2, 4);
    expect(parseQuery(bytes)).toEqual({ kind: "malformed", id: 7 });
  });
  it("of any bytes is answered or not, but never stops the server", () => {
    for (let seed = 1; seed < 2_000; seed++) {
      const bytes = Buffer.alloc(12 + (seed % 60));
      for (let i = 0; i < bytes.length; i++) bytes[i] = (seed * 2_654_435_761 * (i + 7)) >>> 13;
      bytes.writeUInt16BE(0x0100, 2);
      bytes.writeUInt16BE(1, 4);
      expect(() => parseQuery(bytes)).not.toThrow();
    }
  });
});
