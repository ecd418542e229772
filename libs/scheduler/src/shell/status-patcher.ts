/**
 * Writes what the scheduler has to say about pods into their status: the PodScheduled condition and the
 * nominated node. One request per pod at a time; what comes meanwhile replaces what waits. Best effort: a
 * failed write is logged, and the next attempt to schedule the pod says it again.
 */
import { formatTime, isStatusError } from "@kubets/api";
import type { PodCondition } from "@kubets/api/core/v1";
import { type Client, pods } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import type { PodInfo } from "../cluster/pod-info.ts";

export interface PodStatusChange {
  readonly condition?: { readonly reason: string; readonly message: string };
  /** Empty takes it away. */
  readonly nominatedNodeName?: string;
}

export interface StatusPatcherOptions {
  readonly client: Pick<Client, "patch">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Requests at a time. Default 32. */
  readonly requestsMax?: number;
}

interface Waiting {
  readonly info: PodInfo;
  readonly change: PodStatusChange;
}

export class StatusPatcher {
  readonly #options: StatusPatcherOptions;
  readonly #stopping = new AbortController();
  /** By uid; at most one change waits for a pod. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #busy = new Set<string>();
  readonly #workers = new Set<Promise<void>>();

  constructor(options: StatusPatcherOptions) {
    this.#options = options;
  }

  /** Nothing is sent when the pod says so already. */
  patch(info: PodInfo, change: PodStatusChange): void {
    if (this.#stopping.signal.aborted || isSaid(info, change)) return;
    const older = this.#waiting.get(info.uid)?.change;
    this.#waiting.set(info.uid, { info, change: { ...older, ...change } });
    if (this.#workers.size >= (this.#options.requestsMax ?? 32)) return;
    const worker = this.#work().finally(() => this.#workers.delete(worker));
    this.#workers.add(worker);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#next();
      if (next === undefined || this.#stopping.signal.aborted) return;
      const { uid } = next.info;
      this.#busy.add(uid);
      try {
        await this.#send(next);
      } finally {
        this.#busy.delete(uid);
      }
    }
  }
  #next(): Waiting | undefined {
    for (const [uid, waiting] of this.#waiting) {
      if (this.#busy.has(uid)) continue;
      this.#waiting.delete(uid);
      return waiting;
    }
    return undefined;
  }

  async #send({ info, change }: Waiting): Promise<void> {
    const { client, clock, logger } = this.#options;
    const { namespace, name, uid, pod } = info;
    const { condition, nominatedNodeName } = change;
    const body = {
      // Another pod of the same name is not meant.
      metadata: { uid },
      status: {
        ...(condition === undefined
          ? {}
          : { conditions: [podScheduled(pod.status?.conditions, condition, info, clock.now())] }),
        ...(nominatedNodeName === undefined
          ? {}
          : { nominatedNodeName: nominatedNodeName === "" ? null : nominatedNodeName }),
      },
    };
    try {
      await client.patch(
        pods,
        { namespace, name, subresource: "status" },
        { type: "application/strategic-merge-patch+json", body },
        { signal: this.#stopping.signal },
      );
    } catch (error) {
      const isGone = isStatusError(error, "NotFound") || isStatusError(error, "Conflict");
      if (isGone || this.#stopping.signal.aborted) return;
      logger.warn("could not update the status of a pod", { pod: info.key, error });
    }
  }
}

function podScheduled(
  conditions: readonly PodCondition[] | undefined,
  { reason, message }: { readonly reason: string; readonly message: string },
  { pod }: PodInfo,
  nowMs: number,
): PodCondition {
  const known = conditions?.find(({ type }) => type === "PodScheduled");
  const { generation } = pod.metadata;
  return {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    lastTransitionTime:
      known?.status === "False" && known.lastTransitionTime !== undefined
        ? known.lastTransitionTime
        : formatTime(nowMs),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

function isSaid(info: PodInfo, { condition, nominatedNodeName }: PodStatusChange): boolean {
  if (nominatedNodeName !== undefined && nominatedNodeName !== info.nominatedNodeName) return false;
  if (condition === undefined) return true;
  return (info.pod.status?.conditions ?? []).some(
    ({ type, status, reason, message }) =>
      type === "PodScheduled" &&
      status === "False" &&
      reason === condition.reason &&
      message === condition.message,
  );
}
