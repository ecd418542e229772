/**
 * The EndpointSlices of one controller: which belong to a Service, whether all that was asked for is in view, and how
 * a plan is written.
 *
 * Upstream: k8s.io/endpointslice/util/endpointslice_tracker.go, reconciler.go finalize @1.36
 */
import { isStatusError, LABEL_ENDPOINT_SLICE_MANAGED_BY, LABEL_SERVICE_NAME } from "@kubets/api";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import { type Client, Expectations, endpointSlices, type Informer } from "@kubets/client";
import type { Clock } from "@kubets/service";
import { SLICE_SERVICE_INDEX } from "../manager/informer-indexes.ts";
import { OwnWrites } from "../ownership/own-writes.ts";

export interface SliceWrites {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

export interface ManagedSlicesOptions {
  readonly client: Client;
  readonly informer: Informer<EndpointSlice>;
  readonly clock: Clock;
  /** The value of the label endpointslice.kubernetes.io/managed-by. */
  readonly managedBy: string;
  /** A slice of the Service with this key has changed. */
  onChange(key: string): void;
}

export class ManagedSlices {
  readonly #options: ManagedSlicesOptions;
  readonly #expectations: Expectations;
  readonly #ownWrites = new OwnWrites();

  constructor(options: ManagedSlicesOptions) {
    this.#options = options;
    this.#expectations = new Expectations({ clock: options.clock });
    options.informer.onChange(({ key: sliceKey, old, current }) => {
      if (current === undefined) this.#ownWrites.forget(sliceKey);
      for (const slice of [old, current]) {
        const key = slice === undefined ? undefined : this.#serviceKeyOf(slice);
        if (key === undefined) continue;
        if (old === undefined) this.#expectations.created(key);
        if (current === undefined) this.#expectations.deleted(key, slice?.metadata.uid ?? "");
        options.onChange(key);
      }
    });
  }

  of(key: string): EndpointSlice[] {
    const { informer, managedBy } = this.#options;
    return informer.store
      .byIndex(SLICE_SERVICE_INDEX, key)
      .filter(({ metadata }) => metadata.labels?.[LABEL_ENDPOINT_SLICE_MANAGED_BY] === managedBy);
  }

  /** What was created and deleted is in view. If an event is lost, time makes it so. */
  isComplete(key: string): boolean {
    return this.#expectations.isMet(key);
  }
  /** What was updated is in view; its event brings the Service back. */
  isCurrent(slices: readonly EndpointSlice[]): boolean {
    return !slices.some((slice) => this.#ownWrites.isBehind(slice));
  }
  forget(key: string): void {
    this.#expectations.forget(key);
  }

  /** `onFailure` is told what could not be done, in upstream's words. */
  async write(
    key: string,
    writes: SliceWrites,
    signal: AbortSignal,
    onFailure?: (doing: string) => void,
  ): Promise<void> {
    const { client } = this.#options;
    let doing = "create EndpointSlice";
    let toCreate = writes.create.length;
    const toDelete = new Set(writes.delete.map(({ metadata }) => metadata.uid ?? ""));
    if (toCreate + toDelete.size > 0) {
      this.#expectations.expect(key, { creations: toCreate, deletions: [...toDelete] });
    }
    try {
      for (const slice of writes.create) {
        await client.create(endpointSlices, slice, { signal });
        toCreate--;
      }
      for (const slice of writes.update) {
        doing = `update ${slice.metadata.name} EndpointSlice`;
        this.#ownWrites.wrote(await client.update(endpointSlices, slice, { signal }));
      }
      for (const { metadata } of writes.delete) {
        const { namespace = "", name = "", uid = "" } = metadata;
        doing = `delete ${name} EndpointSlice`;
        try {
          await client.delete(endpointSlices, namespace, name, { signal, preconditions: { uid } });
          toDelete.delete(uid);
        } catch (error) {
          if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
        }
      }
    } catch (error) {
      onFailure?.(doing);
      throw error;
    } finally {
      // What was not done will not be seen.
      for (; toCreate > 0; toCreate--) this.#expectations.created(key);
      for (const uid of toDelete) this.#expectations.deleted(key, uid);
    }
  }

  /** Undefined for slices of others. */
  #serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
    if (metadata.labels?.[LABEL_ENDPOINT_SLICE_MANAGED_BY] !== this.#options.managedBy) {
      return undefined;
    }
    const name = metadata.labels[LABEL_SERVICE_NAME];
    return name === undefined ? undefined : `${metadata.namespace}/${name}`;
  }
}
