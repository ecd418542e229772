import type { Randomness } from "../randomness.ts";

/** Letters and digits that make no words and are not mistaken for each other. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const BASE_LENGTH_MAX = 63 - SUFFIX_LENGTH;

/** Upstream: staging/src/k8s.io/apiserver/pkg/storage/names/generate.go @1.36 */
export function generatedName(base: string, randomness: Randomness): string {
  return base.slice(0, BASE_LENGTH_MAX) + randomSuffix(randomness);
}

export function randomSuffix(randomness: Randomness): string {
  let suffix = "";
  for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += ALPHABET[randomness.below(ALPHABET.length)];
  return suffix;
}
