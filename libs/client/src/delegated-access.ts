/**
 * A component's port asks the apiserver who a caller is (TokenReview) and whether it may (SubjectAccessReview). Client
 * certificates are verified by the listener itself. Answers are kept for a short time.
 *
 * Upstream: k8s.io/apiserver/pkg/server/options/{authentication,authorization}.go delegating options @1.36
 */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { TokenReview, UserInfo } from "@kubets/api/authentication/v1";
import type {
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReview,
} from "@kubets/api/authorization/v1";
import {
  type AccessCheck,
  type AccessRefusal,
  type Clock,
  readCertificateIdentity,
} from "@kubets/service";
import type { Writer } from "./client.ts";
import { subjectAccessReviews, tokenReviews } from "./resources.ts";

export interface DelegatedAccessOptions {
  /** May create token and subject access reviews (upstream: system:auth-delegator). */
  readonly client: Writer;
  readonly clock: Clock;
}

/** What is asked: about a path, or about a resource (the kubelet's nodes/log, nodes/metrics, ...). */
export type AccessQuestion =
  | { readonly nonResourceAttributes: NonResourceAttributes }
  | { readonly resourceAttributes: ResourceAttributes };

const ANONYMOUS: UserInfo = { username: "system:anonymous", groups: ["system:unauthenticated"] };
const AUTHENTICATED = "system:authenticated";
const KEPT_MS = 10_000;
const KEPT_MAX = 1_000;

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

export class DelegatedAccess {
  readonly #options: DelegatedAccessOptions;
  readonly #users = new Map<string, Kept<UserInfo | undefined>>();
  readonly #decisions = new Map<string, Kept<boolean>>();

  constructor(options: DelegatedAccessOptions) {
    this.#options = options;
  }

  /** For ServiceServer: the path itself is what the caller must be allowed to get. */
  check(): AccessCheck {
    return (request, path) =>
      this.refusal(request, {
        nonResourceAttributes: { path, verb: (request.method ?? "GET").toLowerCase() },
      });
  }

  /** Undefined lets the request pass. Deny on every error. */
  async refusal(
    request: IncomingMessage,
    question: AccessQuestion,
  ): Promise<AccessRefusal | undefined> {
    const user = await this.#identify(request);
    if (user === undefined) return { status: 401, message: "Unauthorized" };
    if (await this.#isAllowed(user, question)) return undefined;
    return { status: 403, message: refusalText(user, question) };
  }

  async #identify(request: IncomingMessage): Promise<UserInfo | undefined> {
    const { socket } = request;
    if (socket instanceof TLSSocket && socket.authorized) {
      const { raw } = socket.getPeerCertificate();
      const identity = raw === undefined ? undefined : readCertificateIdentity(raw);
      if (identity === undefined) return undefined;
      return { username: identity.commonName, groups: [...identity.organizations, AUTHENTICATED] };
    }
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined) return ANONYMOUS;
    return this.#keep(this.#users, token, () => this.#reviewToken(token));
  }

  async #reviewToken(token: string): Promise<UserInfo | undefined> {
    const review: TokenReview = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token },
    };
    const { status } = await this.#options.client.create(tokenReviews, review);
    return status?.authenticated === true ? status.user : undefined;
  }

  #isAllowed(user: UserInfo, question: AccessQuestion): Promise<boolean> {
    const spec: SubjectAccessReview["spec"] = {
      user: user.username,
      groups: user.groups,
      uid: user.uid,
      extra: user.extra,
      ...question,
    };
    return this.#keep(this.#decisions, JSON.stringify(spec), async () => {
      const review: SubjectAccessReview = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: {},
        spec,
      };
      const { status } = await this.#options.client.create(subjectAccessReviews, review);
      return status?.allowed === true;
    });
  }

  async #keep<T>(kept: Map<string, Kept<T>>, key: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#options.clock.monotonicMs();
    const found = kept.get(key);
    if (found !== undefined && found.untilMs > nowMs) return found.value;
    const value = await ask();
    // Oldest first; a flood of different callers must not fill the memory.
    for (const oldest of kept.keys()) {
      if (kept.size < KEPT_MAX) break;
      kept.delete(oldest);
    }
    kept.set(key, { value, untilMs: nowMs + KEPT_MS });
    return value;
  }
}

function refusalText(user: UserInfo, question: AccessQuestion): string {
  if ("nonResourceAttributes" in question) {
    const { verb, path } = question.nonResourceAttributes;
    return `Forbidden (user=${user.username}, verb=${verb}, path=${path})`;
  }
  const { verb, resource, subresource } = question.resourceAttributes;
  return `Forbidden (user=${user.username}, verb=${verb}, resource=${resource}, subresource=${subresource ?? ""})`;
}
