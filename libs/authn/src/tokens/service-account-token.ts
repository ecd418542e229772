/**
 * Service account tokens: the signature is checked once and remembered until the token expires; what the token is
 * bound to is looked at every time, so that a deleted pod or account ends its tokens at once.
 *
 * Upstream: pkg/serviceaccount/jwt.go AuthenticateToken and claims.go validator.Validate @1.36
 */
import { hash } from "node:crypto";
import type { KubeObject } from "@kubets/api";
import type { Clock } from "@kubets/service";
import { compactVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { AuthenticationResult, UserInfo } from "../authenticator.ts";
import {
  EXTRA_CREDENTIAL_ID,
  EXTRA_NODE_NAME,
  EXTRA_NODE_UID,
  EXTRA_POD_NAME,
  EXTRA_POD_UID,
  serviceAccountGroups,
  serviceAccountUserName,
  withAuthenticatedGroup,
} from "../groups.ts";
import {
  type ObjectReference,
  readClaims,
  readIssuer,
  type ServiceAccountClaims,
} from "./service-account-claims.ts";
import type { TokenKey } from "./signing-keys.ts";
import { intersectAudiences, type TokenAuthenticator } from "./token-authenticator.ts";

/** What tokens are bound to. */
export interface BoundObjects {
  /** The state now; an old answer is allowed. */
  peek(resource: BoundResource, namespace: string, name: string): KubeObject | undefined;
  /** Asked when `peek` has nothing, since the object may be newer than what it shows. */
  read(resource: BoundResource, namespace: string, name: string): Promise<KubeObject | undefined>;
}

export type BoundResource = "serviceaccounts" | "pods" | "nodes" | "secrets";

export interface ServiceAccountTokenOptions {
  /** The first one also signs. Upstream flag: --service-account-issuer. */
  readonly issuers: readonly string[];
  /** Upstream flag: --service-account-key-file. */
  readonly keys: readonly TokenKey[];
  readonly objects: BoundObjects;
  readonly clock: Clock;
}

/** A token whose signature is good. */
interface VerifiedToken {
  readonly claims: ServiceAccountClaims;
  readonly user: UserInfo;
}

const CACHE_ITEMS_MAX = 4_096;
const TOKEN_CHARS_MAX = 16_384;
/** Clocks of the machines of a cluster differ by less; also how long a deleted object's tokens still work. */
const LEEWAY_MS = 60_000;
const INVALIDATED = "service account token has been invalidated";

export function createServiceAccountTokenAuthenticator(
  options: ServiceAccountTokenOptions,
): TokenAuthenticator {
  const { objects, clock } = options;
  const issuers = new Set(options.issuers);
  const verified = new LRUCache<string, VerifiedToken>({ max: CACHE_ITEMS_MAX });

  function check(
    token: VerifiedToken,
    wanted: readonly string[],
  ): AuthenticationResult | Promise<AuthenticationResult> {
    const { claims, user } = token;
    const nowMs = clock.now();
    if (nowMs > claims.expiresAt * 1_000 + LEEWAY_MS) {
      return { refused: "service account token has expired" };
    }
    if (nowMs < claims.notBefore * 1_000 - LEEWAY_MS) {
      return { refused: "service account token is not valid yet" };
    }
    const audiences = intersectAudiences(wanted, claims.audiences);
    if (wanted.length > 0 && audiences.length === 0) {
      return {
        refused: `token audiences ${list(claims.audiences)} is invalid for the target audiences ${list(wanted)}`,
      };
    }
    const accepted = { user, audiences };
    const refused = checkBindings(claims, (resource, name) =>
      objects.peek(resource, resource === "nodes" ? "" : claims.namespace, name),
    );
    if (refused === undefined) return accepted;
    // What is bound to may have been made a moment ago by another server: look again where it cannot be missed.
    return readBound(claims).then((fresh) => {
      const still = checkBindings(claims, (resource) => fresh.get(resource));
      return still === undefined ? accepted : { refused: still };
    });
  }

  async function readBound(claims: ServiceAccountClaims) {
    const fresh = new Map<BoundResource, KubeObject | undefined>();
    for (const [resource, reference] of bindingsOf(claims)) {
      const namespace = resource === "nodes" ? "" : claims.namespace;
      fresh.set(resource, await objects.read(resource, namespace, reference.name));
    }
    return fresh;
  }

  function checkBindings(
    claims: ServiceAccountClaims,
    find: (resource: BoundResource, name: string) => KubeObject | undefined,
  ): string | undefined {
    const deletedBeforeMs = clock.now() - LEEWAY_MS;
    for (const [resource, reference] of bindingsOf(claims)) {
      const object = find(resource, reference.name);
      const deletion = object?.metadata.deletionTimestamp;
      if (
        object === undefined ||
        (deletion !== undefined && Date.parse(deletion) < deletedBeforeMs)
      ) {
        return resource === "serviceaccounts" && object === undefined
          ? `serviceaccounts "${reference.name}" not found`
          : INVALIDATED;
      }
      const uid = object.metadata.uid ?? "";
      if (uid !== reference.uid) return uidMismatch(resource, uid, reference.uid);
    }
    return undefined;
  }

  async function verify(token: string, digest: string): Promise<VerifiedToken | undefined> {
    const payload = await verifySignature(token, options.keys);
    const claims = payload === undefined ? undefined : readClaims(payload);
    if (claims === undefined || !issuers.has(claims.issuer)) return undefined;
    const subject = serviceAccountUserName({
      namespace: claims.namespace,
      name: claims.serviceAccount.name,
    });
    if (claims.subject !== subject) return undefined;
    const result = { claims, user: userOf(claims) };
    const ttl = claims.expiresAt * 1_000 + LEEWAY_MS - clock.now();
    if (ttl > 0) verified.set(digest, result, { ttl });
    return result;
  }

  return {
    name: "service-account",
    authenticateToken(token, audiences) {
      if (token.length > TOKEN_CHARS_MAX) return "notMine";
      const digest = hash("sha256", token, "base64");
      const known = verified.get(digest);
      if (known !== undefined) return check(known, audiences);
      const issuer = readIssuer(token);
      if (issuer === undefined || !issuers.has(issuer)) return "notMine";
      return verify(token, digest).then((fresh) =>
        fresh === undefined
          ? { refused: "service account token signature is invalid" }
          : check(fresh, audiences),
      );
    },
  };
}

/**
 * In the order in which upstream looks. A node named beside a pod only informs: the pod decides, and it outlives a
 * node's re-creation.
 */
function bindingsOf(claims: ServiceAccountClaims): [BoundResource, ObjectReference][] {
  const bindings: [BoundResource, ObjectReference][] = [["serviceaccounts", claims.serviceAccount]];
  if (claims.secret !== undefined) bindings.push(["secrets", claims.secret]);
  if (claims.pod !== undefined) bindings.push(["pods", claims.pod]);
  else if (claims.node !== undefined) bindings.push(["nodes", claims.node]);
  return bindings;
}

function uidMismatch(resource: BoundResource, found: string, claimed: string): string {
  switch (resource) {
    case "serviceaccounts":
      return `service account UID (${found}) does not match claim (${claimed})`;
    case "secrets":
      return `secret UID (${found}) does not match service account secret ref claim (${claimed})`;
    case "pods":
      return `pod UID (${found}) does not match service account pod ref claim (${claimed})`;
    case "nodes":
      return `node UID (${found}) does not match service account node ref claim (${claimed})`;
  }
}

/** The payload when one of the keys made the signature; each key only with its own algorithm. */
async function verifySignature(token: string, keys: readonly TokenKey[]): Promise<unknown> {
  const keyId = readKeyId(token);
  const named = keys.filter((key) => key.keyId === keyId);
  for (const key of named.length > 0 ? named : keys) {
    try {
      const { payload } = await compactVerify(token, key.publicKey, {
        algorithms: [key.algorithm],
      });
      return JSON.parse(Buffer.from(payload).toString("utf8"));
    } catch {
      // Not this key's work; the next one is asked, and without any the token is refused.
    }
  }
  return undefined;
}

function readKeyId(token: string): string {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString("utf8"),
    );
    return typeof header === "object" && header !== null && "kid" in header
      ? String(header.kid)
      : "";
  } catch {
    // Without a readable header no key will accept it either.
    return "";
  }
}

function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceAccount, pod, node, tokenId } = claims;
  return withAuthenticatedGroup({
    name: serviceAccountUserName({ namespace, name: serviceAccount.name }),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    extra: {
      ...(tokenId === "" ? {} : { [EXTRA_CREDENTIAL_ID]: [`JTI=${tokenId}`] }),
      ...(node === undefined ? {} : { [EXTRA_NODE_NAME]: [node.name] }),
      ...(node === undefined || node.uid === "" ? {} : { [EXTRA_NODE_UID]: [node.uid] }),
      ...(pod === undefined ? {} : { [EXTRA_POD_NAME]: [pod.name] }),
      ...(pod === undefined ? {} : { [EXTRA_POD_UID]: [pod.uid] }),
    },
  });
}

function list(audiences: readonly string[]): string {
  return `[${audiences.map((audience) => JSON.stringify(audience)).join(" ")}]`;
}
