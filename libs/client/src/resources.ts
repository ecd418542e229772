/** The resources that our components use, bound to their types. */
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from "@kubets/api/apps/v1";
import type { TokenReview } from "@kubets/api/authentication/v1";
import type { SubjectAccessReview } from "@kubets/api/authorization/v1";
import type { CronJob, Job } from "@kubets/api/batch/v1";
import type { CertificateSigningRequest } from "@kubets/api/certificates/v1";
import type { Lease } from "@kubets/api/coordination/v1";
import type {
  ConfigMap,
  Event as CoreEvent,
  Endpoints,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  Secret,
  Service,
  ServiceAccount,
} from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { Event } from "@kubets/api/events/v1";
import type { PodDisruptionBudget } from "@kubets/api/policy/v1";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "@kubets/api/rbac/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";
import type { CSINode, StorageClass } from "@kubets/api/storage/v1";
import { resourceType } from "./resource-type.ts";

export const configMaps = resourceType<ConfigMap>("", "v1", "configmaps", true);
export const endpoints = resourceType<Endpoints>("", "v1", "endpoints", true);
export const coreEvents = resourceType<CoreEvent>("", "v1", "events", true);
export const namespaces = resourceType<Namespace>("", "v1", "namespaces", false);
export const nodes = resourceType<Node>("", "v1", "nodes", false);
export const persistentVolumeClaims = resourceType<PersistentVolumeClaim>(
  "",
  "v1",
  "persistentvolumeclaims",
  true,
);
export const persistentVolumes = resourceType<PersistentVolume>(
  "",
  "v1",
  "persistentvolumes",
  false,
);
export const pods = resourceType<Pod>("", "v1", "pods", true);
export const replicationControllers = resourceType<ReplicationController>(
  "",
  "v1",
  "replicationcontrollers",
  true,
);
export const secrets = resourceType<Secret>("", "v1", "secrets", true);
export const serviceAccounts = resourceType<ServiceAccount>("", "v1", "serviceaccounts", true);
export const services = resourceType<Service>("", "v1", "services", true);

export const controllerRevisions = resourceType<ControllerRevision>(
  "apps",
  "v1",
  "controllerrevisions",
  true,
);
export const daemonSets = resourceType<DaemonSet>("apps", "v1", "daemonsets", true);
export const deployments = resourceType<Deployment>("apps", "v1", "deployments", true);
export const replicaSets = resourceType<ReplicaSet>("apps", "v1", "replicasets", true);
export const statefulSets = resourceType<StatefulSet>("apps", "v1", "statefulsets", true);

export const tokenReviews = resourceType<TokenReview>(
  "authentication.k8s.io",
  "v1",
  "tokenreviews",
  false,
);
export const subjectAccessReviews = resourceType<SubjectAccessReview>(
  "authorization.k8s.io",
  "v1",
  "subjectaccessreviews",
  false,
);
export const cronJobs = resourceType<CronJob>("batch", "v1", "cronjobs", true);
export const jobs = resourceType<Job>("batch", "v1", "jobs", true);
export const certificateSigningRequests = resourceType<CertificateSigningRequest>(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  false,
);
export const leases = resourceType<Lease>("coordination.k8s.io", "v1", "leases", true);
export const endpointSlices = resourceType<EndpointSlice>(
  "discovery.k8s.io",
  "v1",
  "endpointslices",
  true,
);
export const events = resourceType<Event>("events.k8s.io", "v1", "events", true);
export const podDisruptionBudgets = resourceType<PodDisruptionBudget>(
  "policy",
  "v1",
  "poddisruptionbudgets",
  true,
);
export const clusterRoleBindings = resourceType<ClusterRoleBinding>(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterrolebindings",
  false,
);
export const clusterRoles = resourceType<ClusterRole>(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterroles",
  false,
);
export const roleBindings = resourceType<RoleBinding>(
  "rbac.authorization.k8s.io",
  "v1",
  "rolebindings",
  true,
);
export const roles = resourceType<Role>("rbac.authorization.k8s.io", "v1", "roles", true);
export const priorityClasses = resourceType<PriorityClass>(
  "scheduling.k8s.io",
  "v1",
  "priorityclasses",
  false,
);
export const csiNodes = resourceType<CSINode>("storage.k8s.io", "v1", "csinodes", false);
export const storageClasses = resourceType<StorageClass>(
  "storage.k8s.io",
  "v1",
  "storageclasses",
  false,
);
