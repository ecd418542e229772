/**
 * ReplicationControllers: ReplicaSets with a plain selector.
 *
 * Upstream: pkg/controller/replication/replication_controller.go @1.36
 */
import { labelSelectorFromMap } from "@kubets/api";
import { replicationControllers } from "@kubets/client";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { replicaController } from "../replicaset/replica-controller.ts";

export const replicationController = replicaController({
  name: "replicationcontroller-controller",
  account: "replication-controller",
  component: "replication-controller",
  queue: "replicationmanager",
  kind: "ReplicationController",
  group: "",
  type: replicationControllers,
  countsTerminating: false,
  selectorOf: memoizedSelector((controller) =>
    labelSelectorFromMap(controller.spec?.selector ?? {}),
  ),
  withStatus: (controller, status) => {
    const { terminatingReplicas: _, ...known } = status;
    return { ...controller, status: known };
  },
});
