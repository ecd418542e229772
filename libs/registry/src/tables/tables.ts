/** The table of each built-in kind: its columns with the function that fills them. */
import type { KubeObject } from "@kubets/api";
import type { TableColumn, TableConvertor } from "../store.ts";
import * as admission from "./cells/admission.ts";
import { horizontalPodAutoscalerCells } from "./cells/autoscalers.ts";
import * as cluster from "./cells/cluster.ts";
import * as core from "./cells/core.ts";
import * as devices from "./cells/devices.ts";
import * as networking from "./cells/networking.ts";
import { podCells } from "./cells/pods.ts";
import * as storage from "./cells/storage.ts";
import * as workloads from "./cells/workloads.ts";
import { columnFacts } from "./columns.ts";
import { defaultTable } from "./default-table.ts";

type Cells = (object: KubeObject, nowMs: number) => unknown[];

/** A table row is made for objects of its kind only: the store they come from says so. */
function of<T>(cells: (object: T, nowMs: number) => unknown[]): Cells {
  return (object, nowMs) => cells(object as T, nowMs);
}

const cellsByKind: { readonly [kind: string]: Cells } = {
  ComponentStatus: of(core.componentStatusCells),
  ConfigMap: of(core.configMapCells),
  Endpoints: of(core.endpointsCells),
  Event: of(core.eventCells),
  Namespace: of(core.namespaceCells),
  Node: of(core.nodeCells),
  PersistentVolume: of(storage.persistentVolumeCells),
  PersistentVolumeClaim: of(storage.persistentVolumeClaimCells),
  Pod: of(podCells),
  PodTemplate: of(core.podTemplateCells),
  ReplicationController: of(core.replicationControllerCells),
  ResourceQuota: of(core.resourceQuotaCells),
  Secret: of(core.secretCells),
  Service: of(core.serviceCells),
  ServiceAccount: of(core.serviceAccountCells),
  "admissionregistration.k8s.io/MutatingAdmissionPolicy": of(admission.mutatingPolicyCells),
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding": of(admission.policyBindingCells),
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": of(admission.webhookCells),
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": of(admission.validatingPolicyCells),
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding": of(admission.policyBindingCells),
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": of(admission.webhookCells),
  "apps/ControllerRevision": of(workloads.controllerRevisionCells),
  "apps/DaemonSet": of(workloads.daemonSetCells),
  "apps/Deployment": of(workloads.deploymentCells),
  "apps/ReplicaSet": of(workloads.replicaSetCells),
  "apps/StatefulSet": of(workloads.statefulSetCells),
  "autoscaling/HorizontalPodAutoscaler": of(horizontalPodAutoscalerCells),
  "autoscaling/Scale": of(workloads.scaleCells),
  "batch/CronJob": of(workloads.cronJobCells),
  "batch/Job": of(workloads.jobCells),
  "certificates.k8s.io/CertificateSigningRequest": of(cluster.certificateSigningRequestCells),
  "coordination.k8s.io/Lease": of(cluster.leaseCells),
  "discovery.k8s.io/EndpointSlice": of(networking.endpointSliceCells),
  "flowcontrol.apiserver.k8s.io/FlowSchema": of(cluster.flowSchemaCells),
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration": of(cluster.priorityLevelCells),
  "networking.k8s.io/IPAddress": of(networking.ipAddressCells),
  "networking.k8s.io/Ingress": of(networking.ingressCells),
  "networking.k8s.io/IngressClass": of(networking.ingressClassCells),
  "networking.k8s.io/NetworkPolicy": of(networking.networkPolicyCells),
  "networking.k8s.io/ServiceCIDR": of(networking.serviceCIDRCells),
  "node.k8s.io/RuntimeClass": of(cluster.runtimeClassCells),
  "policy/PodDisruptionBudget": of(workloads.podDisruptionBudgetCells),
  "rbac.authorization.k8s.io/ClusterRoleBinding": of(cluster.bindingCells),
  "rbac.authorization.k8s.io/RoleBinding": of(cluster.bindingCells),
  "resource.k8s.io/DeviceClass": of(devices.nameAndAgeCells),
  "resource.k8s.io/ResourceClaim": of(devices.resourceClaimCells),
  "resource.k8s.io/ResourceClaimTemplate": of(devices.nameAndAgeCells),
  "resource.k8s.io/ResourceSlice": of(devices.resourceSliceCells),
  "scheduling.k8s.io/PriorityClass": of(cluster.priorityClassCells),
  "scheduling.k8s.io/Workload": of(devices.nameAndAgeCells),
  "storage.k8s.io/CSIDriver": of(storage.csiDriverCells),
  "storage.k8s.io/CSINode": of(storage.csiNodeCells),
  "storage.k8s.io/CSIStorageCapacity": of(storage.csiStorageCapacityCells),
  "storage.k8s.io/StorageClass": of(storage.storageClassCells),
  "storage.k8s.io/VolumeAttachment": of(storage.volumeAttachmentCells),
  "storage.k8s.io/VolumeAttributesClass": of(storage.volumeAttributesClassCells),
};

/** Kinds without cells of their own show name and time of creation, as upstream's default does. */
export function tableOf(group: string, kind: string): TableConvertor {
  const key = group === "" ? kind : `${group}/${kind}`;
  const facts = columnFacts[key];
  const cells = cellsByKind[key];
  if (facts === undefined || cells === undefined) return defaultTable;
  const columns = facts.map(
    ({ name, type = "string", format = "", priority = 0 }): TableColumn => ({
      name,
      type,
      format,
      description: descriptions[name] ?? "",
      priority,
    }),
  );
  return { columns, cells };
}

const descriptions: { readonly [column: string]: string } = {
  Name: "Name must be unique within a namespace. It identifies the object and is chosen by whoever creates it.",
  Age: "How long ago the server created the object.",
};
