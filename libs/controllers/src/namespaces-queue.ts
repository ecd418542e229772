import type { Namespace } from "@kubets/api/core/v1";
import { namespaces } from "@kubets/client";
import type { ControllerContext } from "./controller-context.ts";

/** A queue of the names of all namespaces that are not going away, fed by their informer. */
export function activeNamespacesQueue(context: ControllerContext, name: string) {
  const queue = context.queue(name);
  const informer = context.informer(namespaces);
  informer.onChange(({ key, current }) => {
    if (current !== undefined && isActive(current)) queue.add(key);
  });
  return { queue, informer };
}

export function isActive(namespace: Namespace): boolean {
  return (
    namespace.metadata.deletionTimestamp === undefined && namespace.status?.phase !== "Terminating"
  );
}
