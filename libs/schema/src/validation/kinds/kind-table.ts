/** Which rules hold for which kind, by apiVersion and kind. */
import type { KindRules } from "../kind-rules.ts";
import { bindingRules } from "./binding.ts";
import { configMapRules, secretRules } from "./config-map.ts";
import { coreEventRules, eventsEventRules } from "./event.ts";
import { leaseRules } from "./lease.ts";
import { namespaceRules } from "./namespace.ts";
import { nodeRules } from "./node.ts";
import { persistentVolumeClaimRules } from "./persistent-volume-claim.ts";
import { podRules } from "./pod.ts";
import { serviceRules } from "./service.ts";
import { WORKLOAD_RULES } from "./workloads.ts";

export const KIND_RULES: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([
  ["v1.Binding", bindingRules],
  ["v1.ConfigMap", configMapRules],
  ["v1.Event", coreEventRules],
  ["v1.Namespace", namespaceRules],
  ["v1.Node", nodeRules],
  ["v1.PersistentVolumeClaim", persistentVolumeClaimRules],
  ["v1.Pod", podRules],
  ["v1.Secret", secretRules],
  ["v1.Service", serviceRules],
  ["coordination.k8s.io/v1.Lease", leaseRules],
  ["events.k8s.io/v1.Event", eventsEventRules],
  ...WORKLOAD_RULES,
]);
