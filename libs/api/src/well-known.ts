/** Names that more than one component uses; upstream's clients know them too. */

export const LABEL_HOSTNAME = "kubernetes.io/hostname";
export const LABEL_OS = "kubernetes.io/os";
export const LABEL_ARCH = "kubernetes.io/arch";
export const LABEL_BETA_OS = "beta.kubernetes.io/os";
export const LABEL_BETA_ARCH = "beta.kubernetes.io/arch";
export const LABEL_INSTANCE_TYPE = "node.kubernetes.io/instance-type";
export const LABEL_ZONE = "topology.kubernetes.io/zone";
export const LABEL_REGION = "topology.kubernetes.io/region";
export const LABEL_NAMESPACE_NAME = "kubernetes.io/metadata.name";
export const LABEL_SERVICE_NAME = "kubernetes.io/service-name";
export const LABEL_HEADLESS_SERVICE = "service.kubernetes.io/headless";
export const LABEL_ENDPOINT_SLICE_MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
export const LABEL_NODE_ROLE_PREFIX = "node-role.kubernetes.io/";
export const LABEL_NODE_EXCLUDE_BALANCERS =
  "node.kubernetes.io/exclude-from-external-load-balancers";

export const TAINT_NODE_NOT_READY = "node.kubernetes.io/not-ready";
export const TAINT_NODE_UNREACHABLE = "node.kubernetes.io/unreachable";
export const TAINT_NODE_UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
export const TAINT_NODE_MEMORY_PRESSURE = "node.kubernetes.io/memory-pressure";
export const TAINT_NODE_DISK_PRESSURE = "node.kubernetes.io/disk-pressure";
export const TAINT_NODE_PID_PRESSURE = "node.kubernetes.io/pid-pressure";
export const TAINT_NODE_NETWORK_UNAVAILABLE = "node.kubernetes.io/network-unavailable";
export const TAINT_NODE_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

export const ANNOTATION_MIRROR_POD = "kubernetes.io/config.mirror";
export const ANNOTATION_CONFIG_SOURCE = "kubernetes.io/config.source";
export const ANNOTATION_CONFIG_HASH = "kubernetes.io/config.hash";
export const ANNOTATION_NODE_TTL = "node.alpha.kubernetes.io/ttl";
export const ANNOTATION_SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name";
export const ANNOTATION_SERVICE_ACCOUNT_UID = "kubernetes.io/service-account.uid";
export const ANNOTATION_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
export const ANNOTATION_INITIAL_EVENTS_END = "k8s.io/initial-events-end";
export const ANNOTATION_RBAC_AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";
export const ANNOTATION_POD_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

export const NAMESPACE_DEFAULT = "default";
export const NAMESPACE_SYSTEM = "kube-system";
export const NAMESPACE_PUBLIC = "kube-public";
export const NAMESPACE_NODE_LEASE = "kube-node-lease";

/** The finalizer in a Namespace's spec that the namespace controller clears. */
export const FINALIZER_KUBERNETES = "kubernetes";
export const FINALIZER_ORPHAN = "orphan";
export const FINALIZER_FOREGROUND = "foregroundDeletion";

export const DEFAULT_SCHEDULER_NAME = "default-scheduler";
export const DEFAULT_SERVICE_ACCOUNT = "default";
/** The ConfigMap in every namespace that has the cluster's root certificates. */
export const ROOT_CA_CONFIG_MAP = "kube-root-ca.crt";
