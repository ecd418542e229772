/** Which resources do more than their row of facts says. */
import type { StrategyHooks } from "../strategy/strategy.ts";
import { certificateSigningRequests } from "./certificate-signing-requests.ts";
import { customResourceDefinitions } from "./custom-resource-definitions.ts";
import { jobs } from "./jobs.ts";
import { namespaces } from "./namespaces.ts";
import { pods } from "./pods/pods.ts";
import { bindingHooks, type PolicyGuard, roleHooks } from "./rbac.ts";
import { scalable } from "./scalable.ts";
import { secrets } from "./secrets.ts";
import type { ServicePools } from "./services/service-allocations.ts";
import { servicesWith } from "./services/services.ts";
import {
  apiServices,
  daemonSets,
  endpointSlices,
  horizontalPodAutoscalers,
  limitRanges,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  serviceAccounts,
} from "./small-strategies.ts";

export function hooksFor(
  pools: ServicePools,
  policy: PolicyGuard | undefined,
): { readonly [resource: string]: StrategyHooks } {
  return {
    limitranges: limitRanges,
    namespaces,
    nodes,
    persistentvolumeclaims: persistentVolumeClaims,
    persistentvolumes: persistentVolumes,
    pods,
    replicationcontrollers: scalable,
    secrets,
    serviceaccounts: serviceAccounts,
    services: servicesWith(pools),
    "apiextensions.k8s.io/customresourcedefinitions": customResourceDefinitions,
    "apiregistration.k8s.io/apiservices": apiServices,
    "apps/daemonsets": daemonSets,
    "apps/deployments": scalable,
    "apps/replicasets": scalable,
    "apps/statefulsets": scalable,
    "autoscaling/horizontalpodautoscalers": horizontalPodAutoscalers,
    "batch/jobs": jobs,
    "certificates.k8s.io/certificatesigningrequests": certificateSigningRequests,
    "discovery.k8s.io/endpointslices": endpointSlices,
    "rbac.authorization.k8s.io/clusterrolebindings": bindingHooks("clusterrolebindings", policy),
    "rbac.authorization.k8s.io/clusterroles": roleHooks("clusterroles", policy),
    "rbac.authorization.k8s.io/rolebindings": bindingHooks("rolebindings", policy),
    "rbac.authorization.k8s.io/roles": roleHooks("roles", policy),
  };
}
