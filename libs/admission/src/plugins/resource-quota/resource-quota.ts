/**
 * A namespace uses no more than its quotas allow. The room is taken by writing the quota's status before the request is
 * admitted, with the status that was read as precondition: over any number of servers the last unit goes to one of
 * them. Requests of a namespace that come together are charged together, so that they do not stand in each other's way.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go @1.36
 */
import { internalError, isStatusError, tooManyRequests } from "@kubets/api";
import type { ResourceQuota } from "@kubets/api/core/v1";
import type { Clock } from "@kubets/service";
import { type AdmissionReader, resourceQuotas } from "../../admission-reader.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../plugin.ts";
import { chargeQuotas } from "./check-quotas.ts";

export interface QuotaWriter {
  /**
   * Writes the status when the quota still has the resourceVersion that it carries; gives the quota as it is then, or
   * undefined when somebody else has written it or it is gone.
   */
  writeStatus(quota: ResourceQuota): Promise<ResourceQuota | undefined>;
}

export interface ResourceQuotaOptions {
  readonly reader: AdmissionReader;
  readonly writer: QuotaWriter;
  readonly clock: Clock;
}

interface Waiter {
  readonly request: AdmissionRequest;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Other servers may write the same quota; more often than this in a row means that something is wrong. */
const ATTEMPTS_MAX = 10;
/** Requests of one namespace that may wait; more are told to come again. */
const WAITERS_MAX = 1_000;
const BATCH_ITEMS_MAX = 100;
const RETRY_AFTER_SECONDS = 1;

export function createResourceQuota(options: ResourceQuotaOptions): AdmissionPlugin {
  const { reader } = options;
  const ledger = new QuotaLedger(options);
  const waiting = new Map<string, Waiter[]>();

  function wait(request: AdmissionRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { request, resolve, reject };
      const queue = waiting.get(request.namespace);
      if (queue === undefined) {
        waiting.set(request.namespace, [waiter]);
        work(request.namespace).catch(reject);
      } else if (queue.length >= WAITERS_MAX) {
        reject(tooManyRequests("too many requests wait for the quota", RETRY_AFTER_SECONDS));
      } else queue.push(waiter);
    });
  }

  /** Charges what waits in a namespace, batch after batch, until nothing does. */
  async function work(namespace: string): Promise<void> {
    const queue = waiting.get(namespace) ?? [];
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_ITEMS_MAX);
      try {
        await ledger.settle(namespace, batch, { fresh: false, attempt: 1 });
      } catch (error) {
        // Whoever is settled already does not hear of it.
        for (const { reject } of batch) reject(error);
      }
    }
    waiting.delete(namespace);
  }

  return {
    name: "ResourceQuota",
    handles: (operation, { group, resource }, subresource) => {
      if (group === "" && resource === "pods") {
        return (
          (operation === "CREATE" && subresource === "") ||
          (operation === "UPDATE" && subresource === "resize")
        );
      }
      if (subresource !== "") return false;
      if (operation === "CREATE") return true;
      // These two can use more without being created anew.
      const canGrow = resource === "services" || resource === "persistentvolumeclaims";
      return operation === "UPDATE" && group === "" && canGrow;
    },
    validate(request) {
      if (request.namespace === "") return;
      for (const _ of reader.peekAll(resourceQuotas, request.namespace)) return wait(request);
    },
  };
}

interface Attempt {
  /** Read where nothing can be missed; otherwise from the cache. */
  readonly fresh: boolean;
  readonly attempt: number;
  /** The quotas that are still to be charged; absent: all. */
  readonly names?: ReadonlySet<string>;
}

/** Own writes that the cache may not show yet; more than these are read again. */
const WRITTEN_ITEMS_MAX = 1_000;

class QuotaLedger {
  readonly #options: ResourceQuotaOptions;
  readonly #written = new Map<string, ResourceQuota>();

  constructor(options: ResourceQuotaOptions) {
    this.#options = options;
  }

  /** Resolves or rejects every waiter. */
  async settle(namespace: string, waiters: readonly Waiter[], attempt: Attempt): Promise<void> {
    if (attempt.attempt > ATTEMPTS_MAX) {
      throw internalError("the quota was written by others again and again");
    }
    const before = (await this.#read(namespace, attempt.fresh)).filter(
      ({ metadata }) => attempt.names?.has(metadata.name ?? "") ?? true,
    );
    let after: readonly ResourceQuota[] = before;
    const charged: Waiter[] = [];
    const doubtful: Waiter[] = [];
    for (const waiter of waiters) {
      try {
        const next = chargeQuotas(after, waiter.request, this.#options.clock.now());
        if (next === after || waiter.request.dryRun) waiter.resolve();
        else {
          after = next;
          charged.push(waiter);
        }
      } catch (error) {
        // What looks full in an old state may have room in the present one.
        if (!attempt.fresh && isStatusError(error, "Forbidden")) doubtful.push(waiter);
        else waiter.reject(error);
      }
    }
    const next = { fresh: true, attempt: attempt.attempt + 1 };
    const failed = await this.#write(before, after);
    // What is written is taken; only the quotas that somebody else wrote are looked at again.
    if (failed.size > 0) await this.settle(namespace, charged, { ...next, names: failed });
    else for (const { resolve } of charged) resolve();
    if (doubtful.length > 0) await this.settle(namespace, doubtful, next);
  }

  async #read(namespace: string, fresh: boolean): Promise<ResourceQuota[]> {
    const { reader } = this.#options;
    const known = [...reader.peekAll(resourceQuotas, namespace)];
    if (!fresh) return known.map((quota) => this.#newest(namespace, quota));
    const names = known.map(({ metadata }) => metadata.name ?? "");
    const read = await Promise.all(
      names.map((name) => reader.read(resourceQuotas, namespace, name)),
    );
    return read.filter((quota) => quota !== undefined);
  }

  #newest(namespace: string, cached: ResourceQuota): ResourceQuota {
    const key = `${namespace}/${cached.metadata.name ?? ""}`;
    const own = this.#written.get(key);
    if (own === undefined) return cached;
    if (own.metadata.uid === cached.metadata.uid && revisionOf(own) > revisionOf(cached)) {
      return own;
    }
    this.#written.delete(key);
    return cached;
  }

  /** The names of the quotas that somebody else has written meanwhile. */
  async #write(
    before: readonly ResourceQuota[],
    after: readonly ResourceQuota[],
  ): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    for (const [index, quota] of after.entries()) {
      if (quota === before[index]) continue;
      const { namespace = "", name = "" } = quota.metadata;
      const stored = await this.#options.writer.writeStatus(quota);
      if (stored === undefined) failed.add(name);
      else {
        if (this.#written.size >= WRITTEN_ITEMS_MAX) this.#written.clear();
        this.#written.set(`${namespace}/${name}`, stored);
      }
    }
    return failed;
  }
}

function revisionOf({ metadata }: ResourceQuota): bigint {
  return BigInt(metadata.resourceVersion || "0");
}
