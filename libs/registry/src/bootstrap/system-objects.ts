/** The namespaces and priority classes that every cluster has. */
import type { Namespace } from "@kubets/api/core/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";

/** Upstream: pkg/controlplane/controller/systemnamespaces/system_namespaces_controller.go @1.36 */
export const systemNamespaces: readonly Namespace[] = [
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "default",
].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));

/** Upstream: pkg/apis/scheduling/v1/helpers.go systemPriorityClasses @1.36 */
export const systemPriorityClasses: readonly PriorityClass[] = [
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "system-node-critical" },
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "system-cluster-critical" },
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
];
