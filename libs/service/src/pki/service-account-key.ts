import { generateKeyPairSync } from "node:crypto";

/** PEM texts of the pair that signs and verifies service account tokens. */
export interface ServiceAccountKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

export function createServiceAccountKey(): ServiceAccountKey {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}
