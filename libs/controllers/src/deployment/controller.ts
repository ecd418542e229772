/**
 * Deployments: performs their plan on ReplicaSets.
 *
 * Upstream: pkg/controller/deployment/deployment_controller.go @1.36
 */
import {
  controllerOf,
  isControlledBy,
  isStatusError,
  type LabelSelectorMatcher,
  labelSelectorFrom,
} from "@kubets/api";
import type { Deployment, DeploymentStatus, ReplicaSet } from "@kubets/api/apps/v1";
import {
  controllerRunnable,
  DONE,
  deployments,
  objectKey,
  pods,
  type ReconcileResult,
  replicaSets,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX, NAMESPACE_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { ownerFor } from "../pod-control/owned-pods.ts";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { planDeployment, type ReplicaSetChange } from "./plan.ts";
import { hasTemplateOf, REVISION_ANNOTATION } from "./revisions.ts";
import { planRollback } from "./rollback.ts";
import { isRollingUpdate, specReplicas } from "./scaling.ts";
import { withCreation } from "./status.ts";

const WORKERS = 5;
const KIND = { kind: "Deployment", group: "apps" };

export const deploymentController: ControllerDefinition = {
  name: "deployment-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("deployment-controller");
    const recorder = context.recorder("deployment-controller", client);
    const queue = context.queue("deployment");
    const owners = context.informer(deployments);
    const sets = context.informer(replicaSets);
    const podInformer = context.informer(pods);
    const selectorOf = memoizedSelector<Deployment>(({ spec }) =>
      labelSelectorFrom(spec?.selector),
    );
    const ownerOf = (replicaSet: ReplicaSet): Deployment | undefined =>
      ownerFor({ owners, ...KIND }, replicaSet.metadata.namespace, controllerOf(replicaSet));

    const ownWrites = new OwnWrites();
    const ownSetWrites = new OwnWrites();

    owners.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    sets.onChange(({ key, old, current }) => {
      if (current === undefined) ownSetWrites.forget(key);
      const owner = current === undefined ? undefined : ownerOf(current);
      const former = old === undefined ? undefined : ownerOf(old);
      for (const each of [owner, former]) if (each !== undefined) queue.add(objectKey(each));
      if (current === undefined || controllerOf(current) !== undefined) return;
      const { namespace = "", labels } = current.metadata;
      for (const each of owners.store.byIndex(NAMESPACE_INDEX, namespace)) {
        const selector = selectorOf(each);
        if (!selector.everything && selector.matches(labels)) queue.add(objectKey(each));
      }
    });
    // The Recreate strategy waits until the last old pod is gone.
    podInformer.onChange(({ old, current }) => {
      if (current !== undefined || old === undefined) return;
      const { namespace } = old.metadata;
      const replicaSet = ownerFor(
        { owners: sets, kind: "ReplicaSet", group: "apps" },
        namespace,
        controllerOf(old),
      );
      const owner = replicaSet === undefined ? undefined : ownerOf(replicaSet);
      if (owner !== undefined && !isRollingUpdate(owner)) queue.add(objectKey(owner));
    });

    const claim = (
      deployment: Deployment,
      selector: LabelSelectorMatcher,
      signal: AbortSignal,
    ): Promise<ReplicaSet[]> => {
      const { uid = "", namespace = "" } = deployment.metadata;
      return claimObjects({
        owner: deployment,
        ownerType: deployments,
        type: replicaSets,
        selector,
        candidates: [
          ...sets.store.byIndex(CONTROLLER_INDEX, uid),
          ...sets.store.byIndex(ORPHAN_INDEX, namespace),
        ],
        client,
        signal,
      });
    };

    /** The revision goes with the status: an update of the annotations alone would raise the generation. */
    const writeStatus = async (
      deployment: Deployment,
      status: DeploymentStatus,
      signal: AbortSignal,
      revision?: string,
    ): Promise<void> => {
      if (revision === undefined && isSemanticallyEqual(deployment.status ?? {}, status)) return;
      const { annotations } = deployment.metadata;
      const metadata =
        revision === undefined
          ? deployment.metadata
          : {
              ...deployment.metadata,
              annotations: { ...annotations, [REVISION_ANNOTATION]: revision },
            };
      ownWrites.wrote(
        await client.updateStatus(deployments, { ...deployment, metadata, status }, { signal }),
      );
    };

    const tellScaled = (deployment: Deployment, set: ReplicaSet, from: number, to: number) => {
      recorder.event(
        deployment,
        "Normal",
        "ScalingReplicaSet",
        `Scaled ${to > from ? "up" : "down"} replica set ${set.metadata.name} from ${from} to ${to}`,
      );
    };

    /** What became of it; `known`: it was there already and is ours. */
    const create = async (
      deployment: Deployment,
      wanted: ReplicaSet,
      signal: AbortSignal,
    ): Promise<"created" | "known" | "collision"> => {
      try {
        const created = await client.create(replicaSets, wanted, { signal });
        const replicas = specReplicas(created);
        if (replicas > 0) tellScaled(deployment, created, 0, replicas);
        return "created";
      } catch (error) {
        if (!isStatusError(error, "AlreadyExists")) throw error;
      }
      const { namespace = "", name = "" } = wanted.metadata;
      const existing = await client.get(replicaSets, namespace, name, { signal });
      const isOurs = isControlledBy(existing, deployment) && hasTemplateOf(existing, deployment);
      return isOurs ? "known" : "collision";
    };

    const change = async (
      deployment: Deployment,
      { before, after }: ReplicaSetChange,
      signal: AbortSignal,
    ): Promise<void> => {
      ownSetWrites.wrote(await client.update(replicaSets, after, { signal }));
      const [from, to] = [specReplicas(before), specReplicas(after)];
      if (from !== to) tellScaled(deployment, after, from, to);
    };

    const createError = async (
      deployment: Deployment,
      wanted: ReplicaSet,
      status: DeploymentStatus,
      error: unknown,
      signal: AbortSignal,
    ): Promise<void> => {
      const newest = wanted.metadata.name ?? "";
      const message = messageOf(error);
      recorder.event(
        deployment,
        "Warning",
        "ReplicaSetCreateError",
        `Failed to create new replica set "${newest}": ${message}`,
      );
      const conditions = withCreation(
        deployment,
        status.conditions,
        { reason: "ReplicaSetCreateError", newest, message },
        clock.now(),
      );
      await writeStatus(deployment, { ...deployment.status, conditions }, signal);
    };

    const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
      const deployment = owners.store.get(key);
      if (deployment === undefined || ownWrites.isBehind(deployment)) return DONE;
      const selector = selectorOf(deployment);
      const observedGeneration = deployment.metadata.generation ?? 0;
      if (selector.everything) {
        recorder.event(
          deployment,
          "Warning",
          "SelectingAll",
          "This deployment is selecting all pods. A non-empty selector is required.",
        );
        await writeStatus(deployment, { ...deployment.status, observedGeneration }, signal);
        return DONE;
      }
      const held = await claim(deployment, selector, signal);
      // Its own writes are not in view yet: their events bring it back.
      if (held.some((replicaSet) => ownSetWrites.isBehind(replicaSet))) return DONE;
      const { deletionTimestamp } = deployment.metadata;
      const mayRoll = deletionTimestamp === undefined && deployment.spec?.paused !== true;
      const rollback = mayRoll ? planRollback(deployment, held) : undefined;
      if (rollback !== undefined) {
        ownWrites.wrote(await client.update(deployments, rollback.after, { signal }));
        const { type, reason, message } = rollback.event;
        recorder.event(deployment, type, reason, message);
        return DONE;
      }
      const plan = planDeployment({
        deployment,
        replicaSets: held,
        podsOf: ({ metadata }) => podInformer.store.byIndex(CONTROLLER_INDEX, metadata.uid ?? ""),
        nowMs: clock.now(),
      });
      let { status } = plan;
      if (plan.create !== undefined) {
        let outcome: "created" | "known" | "collision";
        try {
          outcome = await create(deployment, plan.create, signal);
        } catch (error) {
          if (isNamespaceEnding(error)) return DONE;
          if (isStatusError(error))
            await createError(deployment, plan.create, status, error, signal);
          throw error;
        }
        if (outcome === "known") {
          return { kind: "error", error: new Error("the newest ReplicaSet is not in view yet") };
        }
        if (outcome === "collision") {
          const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
          await writeStatus(deployment, { ...deployment.status, collisionCount }, signal);
          return DONE;
        }
        const newest = plan.create.metadata.name ?? "";
        const progress = { reason: "NewReplicaSetCreated", newest } as const;
        const conditions = withCreation(deployment, status.conditions, progress, clock.now());
        status = { ...status, conditions };
      }
      for (const each of plan.change) await change(deployment, each, signal);
      for (const { metadata } of plan.delete) {
        await client
          .delete(replicaSets, metadata.namespace ?? "", metadata.name ?? "", { signal })
          .catch((error: unknown) => {
            if (!isStatusError(error, "NotFound")) throw error;
          });
      }
      await writeStatus(deployment, status, signal, plan.revision);
      return plan.afterMs === undefined ? DONE : { kind: "requeueAfter", afterMs: plan.afterMs };
    };

    return [
      controllerRunnable({
        name: "deployment-controller",
        queue,
        workers: context.workers("deployment-controller", WORKERS),
        informers: [owners, sets, podInformer],
        logger,
        reconcile,
      }),
    ];
  },
};
