/**
 * DaemonSets.
 *
 * Upstream: pkg/controller/daemon/daemon_controller.go @1.36
 */
import { isPodTerminal, type LabelSelectorMatcher, labelSelectorFrom } from "@kubets/api";
import type { DaemonSet, DaemonSetStatus } from "@kubets/api/apps/v1";
import type { Node, Pod } from "@kubets/api/core/v1";
import {
  controllerRevisions,
  controllerRunnable,
  createRateLimiter,
  DONE,
  daemonSets,
  Expectations,
  nodes,
  objectKey,
  pods,
  type ReconcileResult,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { memoizedSelector } from "../ownership/memoized-selector.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { nextAvailabilityMs } from "../pod-control/availability.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { followOwnedPods } from "../pod-control/owned-pods.ts";
import { isNamespaceEnding, PodWriter } from "../pod-control/pod-writer.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import { RevisionHistory } from "../revision-history/history.ts";
import { surplusRevisions } from "../revision-history/plan.ts";
import { daemonPod, HASH_LABEL } from "./daemon-pod.ts";
import { type DaemonPlan, daemonStatus, planDaemons } from "./plan.ts";

const WORKERS = 2;
const BURST = 250;
const NODES_GATHER_MS = 100;
const FAILED_BACKOFF = { baseMs: 1_000, maxMs: 900_000, ratePerSecond: 1000, burst: 1000 };
/** Beyond that all may be tried at once. */
const RETRIES_MAX = 10_000;
const UNMET_CHECK_MS = 30_000;

export const daemonSetController: ControllerDefinition = {
  name: "daemonset-controller",
  build(context) {
    const { clock, logger } = context;
    const client = context.client("daemon-set-controller");
    const recorder = context.recorder("daemonset-controller", client);
    const writer = new PodWriter({ client, recorder });
    const queue = context.queue("daemonset");
    const owners = context.informer(daemonSets);
    const podInformer = context.informer(pods);
    const nodeInformer = context.informer(nodes);
    const revisionInformer = context.informer(controllerRevisions);
    const expectations = new Expectations({ clock });
    const ownWrites = new OwnWrites();
    let failedBackoff = createRateLimiter<string>({ clock, ...FAILED_BACKOFF });
    /** When the next daemon of a set may be put on a node where one failed. */
    const retryAtMs = new Map<string, number>();
    const history = new RevisionHistory({
      ownerType: daemonSets,
      revisions: revisionInformer,
      hashLabel: HASH_LABEL,
      client,
    });
    const selectorOf: (daemonSet: DaemonSet) => LabelSelectorMatcher = memoizedSelector(
      ({ spec }) => labelSelectorFrom(spec?.selector),
    );

    owners.onChange(({ key, old, current }) => {
      if (current === undefined && old !== undefined) {
        expectations.forget(key);
        ownWrites.forget(key);
      }
      queue.add(key);
    });
    followOwnedPods({
      owners,
      pods: podInformer,
      kind: "DaemonSet",
      group: "apps",
      selectorOf,
      queue,
      expectations,
      gatherMs: (owner) => gatherMs(owner.status?.desiredNumberScheduled ?? 0),
    });
    nodeInformer.onChange(({ old, current }) => {
      if (old !== undefined && current !== undefined && !concernsDaemons(old, current)) return;
      for (const key of owners.store.keys()) queue.addAfter(key, NODES_GATHER_MS);
    });

    const claim = (owner: DaemonSet, signal: AbortSignal): Promise<Pod[]> => {
      const { uid = "", namespace = "" } = owner.metadata;
      return claimObjects({
        owner,
        ownerType: daemonSets,
        type: pods,
        selector: selectorOf(owner),
        candidates: [
          ...podInformer.store.byIndex(CONTROLLER_INDEX, uid),
          ...podInformer.store
            .byIndex(ORPHAN_INDEX, namespace)
            .filter((pod) => !isPodTerminal(pod)),
        ],
        client,
        signal,
      });
    };

    /** Without failed pods that have to wait; how long the first of them waits. */
    const withBackoff = (owner: DaemonSet, plan: DaemonPlan) => {
      const nowMs = clock.monotonicMs();
      let waitMs: number | undefined;
      const remove = plan.delete.filter((pod) => {
        const how = plan.ended.get(pod);
        const where = pod.spec?.nodeName ?? "";
        const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
        if (how === "Failed") {
          const key = `${owner.metadata.uid}/${owner.metadata.generation}/${where}`;
          const leftMs = (retryAtMs.get(key) ?? 0) - nowMs;
          if (leftMs > 0) {
            waitMs = Math.min(waitMs ?? leftMs, leftMs);
            return false;
          }
          if (retryAtMs.size >= RETRIES_MAX) {
            retryAtMs.clear();
            failedBackoff = createRateLimiter({ clock, ...FAILED_BACKOFF });
          }
          retryAtMs.set(key, nowMs + failedBackoff.whenMs(key));
          const message = `Found failed daemon pod ${name} on node ${where}, will try to kill it`;
          recorder.event(owner, "Warning", "FailedDaemonPod", message);
        }
        if (how === "Succeeded") {
          const message = `Found succeeded daemon pod ${name} on node ${where}, will try to delete it`;
          recorder.event(owner, "Normal", "SucceededDaemonPod", message);
        }
        return true;
      });
      return { remove: remove.slice(0, BURST), waitMs };
    };

    const perform = async (
      owner: DaemonSet,
      work: {
        readonly create: readonly string[];
        readonly remove: readonly Pod[];
        readonly hash: string;
      },
      signal: AbortSignal,
    ): Promise<unknown> => {
      const key = objectKey(owner);
      const { create, remove, hash } = work;
      if (create.length + remove.length === 0) return undefined;
      expectations.expect(key, {
        creations: create.length,
        deletions: remove.map(({ metadata }) => metadata.uid ?? ""),
      });
      const { succeeded, error } = await slowStart(create.length, (index) =>
        writer.create(owner, daemonPod(owner, hash, create[index] ?? ""), signal),
      );
      for (let lacking = create.length - succeeded; lacking > 0; lacking--) {
        expectations.created(key);
      }
      const deletions = await Promise.allSettled(
        remove.map(async (pod) => {
          let isDeleted = false;
          try {
            isDeleted = await writer.delete(owner, pod, signal);
          } finally {
            if (!isDeleted) expectations.deleted(key, pod.metadata.uid ?? "");
          }
        }),
      );
      const failed = deletions.find((deletion) => deletion.status === "rejected");
      return error === undefined || isNamespaceEnding(error) ? failed?.reason : error;
    };

    const writeStatus = async (
      owner: DaemonSet,
      status: DaemonSetStatus,
      signal: AbortSignal,
    ): Promise<void> => {
      if (isSemanticallyEqual(owner.status ?? {}, status)) return;
      ownWrites.wrote(await client.updateStatus(daemonSets, { ...owner, status }, { signal }));
    };

    const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
      const owner = owners.store.get(key);
      if (owner === undefined || ownWrites.isBehind(owner)) return DONE;
      const selector = selectorOf(owner);
      if (selector.everything) {
        recorder.event(
          owner,
          "Warning",
          "SelectingAll",
          "This daemon set is selecting all pods. A non-empty selector is required.",
        );
        return DONE;
      }
      if (owner.metadata.deletionTimestamp !== undefined) return DONE;
      const result = await history.sync(owner, selector, signal);
      if (result.kind === "collision") {
        const collisionCount = (owner.status?.collisionCount ?? 0) + 1;
        const counts = {
          currentNumberScheduled: 0,
          numberMisscheduled: 0,
          desiredNumberScheduled: 0,
          numberReady: 0,
        };
        await writeStatus(owner, { ...counts, ...owner.status, collisionCount }, signal);
        return DONE;
      }
      const { current, old } = result.plan;
      const hash = current.metadata.labels?.[HASH_LABEL] ?? "";
      const held = await claim(owner, signal);
      const input = {
        daemonSet: owner,
        nodes: nodeInformer.store.list(),
        pods: held,
        hash,
        nowMs: clock.now(),
      };
      const isReady = expectations.isMet(key);
      let waitMs: number | undefined = isReady ? undefined : UNMET_CHECK_MS;
      let error: unknown;
      if (isReady) {
        const plan = planDaemons(input);
        const { remove, ...backoff } = withBackoff(owner, plan);
        waitMs = backoff.waitMs;
        error = await perform(owner, { create: plan.create.slice(0, BURST), remove, hash }, signal);
        const inUse = new Set(held.map(({ metadata }) => metadata.labels?.[HASH_LABEL]));
        const surplus = surplusRevisions(
          old,
          ({ metadata }) => inUse.has(metadata.labels?.[HASH_LABEL]),
          owner.spec?.revisionHistoryLimit ?? 10,
        );
        await history.remove(surplus, signal);
      }
      // What was asked for may not be in view: then the counts are not yet those of the new generation.
      const status = daemonStatus(input);
      const { observedGeneration } = isReady ? status : (owner.status ?? {});
      await writeStatus(owner, { ...status, observedGeneration }, signal);
      if (error !== undefined) return { kind: "error", error };
      const availableMs = nextAvailabilityMs(held, owner.spec?.minReadySeconds ?? 0, clock.now());
      const afterMs = Math.min(waitMs ?? Infinity, availableMs ?? Infinity);
      return afterMs === Infinity ? DONE : { kind: "requeueAfter", afterMs: afterMs + 1 };
    };

    return [
      controllerRunnable({
        name: "daemonset-controller",
        queue,
        workers: context.workers("daemonset-controller", WORKERS),
        informers: [owners, podInformer, nodeInformer, revisionInformer],
        logger,
        reconcile,
      }),
    ];
  },
};

/** Heartbeats do not. */
function concernsDaemons(old: Node, current: Node): boolean {
  return (
    !isSemanticallyEqual(old.metadata.labels, current.metadata.labels) ||
    !isSemanticallyEqual(old.spec?.taints, current.spec?.taints) ||
    old.spec?.unschedulable !== current.spec?.unschedulable
  );
}
