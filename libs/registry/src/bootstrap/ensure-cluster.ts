/** What a cluster has before anybody can ask for it. Idempotent; each apiserver runs it at its start. */
import type { ServiceCIDR } from "@kubets/api/networking/v1";
import { type EnsureContext, enforceObject, ensureObject } from "./ensure-object.ts";
import { ensurePolicy } from "./ensure-policy.ts";
import {
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  suggestedFlowSchemas,
  suggestedPriorityLevels,
} from "./flow-control-objects.ts";
import { systemNamespaces, systemPriorityClasses } from "./system-objects.ts";

export interface EnsureClusterOptions extends EnsureContext {
  /** The CIDRs that the apiserver was started with. */
  readonly serviceClusterIPRange: readonly string[];
}

export async function ensureCluster(options: EnsureClusterOptions): Promise<void> {
  for (const namespace of systemNamespaces) await ensureObject(options, "namespaces", namespace);
  for (const priorityClass of systemPriorityClasses) {
    await ensureObject(options, "priorityclasses", priorityClass);
  }
  await ensureObject(options, "servicecidrs", defaultServiceCIDR(options.serviceClusterIPRange));
  await ensureFlowControl(options);
  await ensurePolicy(options);
}

async function ensureFlowControl(options: EnsureContext): Promise<void> {
  const spec = ["spec"];
  for (const level of mandatoryPriorityLevels) {
    await enforceObject(options, "prioritylevelconfigurations", level, spec);
  }
  for (const level of suggestedPriorityLevels) {
    await ensureObject(options, "prioritylevelconfigurations", level);
  }
  for (const schema of mandatoryFlowSchemas) {
    await enforceObject(options, "flowschemas", schema, spec);
  }
  for (const schema of suggestedFlowSchemas) await ensureObject(options, "flowschemas", schema);
}

/** Upstream: pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go @1.36 */
function defaultServiceCIDR(cidrs: readonly string[]): ServiceCIDR {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs: [...cidrs] },
  };
}
