/**
 * StatefulSets.
 *
 * Upstream: pkg/controller/statefulset/{stateful_set,stateful_set_control,stateful_pod_control}.go @1.36
 */
import { isStatusError, type LabelSelectorMatcher, labelSelectorFrom } from "@kubets/api";
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import {
  controllerRevisions,
  controllerRunnable,
  DONE,
  objectKey,
  persistentVolumeClaims,
  pods,
  type ReconcileResult,
  statefulSets,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX, NAMESPACE_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { nextAvailabilityMs } from "../pod-control/availability.ts";
import { followOwnedPods } from "../pod-control/owned-pods.ts";
import { isNamespaceEnding, messageOf } from "../pod-control/pod-writer.ts";
import { RevisionHistory } from "../revision-history/history.ts";
import { surplusRevisions, templateOf } from "../revision-history/plan.ts";
import { StatefulClaims } from "./claims.ts";
import { planStatefulSet, type SetVersion, type StatefulAction } from "./plan.ts";
import { isClaimName, ordinalOf, revisionOfPod } from "./stateful-pod.ts";

const WORKERS = 5;
const HASH_LABEL = "controller.kubernetes.io/hash";

export const statefulSetController: ControllerDefinition = {
  name: "statefulset-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("statefulset-controller");
    const recorder = context.recorder("statefulset-controller", client);
    const queue = context.queue("statefulset");
    const owners = context.informer(statefulSets);
    const podInformer = context.informer(pods);
    const claimInformer = context.informer(persistentVolumeClaims);
    const revisionInformer = context.informer(controllerRevisions);
    const claims = new StatefulClaims({ client, recorder, informer: claimInformer });
    const ownWrites = new OwnWrites();
    const history = new RevisionHistory({
      ownerType: statefulSets,
      revisions: revisionInformer,
      hashLabel: HASH_LABEL,
      client,
    });
    const selectorOf: (set: StatefulSet) => LabelSelectorMatcher = memoizedSelector(({ spec }) =>
      labelSelectorFrom(spec?.selector),
    );

    owners.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    followOwnedPods({
      owners,
      pods: podInformer,
      kind: "StatefulSet",
      group: "apps",
      selectorOf,
      queue,
    });

    // A pod may wait for a claim to go, or lack one that is gone.
    claimInformer.onChange(({ old, current }) => {
      if (current !== undefined || old === undefined) return;
      const { namespace = "", name = "" } = old.metadata;
      for (const set of owners.store.byIndex(NAMESPACE_INDEX, namespace)) {
        if (isClaimName(set, name)) queue.add(objectKey(set));
      }
    });

    const claim = (set: StatefulSet, signal: AbortSignal): Promise<Pod[]> => {
      const { uid = "", namespace = "" } = set.metadata;
      return claimObjects({
        owner: set,
        ownerType: statefulSets,
        type: pods,
        selector: selectorOf(set),
        candidates: [
          ...podInformer.store.byIndex(CONTROLLER_INDEX, uid),
          ...podInformer.store.byIndex(ORPHAN_INDEX, namespace),
        ],
        // Pods of other names are none of its own.
        isAdoptable: (pod) => ordinalOf(set, pod) !== undefined,
        client,
        signal,
      });
    };

    const tell = (
      set: StatefulSet,
      verb: "Create" | "Update" | "Delete",
      name: string,
      error: unknown,
    ): void => {
      const what = `${verb} Pod ${name} in StatefulSet ${set.metadata.name}`;
      if (error === undefined) {
        recorder.event(set, "Normal", `Successful${verb}`, `${what} successful`);
      } else {
        const message = `${what} failed error: ${messageOf(error)}`;
        recorder.event(set, "Warning", `Failed${verb}`, message);
      }
    };

    const perform = async (
      set: StatefulSet,
      action: StatefulAction,
      signal: AbortSignal,
    ): Promise<void> => {
      const { namespace = "", name = "", uid } = action.pod.metadata;
      switch (action.kind) {
        case "create":
          // The claims' deletion brings it back.
          if (claims.isStale(set, action.pod)) return;
          try {
            await claims.ensure(set, name, signal);
            await client.create(pods, action.pod, { signal });
          } catch (error) {
            if (isNamespaceEnding(error)) return;
            // The pod of before is still there, or the view is behind.
            if (!isStatusError(error, "AlreadyExists")) tell(set, "Create", name, error);
            throw error;
          }
          tell(set, "Create", name, undefined);
          return;
        case "claim":
          if (claims.isLacking(set, action.pod)) await claims.ensure(set, name, signal);
          return;
        case "repair":
          try {
            await claims.ensure(set, name, signal);
            await client.update(pods, action.pod, { signal });
          } catch (error) {
            if (!isStatusError(error, "Conflict")) tell(set, "Update", name, error);
            throw error;
          }
          tell(set, "Update", name, undefined);
          return;
        case "delete": {
          try {
            await client.delete(pods, namespace, name, {
              signal,
              ...(uid === undefined ? {} : { preconditions: { uid } }),
            });
          } catch (error) {
            if (isStatusError(error, "NotFound") || isStatusError(error, "Conflict")) return;
            tell(set, "Delete", name, error);
            throw error;
          }
          tell(set, "Delete", name, undefined);
        }
      }
    };

    const writeStatus = async (
      set: StatefulSet,
      status: StatefulSetStatus,
      signal: AbortSignal,
    ): Promise<void> => {
      if (isSemanticallyEqual(set.status ?? {}, status)) return;
      ownWrites.wrote(await client.updateStatus(statefulSets, { ...set, status }, { signal }));
    };

    const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
      const set = owners.store.get(key);
      if (set === undefined || ownWrites.isBehind(set)) return DONE;
      const selector = selectorOf(set);
      if (set.metadata.deletionTimestamp !== undefined) return DONE;
      const held = await claim(set, signal);
      const result = await history.sync(set, selector, signal);
      if (result.kind === "collision") {
        const collisionCount = (set.status?.collisionCount ?? 0) + 1;
        await writeStatus(set, { replicas: 0, ...set.status, collisionCount }, signal);
        return DONE;
      }
      const { current: newest, old } = result.plan;
      const update = versionOf(newest);
      const former = old.find(({ metadata }) => metadata.name === set.status?.currentRevision);
      const current = former === undefined ? update : versionOf(former);
      const plan = planStatefulSet({ set, pods: held, current, update, nowMs: clock.now() });
      let error: unknown;
      try {
        for (const pod of held) {
          await claims.settleOwners(set, pod, plan.condemned.includes(pod), signal);
        }
        for (const action of plan.actions) await perform(set, action, signal);
      } catch (caught) {
        error = caught;
      }
      await writeStatus(set, plan.status, signal);
      if (error !== undefined) return { kind: "error", error };
      const inUse = new Set([current.revision, update.revision, ...held.map(revisionOfPod)]);
      const surplus = surplusRevisions(
        old,
        ({ metadata }) => inUse.has(metadata.name ?? ""),
        set.spec?.revisionHistoryLimit ?? 10,
      );
      await history.remove(surplus, signal);
      const waitMs = nextAvailabilityMs(held, set.spec?.minReadySeconds ?? 0, clock.now());
      return waitMs === undefined ? DONE : { kind: "requeueAfter", afterMs: waitMs + 1 };
    };

    return [
      controllerRunnable({
        name: "statefulset-controller",
        queue,
        workers: context.workers("statefulset-controller", WORKERS),
        informers: [owners, podInformer, claimInformer, revisionInformer],
        logger,
        reconcile,
      }),
    ];
  },
};

function versionOf(revision: ControllerRevision): SetVersion {
  return { revision: revision.metadata.name ?? "", template: templateOf(revision) };
}
