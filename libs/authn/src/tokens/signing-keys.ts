import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";

/** A key that signs or verifies tokens, with the names by which others find it. */
export interface TokenKey {
  /** Upstream: pkg/serviceaccount/jwt.go keyIDFromPublicKey @1.36 */
  readonly keyId: string;
  readonly algorithm: "RS256" | "ES256" | "ES384" | "ES512";
  readonly publicKey: KeyObject;
}

export interface SigningKey extends TokenKey {
  readonly privateKey: KeyObject;
}

const CURVES: Readonly<Record<string, TokenKey["algorithm"]>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** Every key of a PEM text: public keys, private keys (their public half) and certificates. Throws when there is none. */
export function readVerificationKeys(pem: string): TokenKey[] {
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
  const keys = blocks
    .filter((block) => !block.startsWith("-----BEGIN EC PARAMETERS"))
    .map((block) => tokenKey(createPublicKey(block)));
  if (keys.length === 0) throw new TypeError("the PEM text holds no key");
  return keys;
}

export function readSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { ...tokenKey(createPublicKey(privateKey)), privateKey };
}

function tokenKey(publicKey: KeyObject): TokenKey {
  const der = publicKey.export({ type: "spki", format: "der" });
  return { keyId: hash("sha256", der, "base64url"), algorithm: algorithmOf(publicKey), publicKey };
}

function algorithmOf(key: KeyObject): TokenKey["algorithm"] {
  if (key.asymmetricKeyType === "rsa") return "RS256";
  const algorithm = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType !== "ec" || algorithm === undefined) {
    throw new TypeError("a token key must be RSA, or ECDSA on P-256, P-384 or P-521");
  }
  return algorithm;
}
