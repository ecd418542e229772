import { conflict, type StatusError } from "@kubets/api";
import type { RequestScope } from "../store.ts";
import { namespaceOf } from "./object-key.ts";
import type { StoreContext } from "./store-context.ts";

/** Upstream: staging/src/k8s.io/apiserver/pkg/storage/interfaces.go Preconditions.Check @1.36 */
export function uidPreconditionFailed(
  store: StoreContext,
  scope: RequestScope,
  of: { readonly name: string; readonly wanted: string; readonly found: string },
): StatusError {
  // A dry run ends above the store, which has the prefix.
  const key = [
    scope.dryRun ? "" : "/registry",
    prefixOf(store.stored),
    namespaceOf(store, scope),
    of.name,
  ]
    .filter((part, i) => i === 0 || part !== "")
    .join("/");
  return conflict(
    store.info,
    of.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${of.wanted}, UID in object meta: ${of.found}`,
  );
}

/** The text names the place in etcd. Upstream: pkg/kubeapiserver/default_storage_factory_builder.go @1.36 */
const prefixes: { readonly [resource: string]: string } = {
  endpoints: "services/endpoints",
  ingresses: "ingress",
  nodes: "minions",
  replicationcontrollers: "controllers",
  services: "services/specs",
};
const groupsInPrefix = ["apiextensions.k8s.io", "apiregistration.k8s.io"];

function prefixOf({ group, resource }: StoreContext["stored"]): string {
  if (groupsInPrefix.includes(group)) return `${group}/${resource}`;
  return prefixes[resource] ?? resource;
}
