/**
 * A bound on the requests under way, separately for those that read and those that write. Long-running
 * requests are outside of it, and so are administrators.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go @1.36
 */
import { tooManyRequests } from "@kubets/api";
import type { FilterParts } from "../filter-chain.ts";
import type { RequestContext } from "../request-context.ts";
import type { RequestInfo } from "../request-info.ts";

/** Zero means no limit. */
export interface InFlightMaxima {
  /** --max-requests-inflight */
  readonly readOnly: number;
  /** --max-mutating-requests-inflight */
  readonly mutating: number;
}

export type InFlightKind = keyof InFlightMaxima;

export class InFlightLimits {
  readonly #maxima: InFlightMaxima;
  readonly #underWay = { readOnly: 0, mutating: 0 };

  constructor(maxima: InFlightMaxima) {
    this.#maxima = maxima;
  }
  tryEnter(kind: InFlightKind): boolean {
    const most = this.#maxima[kind];
    if (most > 0 && this.#underWay[kind] >= most) return false;
    this.#underWay[kind]++;
    return true;
  }
  leave(kind: InFlightKind): void {
    this.#underWay[kind]--;
  }
  underWay(kind: InFlightKind): number {
    return this.#underWay[kind];
  }
}

export function limitInFlight(context: RequestContext, { inFlight }: FilterParts): void {
  const { info, user } = context;
  if (isLongRunning(info)) return;
  const kind = isReadOnly(info.verb) ? "readOnly" : "mutating";
  if (!inFlight.tryEnter(kind)) {
    if (user.groups.includes("system:masters")) return;
    throw tooManyRequests("Too many requests, please try again later.", retryAfterSeconds);
  }
  context.atEnd(() => inFlight.leave(kind));
}

const retryAfterSeconds = 1;

function isReadOnly(verb: string): boolean {
  return verb === "get" || verb === "list" || verb === "watch";
}

const longSubresources = new Set(["attach", "exec", "proxy", "log", "portforward"]);

/** Requests that last as long as the client wants. */
export function isLongRunning(info: RequestInfo): boolean {
  return (
    info.verb === "watch" ||
    info.verb === "proxy" ||
    (info.isResourceRequest && longSubresources.has(info.subresource)) ||
    info.path.startsWith("/debug/pprof/")
  );
}
