import { isStatusError } from "@kubets/api";
import type { RuntimeClass } from "@kubets/api/node/v1";
import { type Reader, resourceType } from "@kubets/client";
import { KubeletError } from "../kubelet-error.ts";

const runtimeClasses = resourceType<RuntimeClass>("node.k8s.io", "v1", "runtimeclasses", false);

/**
 * The handler that a pod's RuntimeClass names; the runtime's default where the pod names none.
 *
 * Upstream: pkg/kubelet/runtimeclass/runtimeclass_manager.go LookupRuntimeHandler @1.36
 */
export async function runtimeHandler(
  client: Pick<Reader, "get">,
  runtimeClass: string | undefined,
): Promise<string> {
  if (runtimeClass === undefined || runtimeClass === "") return "";
  try {
    return (await client.get(runtimeClasses, "", runtimeClass)).handler;
  } catch (error) {
    if (!isStatusError(error, "NotFound")) throw error;
    throw new KubeletError("missingReference", `RuntimeClass "${runtimeClass}" not found`);
  }
}
