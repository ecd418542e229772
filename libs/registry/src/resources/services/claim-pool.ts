/**
 * Names that one Service at a time may hold, over any number of apiservers: each claim is an object that
 * is created before the Service and removed after it, so the store itself refuses the second one. A crash
 * between the two leaves a claim without a Service; the repair loop frees it.
 *
 * Upstream: pkg/registry/core/service/ipallocator/ipallocator.go (IPAddress objects) @1.36
 */
import { type KubeObject, stringifyJson } from "@kubets/api";
import type { Clock } from "@kubets/service";
import type { ObjectKey, Storage } from "@kubets/storage";
import type { ResourceCache } from "@kubets/watch-cache";
import { type Draft, draftOf, stringField, valueAt } from "../../draft.ts";
import { storageFailure } from "../../generic/commit.ts";
import { entryOfStored } from "../../generic/written-entry.ts";
import type { Randomness } from "../../randomness.ts";

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

export interface ClaimPoolOptions {
  readonly storage: Storage;
  readonly cache: ResourceCache;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly resource: { readonly group: string; readonly resource: string };
  /** The claim as an object. */
  readonly make: (name: string, owner: ServiceName, of: { uid: string; nowMs: number }) => Draft;
}

export class ClaimPool {
  readonly #options: ClaimPoolOptions;

  constructor(options: ClaimPoolOptions) {
    this.#options = options;
  }

  /** As far as the cache knows; only `take` decides. */
  isTaken(name: string): boolean {
    return this.#options.cache.peek("", name) !== undefined;
  }

  /**
   * What is claimed, with its owner and since when, as far as the cache knows. No owner: something else than a
   * Service holds it.
   */
  *claims(): Iterable<{ name: string; owner: ServiceName | undefined; createdAt: string }> {
    for (const { object, key } of this.#options.cache.peekAll()) {
      const createdAt = object.metadata.creationTimestamp ?? "";
      yield { name: key.name, owner: ownerOf(object), createdAt };
    }
  }

  /** False: somebody holds it. */
  async take(name: string, owner: ServiceName): Promise<boolean> {
    const { storage, make, randomness, clock } = this.#options;
    const uid = randomness.uuid();
    const claim = make(name, owner, { uid, nowMs: clock.now() });
    try {
      const result = await storage.write({
        op: "create",
        key: this.#key(name),
        // An id of its own: a request that gives a claim back and takes it again means it.
        requestId: randomness.uuid(),
        uid,
        bytes: Buffer.from(stringifyJson(claim)),
        decoded: claim,
      });
      return result.status === "committed";
    } catch (error) {
      throw storageFailure(error);
    }
  }

  /** Gives it back when it is still this owner's. */
  async free(name: string, owner: ServiceName): Promise<void> {
    const { storage, randomness } = this.#options;
    const key = this.#key(name);
    try {
      const stored = await storage.get(key);
      if (stored === undefined) return;
      const { object } = entryOfStored(stored);
      const holder = ownerOf(object);
      if (holder?.namespace !== owner.namespace || holder.name !== owner.name) return;
      const last = draftOf(object);
      last.metadata.resourceVersion = undefined;
      await storage.write({
        op: "delete",
        key,
        requestId: randomness.uuid(),
        expectedRevision: stored.revision,
        bytes: Buffer.from(stringifyJson(last)),
        decoded: last,
      });
    } catch (error) {
      throw storageFailure(error);
    }
  }

  #key(name: string): ObjectKey {
    return { ...this.#options.resource, namespace: "", name };
  }
}

function ownerOf(object: KubeObject): ServiceName | undefined {
  const parent = valueAt(object, ["spec", "parentRef"]);
  if (stringField(parent, "group") !== "" || stringField(parent, "resource") !== "services") {
    return undefined;
  }
  return { namespace: stringField(parent, "namespace"), name: stringField(parent, "name") };
}
