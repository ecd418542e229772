/**
 * Brings the statuses that workers make into the API: one patch at a time for each pod, always the newest,
 * with nothing in it that the server has already. When a pod is over and was deleted, removes it there.
 *
 * Upstream: pkg/kubelet/status/status_manager.go @1.36
 */
import { isStatusError } from "@kubets/api";
import type { Pod, PodStatus } from "@kubets/api/core/v1";
import { pods, type Writer } from "@kubets/client";
import { type Clock, type Logger, sleep } from "@kubets/service";
import { nameOf, namespaceOf, uidOf } from "../pod/pod-facts.ts";
import { isEqual, statusPatch } from "./status-patch.ts";

export interface StatusManagerOptions {
  readonly client: Pick<Writer, "patch" | "delete">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the status being made to the server having it. */
  readonly onSynced?: (seconds: number) => void;
}

interface Entry {
  readonly pod: Pod;
  /** What the server has, as far as we know. */
  server: PodStatus;
  serverVersion: bigint;
  wanted: PodStatus;
  sinceMs: number;
  /** The pod may be deleted from the API after the last patch. */
  isRemovable: boolean;
  syncing: Promise<void> | undefined;
}

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;

export class StatusManager {
  readonly #options: StatusManagerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();

  constructor(options: StatusManagerOptions) {
    this.#options = options;
  }

  /** The status that was set last; undefined for pods that have none yet. */
  get(podUid: string): PodStatus | undefined {
    return this.#entries.get(podUid)?.wanted;
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = uidOf(pod);
    const known = this.#entries.get(uid);
    if (known !== undefined && isEqual(known.wanted, status)) return;
    const entry: Entry = known ?? {
      pod,
      server: pod.status ?? {},
      serverVersion: versionOf(pod),
      wanted: status,
      sinceMs: 0,
      isRemovable: false,
      syncing: undefined,
    };
    entry.wanted = status;
    if (entry.syncing === undefined) entry.sinceMs = this.#options.clock.monotonicMs();
    this.#entries.set(uid, entry);
    this.#sync(entry);
  }

  /** The pod as the server has it: if its status is not what was set, it is set again. */
  observe(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod));
    // An answer of ours that is still under way knows better than the watch.
    if (entry === undefined || entry.syncing !== undefined) return;
    if (versionOf(pod) <= entry.serverVersion) return;
    entry.serverVersion = versionOf(pod);
    entry.server = pod.status ?? {};
    this.#sync(entry);
  }

  /** Nothing of the pod is left on the node: after the last patch it is deleted. */
  removeFromApi(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod));
    if (entry === undefined || entry.isRemovable) return;
    entry.isRemovable = true;
    this.#sync(entry);
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid);
  }

  /** Lets what is under way finish. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#entries.values()].map(({ syncing }) => syncing));
  }

  #sync(entry: Entry): void {
    entry.syncing ??= this.#syncUntilDone(entry).finally(() => {
      entry.syncing = undefined;
    });
  }

  async #syncUntilDone(entry: Entry): Promise<void> {
    const { clock, logger, onSynced } = this.#options;
    const { signal } = this.#stopping;
    const uid = uidOf(entry.pod);
    for (let failures = 0; this.#entries.get(uid) === entry && !signal.aborted; ) {
      try {
        const patch = statusPatch(uid, entry.server, entry.wanted);
        if (patch !== undefined) {
          const patched = await this.#options.client.patch(
            pods,
            { ...this.#target(entry), subresource: "status" },
            { type: "application/strategic-merge-patch+json", body: patch },
            { signal },
          );
          entry.server = patched.status ?? {};
          entry.serverVersion = versionOf(patched);
          failures = 0;
          onSynced?.((clock.monotonicMs() - entry.sinceMs) / 1000);
          // A server that leaves something of the patch out must not be asked for ever.
          if (isEqual(patch, statusPatch(uid, entry.server, entry.wanted))) {
            entry.server = entry.wanted;
          }
          continue;
        }
        if (!entry.isRemovable) return;
        await this.#delete(entry);
        this.#entries.delete(uid);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (isGone(error)) {
          logger.debug("the pod is gone from the API", { podUid: uid });
          this.#entries.delete(uid);
          return;
        }
        logger.warn("a pod's status could not be sent", { podUid: uid, error });
        const delayMs = Math.min(RETRY_MS_MIN * 2 ** failures, RETRY_MS_MAX);
        failures += 1;
        await sleep(clock, delayMs, signal).catch(() => {});
      }
    }
  }

  async #delete(entry: Entry): Promise<void> {
    const { namespace, name } = this.#target(entry);
    await this.#options.client.delete(pods, namespace, name, {
      gracePeriodSeconds: 0,
      // A new pod of the same name is another pod.
      preconditions: { uid: uidOf(entry.pod) },
    });
  }

  #target(entry: Entry) {
    return { namespace: namespaceOf(entry.pod), name: nameOf(entry.pod) };
  }
}

/** Of one object, versions are comparable. */
function versionOf(pod: Pod): bigint {
  const version = pod.metadata.resourceVersion ?? "";
  return /^\d+$/.test(version) ? BigInt(version) : 0n;
}

/** There is no such pod, or another one has its name. */
function isGone(error: unknown): boolean {
  return isStatusError(error, "NotFound") || isStatusError(error, "Conflict");
}
