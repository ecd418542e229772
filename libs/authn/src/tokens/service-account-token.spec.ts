import { createHmac, generateKeyPairSync } from "node:crypto";
import type { KubeObject } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod } from "@kubets/api/core/v1";
import { createServiceAccountKey, FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { reviewToken } from "../token-review.ts";
import { createServiceAccountTokenAuthenticator } from "./service-account-token.ts";
import { readSigningKey, readVerificationKeys } from "./signing-keys.ts";
import { createBearerTokenAuthenticator } from "./token-authenticator.ts";
import { createTokenIssuer, jsonWebKeySet, openIdConfiguration } from "./token-issuer.ts";
import { createTokenRequestHandler } from "./token-request.ts";

const ISSUER = "https://kubernetes.default.svc.cluster.local";
const AUDIENCES = [ISSUER];

function object(kind: string, name: string, uid: string, namespace = "default"): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, uid, namespace } };
}

function world() {
  const clock = new FakeClock();
  const keyPair = createServiceAccountKey();
  const key = readSigningKey(keyPair.privateKey);
  const objects = new Map<string, KubeObject>([
    ["serviceaccounts/default/app", object("ServiceAccount", "app", "sa-1")],
    ["pods/default/web", pod("web", "pod-1", "app", "n1")],
    ["nodes//n1", object("Node", "n1", "node-1", "")],
    ["secrets/default/s", object("Secret", "s", "secret-1")],
  ]);
  /** What the cache does not show yet. */
  const fresh = new Map<string, KubeObject>();
  const issuer = createTokenIssuer({ key, issuer: ISSUER, clock, newTokenId: () => "token-1" });
  const tokens = createServiceAccountTokenAuthenticator({
    issuers: [ISSUER],
    keys: readVerificationKeys(keyPair.publicKey),
    objects: {
      peek: (...path) => objects.get(path.join("/")),
      read: async (...path) => fresh.get(path.join("/")) ?? objects.get(path.join("/")),
    },
    clock,
  });
  const warnings: string[] = [];
  const handler = createTokenRequestHandler({
    issuer,
    audiences: AUDIENCES,
    maxExpirationSeconds: 7_200,
    extendExpiration: true,
    clock,
    reader: {
      serviceAccount: async (ns, name) => objects.get(`serviceaccounts/${ns}/${name}`),
      pod: async (ns, name) => {
        const found = objects.get(`pods/${ns}/${name}`);
        return found !== undefined && isPod(found) ? found : undefined;
      },
      secret: async (ns, name) => objects.get(`secrets/${ns}/${name}`),
      node: async (name) => objects.get(`nodes//${name}`),
    },
  });
  const request = (spec: TokenRequest["spec"] = {}, name = "app") =>
    handler({
      namespace: "default",
      name,
      request: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec },
      admit: async () => undefined,
      warn: (text) => warnings.push(text),
    });
  const token = async (spec?: TokenRequest["spec"]) => (await request(spec)).status?.token ?? "";
  return { clock, key, objects, fresh, issuer, tokens, request, token, warnings };
}

function pod(name: string, uid: string, serviceAccountName: string, nodeName: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid },
    spec: { containers: [], serviceAccountName, nodeName },
  };
}

function isPod(value: KubeObject): value is Pod {
  return value.kind === "Pod";
}

const boundToPod = { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "web", uid: "pod-1" } };

test("a token bound to a pod says which account, pod and node it belongs to", async () => {
  const { tokens, token } = world();
  expect(await tokens.authenticateToken(await token(boundToPod), AUDIENCES)).toEqual({
    audiences: AUDIENCES,
    user: {
      name: "system:serviceaccount:default:app",
      uid: "sa-1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": ["JTI=token-1"],
        "authentication.kubernetes.io/pod-name": ["web"],
        "authentication.kubernetes.io/pod-uid": ["pod-1"],
        "authentication.kubernetes.io/node-name": ["n1"],
        "authentication.kubernetes.io/node-uid": ["node-1"],
      },
    },
  });
});

test("a token seen before is known without waiting and as the same user", async () => {
  const { tokens, token } = world();
  const text = await token();
  const first = await tokens.authenticateToken(text, AUDIENCES);
  const again = tokens.authenticateToken(text, AUDIENCES);
  expect(again).not.toBeInstanceOf(Promise);
  expect(again).toEqual(first);
});

test.each([
  [
    "the account is deleted",
    "serviceaccounts/default/app",
    undefined,
    'serviceaccounts "app" not found',
  ],
  [
    "the account was made again",
    "serviceaccounts/default/app",
    object("ServiceAccount", "app", "sa-2"),
    "service account UID (sa-2) does not match claim (sa-1)",
  ],
  [
    "the pod is deleted",
    "pods/default/web",
    undefined,
    "service account token has been invalidated",
  ],
  [
    "the pod was made again",
    "pods/default/web",
    pod("web", "pod-2", "app", "n1"),
    "pod UID (pod-2) does not match service account pod ref claim (pod-1)",
  ],
])("once %s its token is refused, also one that was good before", async (_, path, now, refused) => {
  const { tokens, token, objects } = world();
  const text = await token(boundToPod);
  expect(await tokens.authenticateToken(text, AUDIENCES)).toHaveProperty("user");
  if (now === undefined) objects.delete(path);
  else objects.set(path, now);
  expect(await tokens.authenticateToken(text, AUDIENCES)).toEqual({ refused });
});

test("a token bound to a secret or a node ends with it", async () => {
  const { tokens, token, objects } = world();
  const secret = await token({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "s" } });
  const node = await token({ boundObjectRef: { apiVersion: "v1", kind: "Node", name: "n1" } });
  expect(await tokens.authenticateToken(secret, AUDIENCES)).toHaveProperty("user");
  expect(await tokens.authenticateToken(node, AUDIENCES)).toHaveProperty("user");
  objects.delete("secrets/default/s");
  objects.delete("nodes//n1");
  const refused = { refused: "service account token has been invalidated" };
  expect(await tokens.authenticateToken(secret, AUDIENCES)).toEqual(refused);
  expect(await tokens.authenticateToken(node, AUDIENCES)).toEqual(refused);
});

test("what the cache does not show yet is looked for where it cannot be missed", async () => {
  const { tokens, token, objects, fresh } = world();
  const text = await token(boundToPod);
  const web = objects.get("pods/default/web");
  objects.delete("pods/default/web");
  if (web !== undefined) fresh.set("pods/default/web", web);
  expect(await tokens.authenticateToken(text, AUDIENCES)).toHaveProperty("user");
});

test("a token is refused a minute after it expired, also one that was good before", async () => {
  const { tokens, token, clock } = world();
  const text = await token({ expirationSeconds: 600 });
  expect(await tokens.authenticateToken(text, AUDIENCES)).toHaveProperty("user");
  await clock.advance(659_000);
  expect(await tokens.authenticateToken(text, AUDIENCES)).toHaveProperty("user");
  await clock.advance(2_000);
  expect(await tokens.authenticateToken(text, AUDIENCES)).toEqual({
    refused: "service account token has expired",
  });
});

test("a token for somebody else is refused here", async () => {
  const { tokens, token } = world();
  expect(await tokens.authenticateToken(await token({ audiences: ["vault"] }), AUDIENCES)).toEqual({
    refused: `token audiences ["vault"] is invalid for the target audiences ["${ISSUER}"]`,
  });
});

function forge(token: string, header: object, sign: (input: string) => string): string {
  const payload = token.split(".")[1] ?? "";
  const input = `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}`;
  return `${input}.${sign(input)}`;
}

test("forged tokens are refused: no algorithm, the public key as a password, another key, changed claims", async () => {
  const { tokens, token, key } = world();
  const text = await token();
  const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
  const otherKey = readSigningKey(createServiceAccountKey().privateKey);
  const other = createTokenIssuer({
    key: { ...otherKey, keyId: key.keyId },
    issuer: ISSUER,
    clock: new FakeClock(),
  });
  const otherToken = await other.issue({
    namespace: "default",
    serviceAccount: { name: "app", uid: "sa-1" },
    audiences: AUDIENCES,
    lifetimeSeconds: 600,
  });
  const [header, payload, signature] = text.split(".");
  const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
  const changed = Buffer.from(
    JSON.stringify({ ...claims, sub: "system:serviceaccount:kube-system:admin" }),
  ).toString("base64url");
  const forged = [
    forge(text, { alg: "none" }, () => ""),
    forge(text, { alg: "HS256", kid: key.keyId }, (input) =>
      createHmac("sha256", pem).update(input).digest("base64url"),
    ),
    otherToken.token,
    `${header}.${changed}.${signature}`,
  ];
  for (const each of forged) {
    expect(await tokens.authenticateToken(each, AUDIENCES)).toEqual({
      refused: "service account token signature is invalid",
    });
  }
});

test("another issuer's token is left to other authenticators, and refused when there is none", async () => {
  const { tokens, key, clock } = world();
  const foreign = createTokenIssuer({ key, issuer: "https://elsewhere", clock });
  const { token } = await foreign.issue({
    namespace: "default",
    serviceAccount: { name: "app", uid: "sa-1" },
    audiences: AUDIENCES,
    lifetimeSeconds: 600,
  });
  expect(tokens.authenticateToken(token, AUDIENCES)).toBe("notMine");
  const bearer = createBearerTokenAuthenticator({ authenticators: [tokens], audiences: AUDIENCES });
  const credentials = { header: () => [], remoteAddress: "", bearerToken: token };
  expect(bearer.authenticate(credentials)).toEqual({ refused: "invalid bearer token" });
});

test("a pod's projected token works for a year at the API and says when it went stale", async () => {
  const { request, clock } = world();
  const answer = await request({ ...boundToPod, expirationSeconds: 3_607 });
  const claims = JSON.parse(
    Buffer.from(answer.status?.token?.split(".")[1] ?? "", "base64url").toString(),
  );
  const now = Math.floor(clock.now() / 1_000);
  expect(claims.exp - now).toBe(31_536_000);
  expect(claims["kubernetes.io"].warnafter - now).toBe(3_607);
  expect(answer.status?.expirationTimestamp).toBe("2026-01-01T01:00:07Z");
});

test.each([
  [{ expirationSeconds: 599 }, 422, "may not specify a duration less than 10 minutes"],
  [{ expirationSeconds: 2 ** 32 + 1 }, 422, "may not specify a duration larger than 2^32 seconds"],
  [
    { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "web", uid: "old" } },
    409,
    'Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
  ],
  [
    { boundObjectRef: { apiVersion: "v1", kind: "ConfigMap", name: "web" } },
    400,
    "cannot bind token to object of type /v1, Kind=ConfigMap",
  ],
  [
    { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "gone" } },
    404,
    'pods "gone" not found',
  ],
])("the request %j is refused with %d", async (spec, code, text) => {
  const { request } = world();
  await expect(request(spec)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(text),
  });
});

test("a token for a pod of another account is refused", async () => {
  const { request, objects } = world();
  objects.set("pods/default/web", pod("web", "pod-1", "other", "n1"));
  await expect(request(boundToPod)).rejects.toMatchObject({
    code: 400,
    message:
      'cannot bind token for serviceaccount "app" to pod running with different serviceaccount name.',
  });
});

test("a token that is asked for too long is shortened with a warning", async () => {
  const { request, warnings } = world();
  expect((await request({ expirationSeconds: 86_400 })).spec?.expirationSeconds).toBe(7_200);
  expect(warnings).toEqual(["requested expiration of 86400 seconds shortened to 7200 seconds"]);
});

test("a review tells whose token it is, or why it is not good", async () => {
  const { tokens, token, objects } = world();
  const review = (text: string, audiences: string[] = []) =>
    reviewToken(
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        metadata: {},
        spec: { token: text, audiences },
      },
      { tokens, audiences: AUDIENCES },
    );
  expect((await review(await token())).status).toMatchObject({
    authenticated: true,
    user: { username: "system:serviceaccount:default:app" },
    audiences: AUDIENCES,
  });
  expect((await review(await token(), ["vault"])).status).toHaveProperty("error");
  const orphan = await token();
  objects.delete("serviceaccounts/default/app");
  expect((await review(orphan)).status).toEqual({
    error: 'serviceaccounts "app" not found',
    user: {},
  });
  await expect(review("")).rejects.toMatchObject({
    code: 400,
    message: "token is required for TokenReview in authentication",
  });
});

test("the published keys and the discovery document let others verify", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 }).publicKey;
  const keys = readVerificationKeys(
    createServiceAccountKey().publicKey + rsa.export({ type: "spki", format: "pem" }).toString(),
  );
  expect(jsonWebKeySet(keys).keys).toMatchObject([
    { use: "sig", kty: "EC", alg: "ES256", crv: "P-256", kid: keys[0]?.keyId },
    { use: "sig", kty: "RSA", alg: "RS256", e: "AQAB" },
  ]);
  expect(JSON.stringify(jsonWebKeySet(keys))).not.toContain('"d":');
  expect(
    openIdConfiguration({ issuer: ISSUER, jwksUri: `${ISSUER}/openid/v1/jwks`, keys }),
  ).toEqual({
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256", "RS256"],
  });
});
