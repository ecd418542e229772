/**
 * What a service account token says. Read with care: the bytes come from whoever calls.
 *
 * Upstream: pkg/serviceaccount/claims.go @1.36
 */
export interface ObjectReference {
  readonly name: string;
  readonly uid: string;
}

export interface ServiceAccountClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly issuedAt: number;
  readonly tokenId: string;
  readonly namespace: string;
  readonly serviceAccount: ObjectReference;
  readonly pod?: ObjectReference;
  readonly node?: ObjectReference;
  readonly secret?: ObjectReference;
  /** A use after this moment is counted as stale, though still good. */
  readonly warnAfter?: number;
}

/** Undefined when a claim that is needed is missing or of the wrong type. */
export function readClaims(payload: unknown): ServiceAccountClaims | undefined {
  if (!isRecord(payload)) return undefined;
  const bound = payload["kubernetes.io"];
  if (!isRecord(bound)) return undefined;
  const serviceAccount = reference(bound.serviceaccount);
  const { aud, exp, iss, nbf, iat, jti, sub } = payload;
  const audiences = typeof aud === "string" ? [aud] : aud;
  if (
    serviceAccount === undefined ||
    typeof bound.namespace !== "string" ||
    typeof exp !== "number" ||
    typeof iss !== "string" ||
    typeof sub !== "string" ||
    !isStrings(audiences)
  ) {
    return undefined;
  }
  const pod = reference(bound.pod);
  const node = reference(bound.node);
  const secret = reference(bound.secret);
  return {
    issuer: iss,
    subject: sub,
    audiences,
    expiresAt: exp,
    notBefore: typeof nbf === "number" ? nbf : 0,
    issuedAt: typeof iat === "number" ? iat : 0,
    tokenId: typeof jti === "string" ? jti : "",
    namespace: bound.namespace,
    serviceAccount,
    ...(pod === undefined ? {} : { pod }),
    ...(node === undefined ? {} : { node }),
    ...(secret === undefined ? {} : { secret }),
    ...(typeof bound.warnafter === "number" ? { warnAfter: bound.warnafter } : {}),
  };
}

/** The issuer alone, before anything is verified: whose token this claims to be. */
export function readIssuer(token: string): string | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1] ?? "", "base64url").toString("utf8"));
    return isRecord(payload) && typeof payload.iss === "string" ? payload.iss : undefined;
  } catch {
    // Not a JSON Web Token; some other authenticator may know it.
    return undefined;
  }
}

export function toPayload(claims: ServiceAccountClaims): Record<string, unknown> {
  return {
    aud: claims.audiences,
    exp: claims.expiresAt,
    iat: claims.issuedAt,
    iss: claims.issuer,
    jti: claims.tokenId,
    "kubernetes.io": {
      namespace: claims.namespace,
      ...(claims.node === undefined ? {} : { node: claims.node }),
      ...(claims.pod === undefined ? {} : { pod: claims.pod }),
      ...(claims.secret === undefined ? {} : { secret: claims.secret }),
      serviceaccount: claims.serviceAccount,
      ...(claims.warnAfter === undefined ? {} : { warnafter: claims.warnAfter }),
    },
    nbf: claims.notBefore,
    sub: claims.subject,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function reference(value: unknown): ObjectReference | undefined {
  if (!isRecord(value) || typeof value.name !== "string") return undefined;
  return { name: value.name, uid: typeof value.uid === "string" ? value.uid : "" };
}
