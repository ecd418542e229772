import type { ResourceInfo } from "@kubets/api";
import type { VirtualResource } from "../store.ts";
import type { podBinding } from "../subresources/pod-binding.ts";

/** The old way to bind a pod: the binding itself names it. */
export function bindings(
  info: ResourceInfo,
  binding: ReturnType<typeof podBinding>,
): VirtualResource {
  return {
    info,
    create: (scope, object, admission) =>
      binding.create(scope, object.metadata.name ?? "", object, admission),
  };
}
