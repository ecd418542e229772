/**
 * Keeps as many pods as a ReplicaSet or ReplicationController asks for: the same work for both kinds.
 *
 * Upstream: pkg/controller/replicaset/replica_set.go @1.36
 */
import {
  isPodActive,
  isPodTerminal,
  isPodTerminating,
  isStatusError,
  type KubeObject,
  type LabelSelectorMatcher,
} from "@kubets/api";
import type { ReplicaSetStatus } from "@kubets/api/apps/v1";
import type { Pod, PodTemplateSpec } from "@kubets/api/core/v1";
import {
  controllerRunnable,
  DONE,
  Expectations,
  type Informer,
  objectKey,
  pods,
  type ReconcileResult,
  type ResourceType,
} from "@kubets/client";
import type { ControllerDefinition } from "../controller-context.ts";
import { CONTROLLER_INDEX, ORPHAN_INDEX } from "../manager/informer-indexes.ts";
import { isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { claimObjects } from "../ownership/claim-objects.ts";
import { OwnWrites } from "../ownership/own-writes.ts";
import { nextAvailabilityMs } from "../pod-control/availability.ts";
import { gatherMs } from "../pod-control/gather-time.ts";
import { followOwnedPods } from "../pod-control/owned-pods.ts";
import { podFromTemplate } from "../pod-control/pod-from-template.ts";
import { isNamespaceEnding, messageOf, PodWriter } from "../pod-control/pod-writer.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import { planReplicas, type ReplicaFailure, type ReplicaPlan, replicaStatus } from "./plan.ts";

const WORKERS = 5;
const UNMET_CHECK_MS = 30_000;

/** What the two kinds have in common. */
export interface ReplicaOwner extends KubeObject {
  readonly spec?:
    | {
        readonly replicas?: number | undefined;
        readonly minReadySeconds?: number | undefined;
        readonly template?: PodTemplateSpec | undefined;
      }
    | undefined;
  readonly status?: ReplicaSetStatus | undefined;
}

export interface ReplicaKind<O extends ReplicaOwner> {
  /** Upstream's name, as in --controllers. */
  readonly name: string;
  readonly account: string;
  readonly component: string;
  readonly queue: string;
  readonly kind: string;
  readonly group: string;
  readonly type: ResourceType<O>;
  /** Whether status.terminatingReplicas is there. */
  readonly countsTerminating: boolean;
  selectorOf(owner: O): LabelSelectorMatcher;
  /** The owner with this status, for a write of the status. */
  withStatus(owner: O, status: ReplicaSetStatus): O;
  /** Active pods of the owner's siblings and its own. */
  relatedPods?(owner: O, owners: Informer<O>, podInformer: Informer<Pod>): readonly Pod[];
}

export function replicaController<O extends ReplicaOwner>(
  kind: ReplicaKind<O>,
): ControllerDefinition {
  return {
    name: kind.name,
    build(context) {
      const { clock, logger } = context;
      const client = context.client(kind.account);
      const writer = new PodWriter({ client, recorder: context.recorder(kind.component, client) });
      const queue = context.queue(kind.queue);
      const owners = context.informer(kind.type);
      const podInformer = context.informer(pods);
      const expectations = new Expectations({ clock });
      const ownWrites = new OwnWrites();

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
        kind: kind.kind,
        group: kind.group,
        selectorOf: kind.selectorOf,
        queue,
        expectations,
        gatherMs: (owner) => gatherMs(owner.spec?.replicas ?? 0),
      });

      const create = async (
        owner: O,
        count: number,
        signal: AbortSignal,
      ): Promise<ReplicaFailure | undefined> => {
        const key = objectKey(owner);
        const pod = podFromTemplate(owner, owner.spec?.template);
        expectations.expect(key, { creations: count });
        const { succeeded, error } = await slowStart(count, (_) =>
          writer.create(owner, pod, signal),
        );
        // What failed or was not tried will not be seen.
        for (let lacking = count - succeeded; lacking > 0; lacking--) expectations.created(key);
        if (error === undefined || isNamespaceEnding(error)) return undefined;
        return { reason: "FailedCreate", message: messageOf(error) };
      };

      const remove = async (
        owner: O,
        surplus: readonly Pod[],
        signal: AbortSignal,
      ): Promise<ReplicaFailure | undefined> => {
        const key = objectKey(owner);
        expectations.expect(key, { deletions: surplus.map(({ metadata }) => metadata.uid ?? "") });
        const results = await Promise.allSettled(
          surplus.map(async (pod) => {
            const uid = pod.metadata.uid ?? "";
            let isDeleted = false;
            try {
              isDeleted = await writer.delete(owner, pod, signal);
            } finally {
              if (!isDeleted) expectations.deleted(key, uid);
            }
          }),
        );
        const failure = results.find((result) => result.status === "rejected");
        if (failure === undefined) return undefined;
        return { reason: "FailedDelete", message: messageOf(failure.reason) };
      };

      const perform = (
        owner: O,
        plan: ReplicaPlan,
        signal: AbortSignal,
      ): Promise<ReplicaFailure | undefined> => {
        switch (plan.kind) {
          case "enough":
            return Promise.resolve(undefined);
          case "create":
            return create(owner, plan.count, signal);
          case "delete":
            return remove(owner, plan.pods, signal);
        }
      };

      const claim = async (owner: O, signal: AbortSignal): Promise<Pod[]> => {
        const { uid = "", namespace = "" } = owner.metadata;
        const candidates = [
          ...podInformer.store.byIndex(CONTROLLER_INDEX, uid),
          ...podInformer.store
            .byIndex(ORPHAN_INDEX, namespace)
            .filter((pod) => !isPodTerminal(pod)),
        ];
        return claimObjects({
          owner,
          ownerType: kind.type,
          type: pods,
          selector: kind.selectorOf(owner),
          candidates,
          client,
          signal,
        });
      };

      const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
        const owner = owners.store.get(key);
        if (owner === undefined) {
          expectations.forget(key);
          return DONE;
        }
        if (ownWrites.isBehind(owner)) return DONE;
        const isMet = expectations.isMet(key);
        const mayAct = isMet && owner.metadata.deletionTimestamp === undefined;
        const held = await claim(owner, signal);
        const active = held.filter(isPodActive);
        const replicas = owner.spec?.replicas ?? 1;
        const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
        const related = () =>
          kind.relatedPods?.(owner, owners, podInformer).filter(isPodActive) ?? active;
        const plan = planReplicas({ replicas, active, related, nowMs: clock.now() });
        const failure = mayAct ? await perform(owner, plan, signal) : undefined;
        const nowMs = clock.now();
        const status = replicaStatus({
          generation: owner.metadata.generation,
          minReadySeconds,
          templateLabels: owner.spec?.template?.metadata?.labels ?? {},
          status: owner.status,
          active,
          ...(kind.countsTerminating
            ? {
                terminating: held.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod))
                  .length,
              }
            : {}),
          failure,
          nowMs,
        });
        if (!isSemanticallyEqual(statusShape(owner.status), statusShape(status))) {
          try {
            const wanted = kind.withStatus(owner, status);
            ownWrites.wrote(await client.updateStatus(kind.type, wanted, { signal }));
          } catch (error) {
            if (!isStatusError(error, "NotFound")) throw error;
          }
        }
        if (failure !== undefined) return { kind: "error", error: new Error(failure.message) };
        const availableMs = nextAvailabilityMs(active, minReadySeconds, nowMs);
        // What is still expected comes with events; if one is lost, time brings the key back.
        const waitMs = availableMs ?? (isMet ? undefined : UNMET_CHECK_MS);
        return waitMs === undefined ? DONE : { kind: "requeueAfter", afterMs: waitMs + 1 };
      };

      return [
        controllerRunnable({
          name: kind.name,
          queue,
          workers: context.workers(kind.name, WORKERS),
          informers: [owners, podInformer],
          logger,
          reconcile,
        }),
      ];
    },
  };
}

/** Counts of zero and absent counts are the same status. */
function statusShape(status: ReplicaSetStatus | undefined): unknown {
  return Object.fromEntries(
    Object.entries(status ?? {}).filter(([key, value]) => value !== 0 || key === "replicas"),
  );
}
