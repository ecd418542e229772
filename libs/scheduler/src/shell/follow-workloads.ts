/** Services and the sets that pods belong to: whose pods are spread though nobody asked for it. */
import {
  type Client,
  Informer,
  type InformerRunnable,
  replicaSets,
  replicationControllers,
  services,
  statefulSets,
} from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import type { Workloads } from "../plugins/pod-topology-spread/default-constraints.ts";
import { withoutManagedFields } from "./without-managed-fields.ts";

export interface FollowWorkloadsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

const BY_NAMESPACE = "namespace";

export function followWorkloads(options: FollowWorkloadsOptions): {
  readonly informers: readonly InformerRunnable[];
  readonly workloads: Workloads;
} {
  const serviceInformer = new Informer({
    ...options,
    type: services,
    transform: withoutManagedFields,
    indexers: { [BY_NAMESPACE]: ({ metadata }) => [metadata.namespace ?? ""] },
  });
  const replicaSetInformer = new Informer({
    ...options,
    type: replicaSets,
    transform: withoutManagedFields,
  });
  const statefulSetInformer = new Informer({
    ...options,
    type: statefulSets,
    transform: withoutManagedFields,
  });
  const controllers = new Informer({
    ...options,
    type: replicationControllers,
    transform: withoutManagedFields,
  });
  return {
    informers: [serviceInformer, replicaSetInformer, statefulSetInformer, controllers],
    workloads: {
      servicesIn: (namespace) => serviceInformer.store.byIndex(BY_NAMESPACE, namespace),
      replicaSet: (namespace, name) => replicaSetInformer.store.get(`${namespace}/${name}`),
      statefulSet: (namespace, name) => statefulSetInformer.store.get(`${namespace}/${name}`),
      replicationController: (namespace, name) => controllers.store.get(`${namespace}/${name}`),
    },
  };
}
