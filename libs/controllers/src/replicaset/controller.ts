/**
 * ReplicaSets.
 *
 * Upstream: pkg/controller/replicaset/replica_set.go @1.36
 */
import { controllerOf, labelSelectorFrom } from "@kubets/api";
import { replicaSets } from "@kubets/client";
import { CONTROLLER_INDEX } from "../manager/informer-indexes.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { replicaController } from "./replica-controller.ts";

export const replicaSetController = replicaController({
  name: "replicaset-controller",
  account: "replicaset-controller",
  component: "replicaset-controller",
  queue: "replicaset",
  kind: "ReplicaSet",
  group: "apps",
  type: replicaSets,
  countsTerminating: true,
  selectorOf: memoizedSelector((replicaSet) => labelSelectorFrom(replicaSet.spec?.selector)),
  withStatus: (replicaSet, status) => ({ ...replicaSet, status }),
  relatedPods(replicaSet, owners, podInformer) {
    const controller = controllerOf(replicaSet);
    const siblings =
      controller === undefined
        ? [replicaSet]
        : owners.store.byIndex(CONTROLLER_INDEX, controller.uid);
    return siblings.flatMap(({ metadata }) =>
      podInformer.store.byIndex(CONTROLLER_INDEX, metadata.uid ?? ""),
    );
  },
});
