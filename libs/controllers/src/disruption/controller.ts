/**
 * The status of PodDisruptionBudgets, which evictions are decided on.
 *
 * Upstream: pkg/controller/disruption/disruption.go @1.36
 */
import {
  isPodReady,
  isPodTerminating,
  type LabelSelectorMatcher,
  labelSelectorFrom,
  type ResourceInfo,
} from "@kubets/api";
import type { Pod } from "@kubets/api/core/v1";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "@kubets/api/policy/v1";
import {
  controllerRunnable,
  DONE,
  deployments,
  objectKey,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { NAMESPACE_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { askScale } from "./ask-scale.ts";
import { expectedScale, type ScaleLookup } from "./expected-scale.ts";
import { failSafeStatus, needsScale, planDisruption } from "./plan.ts";
import { selectorText } from "./selector-text.ts";
import { staleDisruptions } from "./stale-condition.ts";

/** `resources`: what the apiserver serves; any of it may own pods and have a scale. */
export const disruptionController = (
  resources: () => readonly ResourceInfo[],
): ControllerDefinition => ({
  name: "disruption-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("disruption-controller");
    const recorder = context.recorder("controllermanager", client);
    const queue = context.queue("disruption");
    const budgets = context.informer(podDisruptionBudgets);
    const ownWrites = new OwnWrites();
    const podInformer = context.informer(pods);
    const owners = {
      Deployment: context.informer(deployments),
      ReplicaSet: context.informer(replicaSets),
      ReplicationController: context.informer(replicationControllers),
      StatefulSet: context.informer(statefulSets),
    };
    const selectorOf: (budget: PodDisruptionBudget) => LabelSelectorMatcher = memoizedSelector(
      ({ spec }) => labelSelectorFrom(spec?.selector),
    );
    const lookupWith = (signal: AbortSignal): ScaleLookup => ({
      ask: (namespace, reference) =>
        askScale(client, resources(), { namespace, reference }, signal),
      find(namespace, { kind, name, uid }) {
        const key = `${namespace}/${name}`;
        const found = Object.entries(owners)
          .find(([known]) => known === kind)?.[1]
          .store.get(key);
        return found?.metadata.uid === uid ? found : undefined;
      },
    });
    const enqueueNamespace = (namespace: string | undefined) => {
      for (const budget of budgets.store.byIndex(NAMESPACE_INDEX, namespace ?? "")) {
        queue.add(objectKey(budget));
      }
    };

    /** Such a pod cannot be evicted. */
    const tellMultiple = (pod: Pod, chosen: string | undefined) => {
      const { namespace, name } = pod.metadata;
      recorder.event(
        pod,
        "Warning",
        "MultiplePodDisruptionBudgets",
        `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen}" arbitrarily.`,
      );
    };

    budgets.onChange(({ key, current }) => {
      if (current === undefined) ownWrites.forget(key);
      queue.add(key);
    });
    podInformer.onChange(({ old, current }) => {
      const isSeen = old === undefined || current === undefined;
      if (!isSeen && !isCountedAnew(old, current)) return;
      const pod = current ?? old;
      const matching: string[] = [];
      for (const budget of budgets.store.byIndex(NAMESPACE_INDEX, pod?.metadata.namespace ?? "")) {
        const selector = selectorOf(budget);
        const matches = (each: Pod | undefined) =>
          each !== undefined && selector.matches(each.metadata.labels);
        if (matches(current)) matching.push(budget.metadata.name ?? "");
        if (matches(old) || matches(current)) {
          queue.addAfter(objectKey(budget), gatherMs(budget.status?.expectedPods ?? 0));
        }
      }
      if (matching.length > 1 && current !== undefined) tellMultiple(current, matching[0]);
    });
    for (const informer of Object.values(owners)) {
      informer.onChange(({ old, current }) => {
        const before = old as { spec?: { replicas?: number } } | undefined;
        const after = current as { spec?: { replicas?: number } } | undefined;
        if (before?.spec?.replicas === after?.spec?.replicas && before && after) return;
        enqueueNamespace((current ?? old)?.metadata.namespace);
      });
    }

    const writeStatus = async (
      budget: PodDisruptionBudget,
      status: PodDisruptionBudgetStatus,
      signal: AbortSignal,
    ): Promise<void> => {
      if (isSemanticallyEqual(budget.status ?? {}, status)) return;
      const wanted = { ...budget, status };
      ownWrites.wrote(await client.updateStatus(podDisruptionBudgets, wanted, { signal }));
    };

    return [
      controllerRunnable({
        name: "disruption-controller",
        queue,
        informers: [budgets, podInformer, ...Object.values(owners)],
        logger,
        async reconcile(key, signal) {
          const budget = budgets.store.get(key);
          if (budget === undefined || ownWrites.isBehind(budget)) return DONE;
          if (budget.metadata.deletionTimestamp !== undefined) return DONE;
          const { namespace = "" } = budget.metadata;
          const selector = selectorOf(budget);
          const selected = podInformer.store
            .byIndex(NAMESPACE_INDEX, namespace)
            .filter(({ metadata }) => selector.matches(metadata.labels));
          if (selected.length === 0) {
            recorder.event(budget, "Normal", "NoPods", "No matching pods found");
          }
          const scale = needsScale(budget)
            ? await expectedScale(selected, lookupWith(signal))
            : ({ kind: "known", count: 0, unmanaged: [] } as const);
          if (scale.kind === "unknown") {
            const message = `Failed to calculate the number of expected pods: ${scale.message}`;
            recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", message);
            await writeStatus(budget, failSafeStatus(budget, scale.message, clock.now()), signal);
            // Its pods' and their owners' events bring it back.
            return DONE;
          }
          if (scale.unmanaged.length > 0) {
            recorder.event(
              budget,
              "Warning",
              "UnmanagedPods",
              `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
            );
          }
          const plan = planDisruption({
            budget,
            pods: selected,
            expectedScale: scale.count,
            nowMs: clock.now(),
          });
          for (const pod of plan.notDeleted) {
            const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
            recorder.event(pod, "Warning", "NotDeleted", message);
          }
          await writeStatus(budget, plan.status, signal);
          return plan.afterMs === undefined
            ? DONE
            : { kind: "requeueAfter", afterMs: plan.afterMs };
        },
      }),
      staleDisruptions(context, client),
    ];
  },
});

function isCountedAnew(old: Pod, current: Pod): boolean {
  return (
    isPodReady(old) !== isPodReady(current) ||
    isPodTerminating(old) !== isPodTerminating(current) ||
    !isSemanticallyEqual(old.metadata.labels, current.metadata.labels) ||
    !isSemanticallyEqual(old.metadata.ownerReferences, current.metadata.ownerReferences)
  );
}
