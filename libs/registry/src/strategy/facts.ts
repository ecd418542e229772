/**
 * What the storage strategies of the built-in resources differ in, as data. Rows of resources whose
 * strategy does more have a file in `../resources/`.
 *
 * Upstream: pkg/registry/<group>/<resource>/strategy.go @1.36
 */
export interface StrategyFacts {
  /** PUT on a name that does not exist creates the object. Default: false. */
  readonly createOnUpdate?: boolean;
  /** PUT without a resourceVersion overwrites whatever is there. Default: false. */
  readonly unconditionalUpdate?: boolean;
  /** Whether creation sets generation to 1, and the paths whose change raises it. */
  readonly generation?: { readonly starts: boolean; readonly raisedBy: readonly string[] };
  /** Paths that writes to the object itself cannot change. */
  readonly resets?: readonly string[];
  /** Paths that writes to the status subresource cannot change. */
  readonly statusResets?: readonly string[];
  /** What creation puts in the place of a status from the request, as Go writes the empty struct. */
  readonly emptyStatus?: { readonly [field: string]: unknown };
  /** What happens to dependents when the deleter does not say. Default: they are deleted in the background. */
  readonly deletion?: "OrphanDependents" | "Unsupported";
}

/** By resource, with its group in front where it has one. */
export const strategyFacts: { readonly [resource: string]: StrategyFacts } = {
  configmaps: { unconditionalUpdate: true },
  endpoints: { createOnUpdate: true, unconditionalUpdate: true },
  events: { createOnUpdate: true, unconditionalUpdate: true, deletion: "Unsupported" },
  limitranges: { createOnUpdate: true, unconditionalUpdate: true },
  namespaces: {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { phase: "Active" },
  },
  nodes: { unconditionalUpdate: true, resets: ["status"], statusResets: ["spec"] },
  persistentvolumeclaims: {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { phase: "Pending" },
  },
  persistentvolumes: {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { phase: "Pending" },
  },
  pods: {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata.deletionTimestamp", "metadata.ownerReferences", "spec"],
  },
  podtemplates: {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["template"] },
  },
  replicationcontrollers: {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { replicas: 0 },
    deletion: "OrphanDependents",
  },
  resourcequotas: {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: {},
  },
  secrets: { unconditionalUpdate: true },
  serviceaccounts: { unconditionalUpdate: true },
  services: {
    createOnUpdate: true,
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { loadBalancer: {} },
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicies": {
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": {
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": {
    generation: { starts: true, raisedBy: ["webhooks"] },
  },
  "admissionregistration.k8s.io/validatingadmissionpolicies": {
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": {
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "admissionregistration.k8s.io/validatingwebhookconfigurations": {
    generation: { starts: true, raisedBy: ["webhooks"] },
  },
  "apiextensions.k8s.io/customresourcedefinitions": {
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata", "spec"],
  },
  "apiregistration.k8s.io/apiservices": {
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "apps/controllerrevisions": { unconditionalUpdate: true },
  "apps/daemonsets": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    },
  },
  "apps/deployments": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec", "metadata.annotations"] },
    resets: ["status"],
    statusResets: ["metadata.labels", "spec"],
    emptyStatus: {},
  },
  "apps/replicasets": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { replicas: 0 },
  },
  "apps/statefulsets": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { replicas: 0, availableReplicas: 0 },
  },
  "autoscaling/horizontalpodautoscalers": {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { desiredReplicas: 0, currentMetrics: null },
  },
  "batch/cronjobs": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: {},
  },
  "batch/jobs": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: {},
    deletion: "OrphanDependents",
  },
  "certificates.k8s.io/certificatesigningrequests": {
    unconditionalUpdate: true,
    resets: ["spec", "status"],
    statusResets: ["spec", "status.conditions"],
    emptyStatus: {},
  },
  "certificates.k8s.io/clustertrustbundles": {},
  "certificates.k8s.io/podcertificaterequests": { statusResets: ["spec"] },
  "coordination.k8s.io/leasecandidates": { createOnUpdate: true },
  "coordination.k8s.io/leases": { createOnUpdate: true },
  "discovery.k8s.io/endpointslices": {
    unconditionalUpdate: true,
    generation: {
      starts: true,
      raisedBy: ["addressType", "endpoints", "ports", "metadata.labels"],
    },
  },
  "flowcontrol.apiserver.k8s.io/flowschemas": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "internal.apiserver.k8s.io/storageversions": {
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "networking.k8s.io/ingressclasses": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "networking.k8s.io/ingresses": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { loadBalancer: {} },
  },
  "networking.k8s.io/ipaddresses": { unconditionalUpdate: true },
  "networking.k8s.io/networkpolicies": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "networking.k8s.io/servicecidrs": {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "node.k8s.io/runtimeclasses": { createOnUpdate: true },
  "policy/poddisruptionbudgets": {
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["spec"],
    emptyStatus: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  },
  "rbac.authorization.k8s.io/clusterrolebindings": {
    createOnUpdate: true,
    unconditionalUpdate: true,
  },
  "rbac.authorization.k8s.io/clusterroles": { createOnUpdate: true, unconditionalUpdate: true },
  "rbac.authorization.k8s.io/rolebindings": { createOnUpdate: true, unconditionalUpdate: true },
  "rbac.authorization.k8s.io/roles": { createOnUpdate: true, unconditionalUpdate: true },
  "resource.k8s.io/deviceclasses": { unconditionalUpdate: true },
  "resource.k8s.io/devicetaintrules": {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "resource.k8s.io/resourceclaims": {
    unconditionalUpdate: true,
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "resource.k8s.io/resourceclaimtemplates": { unconditionalUpdate: true },
  "resource.k8s.io/resourcepoolstatusrequests": {
    resets: ["status"],
    statusResets: ["metadata", "spec"],
  },
  "resource.k8s.io/resourceslices": { unconditionalUpdate: true },
  "scheduling.k8s.io/podgroups": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
  "scheduling.k8s.io/priorityclasses": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: [] },
  },
  "scheduling.k8s.io/workloads": {
    unconditionalUpdate: true,
    generation: { starts: true, raisedBy: ["spec"] },
  },
  "storage.k8s.io/csidrivers": {
    generation: { starts: false, raisedBy: ["spec"] },
  },
  "storage.k8s.io/csinodes": {},
  "storage.k8s.io/csistoragecapacities": {},
  "storage.k8s.io/storageclasses": { unconditionalUpdate: true },
  "storage.k8s.io/volumeattachments": {
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: { attached: false },
  },
  "storage.k8s.io/volumeattributesclasses": { unconditionalUpdate: true },
  "storagemigration.k8s.io/storageversionmigrations": {
    resets: ["status"],
    statusResets: ["metadata", "spec"],
    emptyStatus: {},
  },
};
