import type { KubeObject } from "@kubets/api";
import type { Namespace, Pod, PodSpec, ServiceAccount } from "@kubets/api/core/v1";
import type { AdmissionRequest } from "../plugin.ts";

/** "CREATE pods", "UPDATE pods/status", "DELETE leases.coordination.k8s.io". */
export function request(
  what: string,
  over: Partial<AdmissionRequest> & { warnings?: string[] } = {},
): AdmissionRequest {
  const [operation = "", path = ""] = what.split(" ");
  const [plain = "", ...group] = path.split(".");
  const [resource = "", subresource = ""] = plain.split("/");
  const { warnings, ...rest } = over;
  const object = rest.object ?? rest.oldObject;
  return {
    operation: operation as AdmissionRequest["operation"],
    resource: { group: group.join("."), version: "v1", resource },
    kind: { group: group.join("."), version: "v1", kind: object?.kind ?? "" },
    subresource,
    namespace: object?.metadata.namespace ?? "",
    name: object?.metadata.name ?? "",
    user: { name: "ann", groups: ["system:authenticated"] },
    dryRun: false,
    warn: (text) => void warnings?.push(text),
    ...rest,
  };
}

export function pod(spec: Partial<PodSpec> = {}, over: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", ...over },
    spec: { containers: [{ name: "c", image: "nginx" }], ...spec },
  };
}

export function namespace(name: string, over: Partial<Namespace> = {}): Namespace {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
    status: { phase: "Active" },
    ...over,
  };
}

export function serviceAccount(name: string, over: Partial<ServiceAccount> = {}): ServiceAccount {
  const { metadata, ...rest } = over;
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: "ns", ...metadata },
    ...rest,
  };
}

export function named(apiVersion: string, kind: string, name: string, ns?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(ns === undefined ? {} : { namespace: ns }) } };
}
