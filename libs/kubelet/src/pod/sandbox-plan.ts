import type { Pod } from "@kubets/api/core/v1";
import { isHostNetwork } from "./pod-facts.ts";
import type { PodRuntime } from "./pod-runtime.ts";

export type SandboxPlan =
  | { readonly needed: false; readonly id: string; readonly attempt: number }
  | {
      readonly needed: true;
      readonly attempt: number;
      /** The sandbox it replaces; undefined for the first one. */
      readonly replacedId: string | undefined;
    };

/** Whether the pod needs a (new) sandbox. Upstream: pkg/kubelet/kuberuntime/util/util.go PodSandboxChanged @1.36 */
export function planSandbox(pod: Pod, runtime: PodRuntime): SandboxPlan {
  const [latest] = runtime.sandboxes;
  if (latest === undefined) return { needed: true, attempt: 0, replacedId: undefined };
  const attempt = latest.metadata.attempt + 1;
  const readyCount = runtime.sandboxes.filter(({ ready }) => ready).length;
  if (readyCount > 1 || !latest.ready) return { needed: true, attempt, replacedId: latest.id };
  if ((latest.network === "node") !== isHostNetwork(pod)) {
    return { needed: true, attempt, replacedId: undefined };
  }
  if (!isHostNetwork(pod) && latest.ips.length === 0) {
    return { needed: true, attempt, replacedId: latest.id };
  }
  return { needed: false, id: latest.id, attempt: latest.metadata.attempt };
}
