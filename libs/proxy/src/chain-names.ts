/**
 * Names of chains and sets: upstream's pattern, a short hash that makes them unique and then what people can read.
 *
 * Upstream: pkg/proxy/nftables/proxier.go servicePortChainNameBase, servicePortEndpointChainNameBase @1.36
 */
import { createHash } from "node:crypto";
import type { Endpoint } from "./endpoints.ts";
import type { ServicePort } from "./service-port.ts";

/** The kernel's own bound is 255. */
const NAME_CHARS_MAX = 235;
const HASH_CHARS = 8;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first 40 bits of SHA-256 in base 32. */
function shortHash(text: string): string {
  const bytes = createHash("sha256").update(text).digest();
  let bits = BigInt(`0x${bytes.subarray(0, 5).toString("hex")}`);
  let name = "";
  for (let i = 0; i < HASH_CHARS; i++) {
    name = (ALPHABET[Number(bits & 31n)] ?? "") + name;
    bits >>= 5n;
  }
  return name;
}

/** "ABCDEFGH-ns/name/tcp/http" */
export function servicePortName(port: ServicePort): string {
  const readable = `${port.service}/${port.protocol}/${port.portName}`;
  return `${shortHash(readable)}-${readable}`.slice(0, NAME_CHARS_MAX);
}

/** "ABCDEFGH-ns/name/tcp/http__10.244.0.5/80" */
export function endpointName(port: ServicePort, endpoint: Endpoint): string {
  const address = endpoint.address.replaceAll(":", ".");
  const readable = `${port.service}/${port.protocol}/${port.portName}__${address}/${endpoint.port}`;
  return `${shortHash(readable)}-${readable}`.slice(0, NAME_CHARS_MAX);
}
