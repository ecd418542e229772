/**
 * POST serviceaccounts/NAME/token: checks what is asked for, looks up what the token is to be bound to, and signs.
 *
 * Upstream: pkg/registry/core/serviceaccount/storage/token.go Create and
 * pkg/apis/authentication/validation/validation.go ValidateTokenRequest @1.36
 */
import { badRequest, conflict, invalid, type KubeObject, notFound } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Pod } from "@kubets/api/core/v1";
import type { StatusCause } from "@kubets/api/meta/v1";
import type { Clock } from "@kubets/service";
import type { ObjectReference } from "./service-account-claims.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/** Reads that see every acknowledged write. */
export interface TokenRequestReader {
  serviceAccount(namespace: string, name: string): Promise<KubeObject | undefined>;
  pod(namespace: string, name: string): Promise<Pod | undefined>;
  secret(namespace: string, name: string): Promise<KubeObject | undefined>;
  node(name: string): Promise<KubeObject | undefined>;
}

export interface TokenRequestOptions {
  readonly issuer: TokenIssuer;
  readonly reader: TokenRequestReader;
  /** What a token without audiences is for. Upstream flag: --api-audiences. */
  readonly audiences: readonly string[];
  /** 0: no limit. Upstream flag: --service-account-max-token-expiration. */
  readonly maxExpirationSeconds: number;
  /** Upstream flag: --service-account-extend-token-expiration. */
  readonly extendExpiration: boolean;
  readonly clock: Clock;
}

export interface TokenRequestCall {
  readonly namespace: string;
  readonly name: string;
  readonly request: TokenRequest;
  /** Validating admission, run on the checked request before anything is signed. */
  readonly admit: (request: TokenRequest) => Promise<void>;
  warn(text: string): void;
}

const EXPIRATION_SECONDS_MIN = 600;
const EXPIRATION_SECONDS_MAX = 2 ** 32;
const EXPIRATION_SECONDS_DEFAULT = 3_600;
/** What the admission plugin asks for in each pod; such tokens may be used beyond it while clients learn to reload. */
const PROJECTED_SECONDS = 3_607;
const EXTENDED_SECONDS = 365 * 24 * 3_600;
const KIND = { group: "authentication.k8s.io", kind: "TokenRequest" } as const;

export function createTokenRequestHandler(
  options: TokenRequestOptions,
): (call: TokenRequestCall) => Promise<TokenRequest> {
  return async (call) => {
    const { namespace, name } = call;
    checkNames(call);
    const account = await options.reader.serviceAccount(namespace, name);
    if (account === undefined) throw notFound({ group: "", resource: "serviceaccounts" }, name);
    const nowMs = options.clock.now();
    const given = call.request.spec?.audiences ?? [];
    const audiences = given.length > 0 ? given : [...options.audiences];
    let seconds = call.request.spec?.expirationSeconds ?? EXPIRATION_SECONDS_DEFAULT;
    const request: TokenRequest = {
      ...call.request,
      metadata: {
        ...call.request.metadata,
        name,
        namespace,
        creationTimestamp: timestamp(nowMs),
      },
      spec: { ...call.request.spec, audiences, expirationSeconds: seconds },
    };
    checkExpiration(seconds);
    await call.admit(request);
    const bound = await readBoundObject(options.reader, call);
    const max = options.maxExpirationSeconds;
    if (max > 0 && seconds > max) {
      call.warn(`requested expiration of ${seconds} seconds shortened to ${max} seconds`);
      seconds = max;
    }
    const extend =
      options.extendExpiration &&
      bound.pod !== undefined &&
      seconds === PROJECTED_SECONDS &&
      sameMembers(audiences, options.audiences);
    const { token } = await options.issuer.issue({
      namespace,
      serviceAccount: referenceTo(account),
      audiences,
      lifetimeSeconds: extend ? EXTENDED_SECONDS : seconds,
      ...(extend ? { warnAfterSeconds: seconds } : {}),
      ...bound,
    });
    return {
      ...request,
      spec: { ...request.spec, expirationSeconds: seconds },
      status: { token, expirationTimestamp: timestamp(nowMs + seconds * 1_000) },
    };
  };
}

interface BoundObject {
  readonly pod?: ObjectReference;
  readonly node?: ObjectReference;
  readonly secret?: ObjectReference;
}

async function readBoundObject(
  reader: TokenRequestReader,
  { request, namespace, name }: TokenRequestCall,
): Promise<BoundObject> {
  // Go writes the field even when there is none, and so does our decoder.
  const wanted = request.spec?.boundObjectRef ?? undefined;
  if (wanted === undefined) return {};
  const boundName = wanted.name ?? "";
  const kind = wanted.apiVersion === "v1" ? wanted.kind : undefined;
  switch (kind) {
    case "Pod": {
      const pod = await reader.pod(namespace, boundName);
      if (pod === undefined) throw notFound({ group: "", resource: "pods" }, boundName);
      if (pod.spec?.serviceAccountName !== name) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
        );
      }
      checkUid("Pod", boundName, wanted.uid, pod);
      const nodeName = pod.spec.nodeName ?? "";
      if (nodeName === "") return { pod: referenceTo(pod) };
      const node = await reader.node(nodeName);
      return {
        pod: referenceTo(pod),
        node: node === undefined ? { name: nodeName, uid: "" } : referenceTo(node),
      };
    }
    case "Node": {
      const node = await reader.node(boundName);
      if (node === undefined) throw notFound({ group: "", resource: "nodes" }, boundName);
      checkUid("Node", boundName, wanted.uid, node);
      return { node: referenceTo(node) };
    }
    case "Secret": {
      const secret = await reader.secret(namespace, boundName);
      if (secret === undefined) throw notFound({ group: "", resource: "secrets" }, boundName);
      checkUid("Secret", boundName, wanted.uid, secret);
      return { secret: referenceTo(secret) };
    }
    default: {
      const [group, version] = groupVersion(wanted.apiVersion ?? "");
      throw badRequest(
        `cannot bind token to object of type ${group}/${version}, Kind=${wanted.kind ?? ""}`,
      );
    }
  }
}

function groupVersion(apiVersion: string): [string, string] {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

function checkUid(
  kind: string,
  name: string,
  wanted: string | undefined,
  object: KubeObject,
): void {
  if ((wanted ?? "") === "" || wanted === object.metadata.uid) return;
  throw conflict(
    { group: "", resource: kind },
    name,
    `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

function checkNames({ request, name, namespace }: TokenRequestCall): void {
  const { metadata } = request;
  const given = metadata.name ?? "";
  if (given !== "" && given !== name) {
    throw invalid(KIND, given, [
      invalidValue("metadata.name", given, "must match the service account name if specified"),
    ]);
  }
  const givenNamespace = metadata.namespace ?? "";
  if (givenNamespace !== "" && givenNamespace !== namespace) {
    throw invalid(KIND, given, [
      invalidValue(
        "metadata.namespace",
        givenNamespace,
        "must match the service account namespace if specified",
      ),
    ]);
  }
}

function checkExpiration(seconds: number): void {
  const why =
    seconds < EXPIRATION_SECONDS_MIN
      ? "may not specify a duration less than 10 minutes"
      : seconds > EXPIRATION_SECONDS_MAX
        ? "may not specify a duration larger than 2^32 seconds"
        : undefined;
  if (why !== undefined)
    throw invalid(KIND, "", [invalidValue("spec.expirationSeconds", seconds, why)]);
}

function invalidValue(field: string, value: string | number, why: string): StatusCause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  };
}

function referenceTo(object: KubeObject): ObjectReference {
  return { name: object.metadata.name ?? "", uid: object.metadata.uid ?? "" };
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

/** As Go's metav1.Time: whole seconds. */
function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
