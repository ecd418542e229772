/**
 * Which apiservers are alive: each one keeps an object of its own fresh, and the others take it for gone when
 * they have seen it unchanged for too long by their own clocks, so that clocks need not agree.
 *
 * Upstream: pkg/controlplane/reconcilers/lease.go @1.36 (etcd leases there)
 */
import { stringifyJson } from "@kubets/api";
import type { Clock } from "@kubets/service";
import type { ObjectKey, Revision, Storage, StoredObject } from "@kubets/storage";
import { draftOf, fieldsOf, numberField, objectField, stringField } from "../draft.ts";
import { entryOfStored } from "../generic/written-entry.ts";
import type { Randomness } from "../randomness.ts";
import type { ApiserverAddress } from "./kubernetes-service.ts";

const RESOURCE = { group: "internal.kubets.io", resource: "apiservers" } as const;

export interface ApiserverClaimsOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly own: ApiserverAddress;
  /** Unchanged for this long, a claim is dead. */
  readonly ttlMs: number;
}

interface Seen {
  readonly revision: Revision;
  readonly atMs: number;
}

export class ApiserverClaims {
  readonly #options: ApiserverClaimsOptions;
  readonly #seen = new Map<string, Seen>();

  constructor(options: ApiserverClaimsOptions) {
    this.#options = options;
  }

  /** Says that this apiserver is alive. */
  async renew(): Promise<void> {
    const { storage, randomness } = this.#options;
    const key = this.#ownKey();
    const stored = await storage.get(key);
    const uid = stored?.uid ?? randomness.uuid();
    const claim = this.#claim(uid);
    const base = {
      key,
      requestId: randomness.uuid(),
      uid,
      bytes: Buffer.from(stringifyJson(claim)),
    };
    // Another process with this address may write at the same time: either claim says the same.
    await storage.write(
      stored === undefined
        ? { ...base, op: "create" }
        : { ...base, op: "update", expectedRevision: stored.revision },
    );
  }

  /** Takes the own claim away: this apiserver goes. */
  async withdraw(): Promise<void> {
    const stored = await this.#options.storage.get(this.#ownKey());
    if (stored !== undefined) await this.#remove(stored);
  }

  /** The living; claims of the dead are removed. */
  async living(): Promise<ApiserverAddress[]> {
    const { storage, clock, ttlMs, own } = this.#options;
    const { objects } = await storage.list(RESOURCE);
    const nowMs = clock.monotonicMs();
    const living: ApiserverAddress[] = [];
    const names = new Set<string>();
    for (const stored of objects) {
      const { name } = stored.key;
      names.add(name);
      const before = this.#seen.get(name);
      const isFresh = before === undefined || before.revision !== stored.revision;
      const seen = isFresh ? { revision: stored.revision, atMs: nowMs } : before;
      this.#seen.set(name, seen);
      if (nowMs - seen.atMs > ttlMs && name !== claimName(own)) await this.#remove(stored);
      else living.push(addressOf(stored));
    }
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    return living;
  }

  #ownKey(): ObjectKey {
    return { ...RESOURCE, namespace: "", name: claimName(this.#options.own) };
  }

  #claim(uid: string) {
    const { own, clock } = this.#options;
    return {
      kind: "Apiserver",
      apiVersion: "internal.kubets.io/v1",
      metadata: { name: claimName(own), uid },
      spec: { ip: own.ip, port: own.port, renewedAtMs: clock.now() },
    };
  }

  /** A claim that was renewed meanwhile stays: the revision is another one. */
  async #remove(stored: StoredObject): Promise<void> {
    const { storage, randomness } = this.#options;
    const last = draftOf(entryOfStored(stored).object);
    last.metadata.resourceVersion = undefined;
    await storage.write({
      op: "delete",
      key: stored.key,
      requestId: randomness.uuid(),
      expectedRevision: stored.revision,
      bytes: Buffer.from(stringifyJson(last)),
    });
  }
}

function claimName({ ip, port }: ApiserverAddress): string {
  return `${ip}-${port}`;
}

function addressOf(stored: StoredObject): ApiserverAddress {
  const spec = objectField(fieldsOf(entryOfStored(stored).object), "spec");
  return { ip: stringField(spec, "ip"), port: numberField(spec, "port") ?? 0 };
}
