/** Which function defaults which message, where a plain value is not enough. */
import type { JsonObject } from "@kubets/api";
import {
  endpointsDefaults,
  namespaceDefaults,
  nodeStatusDefaults,
  replicationControllerDefaults,
  serviceDefaults,
} from "./special/core-defaults.ts";
import {
  csiDriverDefaults,
  customResourceDefinitionDefaults,
  deviceCountDefaults,
  deviceDefaults,
  deviceRequestDefaults,
  ingressClassDefaults,
  networkPolicyDefaults,
  subjectDefaults,
} from "./special/extension-defaults.ts";
import {
  nodePodCidrs,
  podServiceAccount,
  podStatusAddresses,
  secretStringData,
} from "./special/paired-fields.ts";
import {
  containerDefaults,
  limitRangeItemDefaults,
  podDefaults,
  volumeDefaults,
} from "./special/pod-defaults.ts";
import {
  daemonSetDefaults,
  deploymentDefaults,
  horizontalPodAutoscalerDefaults,
  jobDefaults,
  statefulSetDefaults,
} from "./special/workload-defaults.ts";

export interface DefaultingContext {
  /** For the one default that is the time; without it that field stays unset. */
  readonly nowMs?: number;
}

export type DefaultFunction = (node: JsonObject, context: DefaultingContext) => void;

/** Run after the plain defaults of the same message. */
export const SPECIAL_DEFAULTS: Readonly<Record<string, DefaultFunction>> = {
  "k8s.io.api.core.v1.Pod": podDefaults,
  "k8s.io.api.core.v1.PodSpec": podServiceAccount,
  "k8s.io.api.core.v1.PodStatus": podStatusAddresses,
  "k8s.io.api.core.v1.Container": containerDefaults,
  "k8s.io.api.core.v1.EphemeralContainer": containerDefaults,
  "k8s.io.api.core.v1.Volume": volumeDefaults,
  "k8s.io.api.core.v1.LimitRangeItem": limitRangeItemDefaults,
  "k8s.io.api.core.v1.Namespace": namespaceDefaults,
  "k8s.io.api.core.v1.NodeStatus": nodeStatusDefaults,
  "k8s.io.api.core.v1.NodeSpec": nodePodCidrs,
  "k8s.io.api.core.v1.Secret": secretStringData,
  "k8s.io.api.core.v1.Service": serviceDefaults,
  "k8s.io.api.core.v1.Endpoints": endpointsDefaults,
  "k8s.io.api.core.v1.ReplicationController": replicationControllerDefaults,
  "k8s.io.api.apps.v1.Deployment": deploymentDefaults,
  "k8s.io.api.apps.v1.DaemonSet": daemonSetDefaults,
  "k8s.io.api.apps.v1.StatefulSet": statefulSetDefaults,
  "k8s.io.api.batch.v1.Job": jobDefaults,
  "k8s.io.api.autoscaling.v2.HorizontalPodAutoscaler": horizontalPodAutoscalerDefaults,
  "k8s.io.api.networking.v1.IngressClass": ingressClassDefaults,
  "k8s.io.api.networking.v1.NetworkPolicy": networkPolicyDefaults,
  "k8s.io.api.rbac.v1.Subject": subjectDefaults,
  "k8s.io.api.resource.v1.Device": deviceDefaults,
  "k8s.io.api.resource.v1beta1.BasicDevice": deviceDefaults,
  "k8s.io.api.resource.v1beta2.Device": deviceDefaults,
  "k8s.io.api.resource.v1.DeviceSubRequest": deviceCountDefaults,
  "k8s.io.api.resource.v1.ExactDeviceRequest": deviceCountDefaults,
  "k8s.io.api.resource.v1beta1.DeviceSubRequest": deviceCountDefaults,
  "k8s.io.api.resource.v1beta1.DeviceRequest": deviceRequestDefaults,
  "k8s.io.api.resource.v1beta2.DeviceSubRequest": deviceCountDefaults,
  "k8s.io.api.resource.v1beta2.ExactDeviceRequest": deviceCountDefaults,
  "k8s.io.api.resource.v1.DeviceTaint": deviceTaintDefaults,
  "k8s.io.api.resource.v1alpha3.DeviceTaint": deviceTaintDefaults,
  "k8s.io.api.resource.v1beta1.DeviceTaint": deviceTaintDefaults,
  "k8s.io.api.resource.v1beta2.DeviceTaint": deviceTaintDefaults,
  "k8s.io.api.storage.v1.CSIDriver": csiDriverDefaults,
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition":
    customResourceDefinitionDefaults,
};

function deviceTaintDefaults(taint: JsonObject, context: DefaultingContext): void {
  if (context.nowMs === undefined || (taint.timeAdded !== undefined && taint.timeAdded !== null))
    return;
  taint.timeAdded = `${new Date(context.nowMs).toISOString().slice(0, 19)}Z`;
}
