/**
 * Lets in as many requests as the limits allow. Long-running requests are outside of them, and so are administrators.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go @1.36
 */
import { tooManyRequests } from "@kubets/api";
import type { FilterParts } from "../filter-chain.ts";
import type { RequestContext } from "../request-context.ts";
import type { RequestInfo } from "../request-info.ts";

export function limitInFlight(
  context: RequestContext,
  { inFlight }: FilterParts,
): Promise<void> | void {
  const { info, user } = context;
  if (isLongRunning(info) || isHealth(info) || user.groups.includes("system:masters")) return;
  const kind = isReadOnly(info.verb) ? "readOnly" : "mutating";
  if (inFlight.tryEnter(kind)) {
    context.atEnd(() => inFlight.leave(kind));
    return;
  }
  return inFlight.wait(kind, user.name).then((mayEnter) => {
    if (!mayEnter) {
      throw tooManyRequests("Too many requests, please try again later.", retryAfterSeconds);
    }
    context.atEnd(() => inFlight.leave(kind));
  });
}

const retryAfterSeconds = 1;

function isReadOnly(verb: string): boolean {
  return verb === "get" || verb === "list" || verb === "watch";
}

/** A server under load must not look dead. */
function isHealth({ path }: RequestInfo): boolean {
  return path === "/healthz" || path === "/livez" || path === "/readyz";
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
