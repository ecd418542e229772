/** Which resources do more than their row of facts says. */
import type { StrategyHooks } from "../strategy/strategy.ts";
import { certificateSigningRequests } from "./certificate-signing-requests.ts";
import { customResourceDefinitions } from "./custom-resource-definitions.ts";
import { jobs } from "./jobs.ts";
import { namespaces } from "./namespaces.ts";
import { pods } from "./pods/pods.ts";
import { secrets } from "./secrets.ts";
import type { ServicePools } from "./services/service-allocations.ts";
import { servicesWith } from "./services/services.ts";
import {
  apiServices,
  daemonSets,
  limitRanges,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  serviceAccounts,
} from "./small-strategies.ts";

export function hooksFor(pools: ServicePools): { readonly [resource: string]: StrategyHooks } {
  return {
    limitranges: limitRanges,
    namespaces,
    nodes,
    persistentvolumeclaims: persistentVolumeClaims,
    persistentvolumes: persistentVolumes,
    pods,
    secrets,
    serviceaccounts: serviceAccounts,
    services: servicesWith(pools),
    "apiextensions.k8s.io/customresourcedefinitions": customResourceDefinitions,
    "apiregistration.k8s.io/apiservices": apiServices,
    "apps/daemonsets": daemonSets,
    "batch/jobs": jobs,
    "certificates.k8s.io/certificatesigningrequests": certificateSigningRequests,
  };
}
