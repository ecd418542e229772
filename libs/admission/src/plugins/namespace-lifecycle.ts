/**
 * Nothing is made in a namespace that is not there or is going away, and some namespaces never go.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go @1.36
 */
import { forbidden, notFound, StatusError } from "@kubets/api";
import type { Namespace } from "@kubets/api/core/v1";
import { type Clock, sleep } from "@kubets/service";
import { type AdmissionReader, namespaces } from "../admission-reader.ts";
import { forbiddenByAdmission } from "../forbidden-by-admission.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";

const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);
/** How long a namespace that was deleted through here is looked up where it cannot be missed. */
const FORCE_LIVE_MS = 30_000;
const FORCE_LIVE_ITEMS_MAX = 1_000;
/** The time that a namespace made a moment ago elsewhere has to arrive. */
const MISSING_WAIT_MS = 50;

export function createNamespaceLifecycle(options: {
  readonly reader: AdmissionReader;
  readonly clock: Clock;
}): AdmissionPlugin {
  const { reader, clock } = options;
  const deleted = new Map<string, number>();

  function remember(name: string): void {
    if (deleted.size >= FORCE_LIVE_ITEMS_MAX) deleted.clear();
    deleted.set(name, clock.monotonicMs() + FORCE_LIVE_MS);
  }
  function wasDeleted(name: string): boolean {
    if (deleted.size === 0) return false;
    const untilMs = deleted.get(name);
    if (untilMs === undefined) return false;
    if (clock.monotonicMs() <= untilMs) return true;
    deleted.delete(name);
    return false;
  }

  async function readNamespace(request: AdmissionRequest): Promise<undefined> {
    let found = await reader.read(namespaces, "", request.namespace);
    if (found === undefined && request.operation === "CREATE") {
      await sleep(clock, MISSING_WAIT_MS);
      found = await reader.read(namespaces, "", request.namespace);
    }
    if (found === undefined) {
      throw notFound({ group: "", resource: "namespaces" }, request.namespace);
    }
    checkNotTerminating(request, found);
  }

  return {
    name: "NamespaceLifecycle",
    handles: (operation, resource) =>
      operation !== "CONNECT" && !isAccessReview(resource.group, resource.resource),
    mutate(request) {
      const { operation, resource, namespace, name } = request;
      if (resource.group === "" && resource.resource === "namespaces") {
        if (operation === "DELETE" && IMMORTAL.has(name)) {
          throw forbidden(resource, name, "this namespace may not be deleted");
        }
        if (operation === "DELETE") remember(name);
        return undefined;
      }
      if (namespace === "" || operation === "DELETE") return undefined;
      const found = wasDeleted(namespace) ? undefined : reader.peek(namespaces, "", namespace);
      if (found === undefined) return readNamespace(request);
      checkNotTerminating(request, found);
      return undefined;
    },
  };
}

function checkNotTerminating(request: AdmissionRequest, namespace: Namespace): void {
  if (request.operation !== "CREATE" || namespace.status?.phase !== "Terminating") return;
  const refusal = forbiddenByAdmission(
    request,
    `unable to create new content in namespace ${request.namespace} because it is being terminated`,
  );
  const { status } = refusal;
  throw new StatusError({
    ...status,
    details: {
      ...status.details,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${request.namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  });
}

/** A review must not tell whether a namespace exists. */
function isAccessReview(group: string, resource: string): boolean {
  return group === "authorization.k8s.io" && resource === "localsubjectaccessreviews";
}
