import type { Randomness } from "../randomness.ts";
import type { RequestScope } from "../store.ts";

/** A request of the apiserver to itself. Upstream: the loopback client, user system:apiserver. */
export function systemScope(
  namespace: string,
  { randomness, signal }: { readonly randomness: Randomness; readonly signal: AbortSignal },
): RequestScope {
  return {
    user: { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] },
    namespace,
    requestId: randomness.uuid(),
    dryRun: false,
    fieldManager: "kube-apiserver",
    warn() {},
    signal,
  };
}
