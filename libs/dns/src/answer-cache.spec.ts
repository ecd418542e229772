import { describe, expect, it } from "vitest";
import { AnswerCache } from "./answer-cache.ts";
import { dnsPacket } from "./packet-codec.ts";

const ask = (name: string, type = "A", more: object = {}) =>
  dnsPacket.encode({ type: "query", id: 7, flags: 0x100, questions: [{ name, type }], ...more });
const answer = (name: string, records: readonly object[], more: object = {}) =>
  dnsPacket.encode({
    type: "response",
    id: 7,
    questions: [{ name, type: "A" }],
    answers: records,
    ...more,
  });
const a = (name: string, ttl: number) => ({ name, type: "A", ttl, data: "192.0.2.7" });
const soa = (ttl: number, minimum: number) => ({
  name: "example.com",
  type: "SOA",
  ttl,
  data: {
    mname: "ns.example.com",
    rname: "x.example.com",
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum,
  },
});
const name = "www.example.com";

describe("answers of other resolvers", () => {
  it("are given again, with the id and spelling of who asks and the time that is left", () => {
    const cache = new AnswerCache();
    cache.keep(ask(name), "udp", answer(name, [a(name, 20)]), 0);
    const found = cache.find(ask("WWW.example.com", "A", { id: 99 }), "udp", 5_900);
    const packet = dnsPacket.decode(found?.bytes ?? Buffer.alloc(0));
    expect(packet).toMatchObject({ id: 99, questions: [{ name: "WWW.example.com" }] });
    expect(packet.answers).toMatchObject([{ ttl: 15, data: "192.0.2.7" }]);
    expect(cache.find(ask(name), "udp", 20_000)).toBeUndefined();
    expect(cache.size).toBe(0);
  });
  it("are kept no longer than the bound, and say so", () => {
    const cache = new AnswerCache({ secondsMax: 30 });
    cache.keep(ask(name), "udp", answer(name, [a(name, 86_400)]), 0);
    const { bytes = Buffer.alloc(0) } = cache.find(ask(name), "udp", 10_000) ?? {};
    expect(dnsPacket.decode(bytes).answers).toMatchObject([{ ttl: 20 }]);
    expect(cache.find(ask(name), "udp", 30_000)).toBeUndefined();
  });
  it.each([
    ["another type", ask(name, "AAAA")],
    ["another name", ask("w.example.com")],
    [
      "another payload size",
      ask(name, "A", { additionals: [{ type: "OPT", name: ".", udpPayloadSize: 4096 }] }),
    ],
    ["checking disabled", ask(name, "A", { flags: 0x110 })],
  ])("are not for %s", (_, query) => {
    const cache = new AnswerCache();
    cache.keep(ask(name), "udp", answer(name, [a(name, 20)]), 0);
    expect(cache.find(query, "udp", 1)).toBeUndefined();
    expect(cache.find(ask(name), "tcp", 1)).toBeUndefined();
    expect(cache.find(ask(name), "udp", 1)).toBeDefined();
  });
  it.each([
    ["no such name", 3, [soa(300, 12)], 12],
    ["no such data", 0, [soa(9, 300)], 9],
    ["a denial without an SOA", 3, [], 0],
    ["a failure", 2, [], 5],
    ["a refusal", 5, [], 0],
  ])("%s counts as long as it says", (_, code, authorities, seconds) => {
    const cache = new AnswerCache();
    cache.keep(ask(name), "udp", answer(name, [], { flags: code, authorities }), 0);
    expect(cache.find(ask(name), "udp", seconds * 1000 - 1)?.kind).toBe(
      seconds > 0 ? "denial" : undefined,
    );
    expect(cache.find(ask(name), "udp", seconds * 1000)).toBeUndefined();
  });
  it("that are cut off, do not last or are no messages are not kept", () => {
    const cache = new AnswerCache();
    const whole = answer(name, [a(name, 20)]);
    for (const bytes of [
      answer(name, [a(name, 20)], { flags: 0x200 }),
      answer(name, [a(name, 0)]),
      answer(name, [a(name, 20)], { questions: [] }),
      whole.subarray(0, whole.length - 3),
      Buffer.alloc(5),
    ]) {
      cache.keep(ask(name), "udp", bytes, 0);
    }
    expect(cache.size).toBe(0);
  });
  it("take the room that their questions take, too", () => {
    const cache = new AnswerCache({ bytesMax: 20_000 });
    const padding = (length: number) => ({
      type: "OPT",
      name: ".",
      options: [{ code: 12, length }],
    });
    for (let length = 9_000; length < 9_010; length++) {
      const query = ask(name, "A", { additionals: [padding(length)] });
      cache.keep(query, "tcp", answer(name, [a(name, 20)]), 0);
    }
    expect([cache.size, cache.bytes > 18_000, cache.bytes <= 20_000]).toEqual([2, true, true]);
  });
  it("go when there is no room, those that nobody asks for first", () => {
    const cache = new AnswerCache({ bytesMax: 20_000 });
    for (let index = 0; index < 500; index++) {
      const each = `n${index}.example.com`;
      cache.keep(ask(each), "udp", answer(each, [a(each, 20)]), 0);
      expect(cache.find(ask("n0.example.com"), "udp", 1)).toBeDefined();
    }
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
    expect(cache.size).toBeGreaterThan(20);
    expect(cache.find(ask("n1.example.com"), "udp", 1)).toBeUndefined();
    expect(cache.find(ask("n499.example.com"), "udp", 1)).toBeDefined();
  });
});
