/**
 * Short names for the contents of a template: 32-bit FNV-1a of its canonical form and of the collision count, in
 * letters that make no words.
 *
 * Upstream: pkg/controller/controller_utils.go ComputeHash, k8s.io/apimachinery/pkg/util/rand SafeEncodeString @1.36.
 * The digits differ from upstream's, which hashes the printed form of Go's structs.
 */
import { canonicalJson } from "./canonical-json.ts";

const ALPHANUMERICS = "bcdfghjklmnpqrstvwxz2456789";
const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;

export function templateHash(template: unknown, collisionCount: number | undefined): string {
  let hash = fnv32a(FNV_OFFSET, Buffer.from(canonicalJson(template)));
  if (collisionCount !== undefined) {
    const count = Buffer.alloc(8);
    count.writeUInt32LE(collisionCount >>> 0);
    hash = fnv32a(hash, count);
  }
  return safeEncode(String(hash));
}

/** The text without vowels and without the digits that look like them. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) encoded += ALPHANUMERICS[byte % ALPHANUMERICS.length];
  return encoded;
}

function fnv32a(start: number, bytes: Uint8Array): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}
