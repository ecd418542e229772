import { isStatusError } from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import { type Client, pods } from "@kubets/client";
import { TRACKING_FINALIZER } from "./job-pods.ts";

/** Lets the pod go as far as its Job is concerned; a pod that is gone already is well. */
export async function removeFinalizer(
  client: Client,
  pod: Pod,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = "", name = "", uid } = pod.metadata;
  const metadata = { uid, "$deleteFromPrimitiveList/finalizers": [TRACKING_FINALIZER] };
  try {
    await client.patch(
      pods,
      { namespace, name },
      { type: "application/strategic-merge-patch+json", body: { metadata } },
      { signal },
    );
  } catch (error) {
    // Gone, or another pod of this name.
    if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
  }
}
