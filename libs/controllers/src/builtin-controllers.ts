/** The table of built-in controllers. */
import type { ResourceInfo } from "@kubets/api";
import type { ControllerDefinition } from "./controller-context.ts";
import { cronJobController } from "./cronjob/controller.ts";
import { daemonSetController } from "./daemonset/controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import { disruptionController } from "./disruption/controller.ts";
import { endpointsController } from "./endpoints/controller.ts";
import { endpointSliceController } from "./endpointslice/controller.ts";
import { endpointSliceMirroringController } from "./endpointslice-mirroring/controller.ts";
import { garbageCollectorController } from "./garbage-collector/controller.ts";
import { jobController } from "./job/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeIpamController } from "./node-ipam/controller.ts";
import { nodeLifecycleController } from "./node-lifecycle/controller.ts";
import type { EvictionRates } from "./node-lifecycle/zones.ts";
import { podGarbageCollector } from "./pod-garbage-collector/controller.ts";
import { replicaSetController } from "./replicaset/controller.ts";
import { replicationController } from "./replication/controller.ts";
import { resourceQuotaController } from "./resource-quota/controller.ts";
import { rootCaCertPublisher } from "./root-ca-cert-publisher/controller.ts";
import { serviceAccountController } from "./serviceaccount/controller.ts";
import { statefulSetController } from "./statefulset/controller.ts";
import { taintEvictionController } from "./taint-eviction/controller.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished/controller.ts";

export interface BuiltinControllerOptions {
  /** What the apiserver serves. */
  readonly resources: () => readonly ResourceInfo[];
  /** PEM; absent: kube-root-ca.crt is not published. */
  readonly rootCa?: string;
  /** Absent: nodes get no pod ranges (--allocate-node-cidrs=false). */
  readonly nodeIpam?: { readonly clusterCidr: string; readonly nodeMaskBits: number };
  readonly nodeMonitorGraceMs: number;
  readonly nodeStartupGraceMs: number;
  readonly nodeEvictionRates?: Partial<EvictionRates>;
  /** --terminated-pod-gc-threshold: more pods that have ended are not kept; 0 or less: no limit. Default 12,500. */
  readonly terminatedPodsMax?: number;
  /** --resource-quota-sync-period. Default 5 minutes. */
  readonly quotaResyncMs?: number;
  /** --max-endpoints-per-slice. Default 100. */
  readonly endpointsPerSliceMax?: number;
  /** --mirroring-max-endpoints-per-subset. Default 1,000. */
  readonly mirroredEndpointsMax?: number;
}

export function builtinControllers(options: BuiltinControllerOptions): ControllerDefinition[] {
  return [
    serviceAccountController,
    ...(options.rootCa === undefined ? [] : [rootCaCertPublisher(options.rootCa)]),
    ...(options.nodeIpam === undefined ? [] : [nodeIpamController(options.nodeIpam)]),
    nodeLifecycleController({
      graceMs: options.nodeMonitorGraceMs,
      startupGraceMs: options.nodeStartupGraceMs,
      ...(options.nodeEvictionRates === undefined ? {} : { rates: options.nodeEvictionRates }),
    }),
    taintEvictionController,
    namespaceController(options.resources),
    garbageCollectorController(options.resources),
    endpointsController,
    endpointSliceController(
      options.endpointsPerSliceMax === undefined
        ? {}
        : { endpointsMax: options.endpointsPerSliceMax },
    ),
    endpointSliceMirroringController(
      options.mirroredEndpointsMax === undefined
        ? {}
        : { endpointsMax: options.mirroredEndpointsMax },
    ),
    deploymentController,
    replicaSetController,
    replicationController,
    daemonSetController,
    statefulSetController,
    jobController,
    cronJobController,
    disruptionController(options.resources),
    podGarbageCollector(
      options.terminatedPodsMax === undefined ? {} : { terminatedMax: options.terminatedPodsMax },
    ),
    ttlAfterFinishedController,
    resourceQuotaController({
      resources: options.resources,
      ...(options.quotaResyncMs === undefined ? {} : { resyncMs: options.quotaResyncMs }),
    }),
  ];
}
