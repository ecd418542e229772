import { isIP } from "node:net";
import type { Resolver } from "./forwarder.ts";

const DNS_PORT = 53;
/** As many as the C library asks. */
const RESOLVERS_MAX = 3;

/** The resolvers that a resolv.conf names; `own` is left out, or a question would come back for ever. */
export function resolversOf(text: string, own: string): Resolver[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([keyword]) => keyword === "nameserver")
    .map(([, address = ""]) => address)
    .filter((address) => isIP(address) !== 0 && address !== own)
    .slice(0, RESOLVERS_MAX)
    .map((address) => ({ address, port: DNS_PORT }));
}
