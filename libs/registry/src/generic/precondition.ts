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
  const { group, resource } = store.stored;
  const key = ["/registry", group, resource, namespaceOf(store, scope), of.name]
    .filter((part) => part !== "")
    .join("/");
  return conflict(
    store.info,
    of.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${of.wanted}, UID in object meta: ${of.found}`,
  );
}
