import type { ObjectKey } from "@kubets/storage";
import type { RequestScope } from "../store.ts";
import type { StoreContext } from "./store-context.ts";

export function keyOf(store: StoreContext, scope: RequestScope, name: string): ObjectKey {
  return {
    group: store.stored.group,
    resource: store.stored.resource,
    namespace: namespaceOf(store, scope),
    name,
  };
}

export function namespaceOf(store: StoreContext, scope: RequestScope): string {
  return store.info.namespaced ? scope.namespace : "";
}
