/** Which rules hold for which kind, by apiVersion and kind. */
import type { KindRules } from "../kind-rules.ts";
import { AUTOSCALING_RULES } from "./autoscaling.ts";
import { BATCH_RULES } from "./batch.ts";
import { bindingRules } from "./binding.ts";
import { certificateRequestEntry } from "./certificates.ts";
import { configMapRules, secretRules } from "./config-map.ts";
import { customResourceDefinitionEntry } from "./custom-resource-definition.ts";
import { disruptionBudgetRules } from "./disruption-budget.ts";
import { endpointSliceRules } from "./endpoint-slice.ts";
import { endpointsRules } from "./endpoints.ts";
import { coreEventRules, eventsEventRules } from "./event.ts";
import { leaseRules } from "./lease.ts";
import { namespaceRules } from "./namespace.ts";
import { NETWORKING_RULES } from "./networking.ts";
import { nodeRules } from "./node.ts";
import { OTHER_RULES } from "./other-kinds.ts";
import { persistentVolumeEntry } from "./persistent-volume.ts";
import { persistentVolumeClaimRules } from "./persistent-volume-claim.ts";
import { podRules } from "./pod.ts";
import { priorityClassEntry } from "./priority-class.ts";
import { QUOTA_RULES } from "./quota.ts";
import { RBAC_RULES } from "./rbac.ts";
import { serviceRules } from "./service.ts";
import { STORAGE_RULES } from "./storage.ts";
import { WEBHOOK_RULES } from "./webhooks.ts";
import { WORKLOAD_RULES } from "./workloads.ts";

export const KIND_RULES: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([
  ["v1.Binding", bindingRules],
  ["v1.ConfigMap", configMapRules],
  ["v1.Endpoints", endpointsRules],
  ["v1.Event", coreEventRules],
  ["v1.Namespace", namespaceRules],
  ["v1.Node", nodeRules],
  ["v1.PersistentVolumeClaim", persistentVolumeClaimRules],
  ["v1.Pod", podRules],
  ["v1.Secret", secretRules],
  ["v1.Service", serviceRules],
  ["coordination.k8s.io/v1.Lease", leaseRules],
  ["discovery.k8s.io/v1.EndpointSlice", endpointSliceRules],
  ["policy/v1.PodDisruptionBudget", disruptionBudgetRules],
  ["events.k8s.io/v1.Event", eventsEventRules],
  ...WORKLOAD_RULES,
  ...AUTOSCALING_RULES,
  ...BATCH_RULES,
  ...NETWORKING_RULES,
  ...OTHER_RULES,
  ...QUOTA_RULES,
  ...RBAC_RULES,
  ...STORAGE_RULES,
  ...WEBHOOK_RULES,
  certificateRequestEntry,
  customResourceDefinitionEntry,
  persistentVolumeEntry,
  priorityClassEntry,
]);
