/** A question of our own, for the target of an ExternalName, and what of its answer goes on to the client. */
import { dnsPacket } from "./packet-codec.ts";
import type { ResourceRecord } from "./resource-record.ts";

export function simpleQuery(name: string, type: string): Buffer {
  return dnsPacket.encode({
    type: "query",
    id: 0,
    flags: 0x0100,
    questions: [{ type, name }],
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1232 }],
  });
}

/** Aliases and addresses only; an answer that cannot be read gives none. */
export function answersOf(bytes: Buffer): ResourceRecord[] {
  try {
    return dnsPacket.decode(bytes).answers.flatMap(({ name, type, ttl = 0, data }) => {
      if (type !== "A" && type !== "AAAA" && type !== "CNAME") return [];
      return typeof data === "string" ? [{ name, type, ttl, data }] : [];
    });
  } catch {
    // What the other server sent is not for us to answer for.
    return [];
  }
}
