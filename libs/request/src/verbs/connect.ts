/**
 * Connecting subresources: authorized and admitted here, connected by the edge that has a socket.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go ConnectResource @1.36
 */
import { badRequest } from "@kubets/api";
import type { Outcome } from "../outcome.ts";
import type { Target } from "../target.ts";
import type { VerbCall } from "./verb.ts";

const connecting: ReadonlySet<string> = new Set([
  "/pods/log",
  "/pods/exec",
  "/pods/attach",
  "/pods/portforward",
  "/pods/proxy",
  "/services/proxy",
  "/nodes/proxy",
]);

export function isConnecting({ info, subresource }: Target): boolean {
  if (subresource === undefined) return false;
  return connecting.has(`${info.group}/${info.resource}/${subresource.name}`);
}

export async function connect({ context, target, parts }: VerbCall): Promise<Outcome> {
  const { info, subresource, namespace, name, kind } = target;
  const { request, user } = context;
  if (request.options().dryRun.length > 0) throw badRequest("dryRun is not supported");
  if (subresource?.name !== "log") {
    await parts.admission.validate({
      operation: "CONNECT",
      resource: info,
      kind,
      subresource: subresource?.name ?? "",
      namespace,
      name,
      user,
      dryRun: false,
      warn: (text) => context.warn(text),
    });
  }
  return {
    kind: "connect",
    resource: info,
    subresource: subresource?.name ?? "",
    namespace,
    name,
    rest: context.info.parts.slice(3).join("/"),
  };
}
