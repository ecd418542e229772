/**
 * What a caller of the node API has to be allowed to do. Running something in a container needs the right to
 * create, however the request comes: a WebSocket begins with GET, and reading must not be enough for it.
 *
 * Upstream: pkg/kubelet/server/auth.go nodeAuthorizerAttributesGetter @1.36
 */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { AccessQuestion, DelegatedAccess } from "@kubets/client";
import type { AccessRefusal } from "@kubets/service";

export type RefusalCheck = (
  request: IncomingMessage,
  path: string,
) => Promise<AccessRefusal | undefined>;

/** A caller passes with any of the rights that are named for the path. */
export function createNodeAccess(access: DelegatedAccess, nodeName: string): RefusalCheck {
  return async (request, path) => {
    if (!hasCredentials(request)) return { status: 401, message: "Unauthorized" };
    let refusal: AccessRefusal | undefined;
    for (const question of questions(request.method ?? "GET", path, nodeName)) {
      refusal = await access.refusal(request, question);
      if (refusal === undefined || refusal.status === 401) return refusal;
    }
    return refusal;
  };
}

/** Nobody without a name gets anything here, whatever the cluster lets anonymous users do elsewhere. */
function hasCredentials(request: IncomingMessage): boolean {
  const { socket } = request;
  return (
    request.headers.authorization !== undefined ||
    (socket instanceof TLSSocket && socket.authorized)
  );
}

export function questions(method: string, path: string, nodeName: string): AccessQuestion[] {
  const verb = runsSomething(path) ? "create" : (VERBS[method] ?? "get");
  const ask = (subresource: string): AccessQuestion => ({
    resourceAttributes: {
      verb,
      group: "",
      version: "v1",
      resource: "nodes",
      subresource,
      name: nodeName,
    },
  });
  const [, first = ""] = path.split("/");
  const own = SUBRESOURCES[first];
  if (own !== undefined) return [ask(own)];
  const fine = FINE_SUBRESOURCES[first];
  // The finer right is enough; whoever has the broad one keeps it.
  return fine === undefined ? [ask("proxy")] : [ask(fine), ask("proxy")];
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const SUBRESOURCES: Readonly<Record<string, string>> = {
  stats: "stats",
  metrics: "metrics",
  logs: "log",
  checkpoint: "checkpoint",
};

const FINE_SUBRESOURCES: Readonly<Record<string, string>> = {
  pods: "pods",
  runningpods: "pods",
  healthz: "healthz",
  configz: "configz",
};

function runsSomething(path: string): boolean {
  return /^\/(exec|attach|portForward|run)(\/|$)/.test(path);
}
