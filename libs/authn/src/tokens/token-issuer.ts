/**
 * Signs service account tokens, and publishes what others need to verify them.
 *
 * Upstream: pkg/serviceaccount/jwt.go JWTTokenGenerator and openidmetadata.go @1.36
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "@kubets/service";
import { CompactSign } from "jose";
import { serviceAccountUserName } from "../groups.ts";
import {
  type ObjectReference,
  type ServiceAccountClaims,
  toPayload,
} from "./service-account-claims.ts";
import type { SigningKey, TokenKey } from "./signing-keys.ts";

export interface TokenIssuerOptions {
  /** Upstream flag: --service-account-signing-key-file. */
  readonly key: SigningKey;
  /** Upstream flag: --service-account-issuer. */
  readonly issuer: string;
  readonly clock: Clock;
  /** For token identifiers. Default: random UUIDs. */
  readonly newTokenId?: () => string;
}

export interface TokenContents {
  readonly namespace: string;
  readonly serviceAccount: ObjectReference;
  readonly audiences: readonly string[];
  readonly lifetimeSeconds: number;
  readonly pod?: ObjectReference;
  readonly node?: ObjectReference;
  readonly secret?: ObjectReference;
  readonly warnAfterSeconds?: number;
}

export interface TokenIssuer {
  readonly issuer: string;
  issue(
    contents: TokenContents,
  ): Promise<{ readonly token: string; readonly claims: ServiceAccountClaims }>;
}

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { key, issuer, clock, newTokenId = randomUUID } = options;
  const header = { alg: key.algorithm, kid: key.keyId };
  return {
    issuer,
    async issue(contents) {
      const { namespace, serviceAccount, pod, node, secret, warnAfterSeconds } = contents;
      const now = Math.floor(clock.now() / 1_000);
      const claims: ServiceAccountClaims = {
        issuer,
        subject: serviceAccountUserName({ namespace, name: serviceAccount.name }),
        audiences: contents.audiences,
        expiresAt: now + contents.lifetimeSeconds,
        notBefore: now,
        issuedAt: now,
        tokenId: newTokenId(),
        namespace,
        serviceAccount,
        ...(pod === undefined ? {} : { pod }),
        ...(node === undefined ? {} : { node }),
        ...(secret === undefined ? {} : { secret }),
        ...(warnAfterSeconds === undefined ? {} : { warnAfter: now + warnAfterSeconds }),
      };
      const payload = Buffer.from(JSON.stringify(toPayload(claims)));
      const token = await new CompactSign(payload).setProtectedHeader(header).sign(key.privateKey);
      return { token, claims };
    },
  };
}

/** The document at /openid/v1/jwks. */
export function jsonWebKeySet(keys: readonly TokenKey[]): { readonly keys: readonly object[] } {
  return {
    keys: keys.map((key) => ({
      use: "sig",
      kid: key.keyId,
      alg: key.algorithm,
      ...key.publicKey.export({ format: "jwk" }),
    })),
  };
}

/** The document at /.well-known/openid-configuration. */
export function openIdConfiguration(options: {
  readonly issuer: string;
  /** Upstream flag: --service-account-jwks-uri. */
  readonly jwksUri: string;
  readonly keys: readonly TokenKey[];
}): Readonly<Record<string, unknown>> {
  return {
    issuer: options.issuer,
    jwks_uri: options.jwksUri,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(options.keys.map((key) => key.algorithm))],
  };
}
