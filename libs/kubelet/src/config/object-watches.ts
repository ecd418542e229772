/**
 * The ConfigMaps and Secrets that this node's pods refer to, each followed by a watch of its own for as long
 * as a pod needs it. A node may read no others, and a change reaches its pods at once.
 *
 * Upstream: pkg/kubelet/util/manager/watch_based_manager.go @1.36
 */
import type { ConfigMap, Pod, Secret } from "@kubets/api/core/v1";
import { configMaps, Informer, type Reader, type ResourceType, secrets } from "@kubets/client";
import { type Clock, type Logger, sleep } from "@kubets/service";
import type { ConfigSource } from "../container/environment.ts";
import { KubeletError } from "../kubelet-error.ts";
import { uidOf } from "../pod/pod-facts.ts";
import { type ObjectReferenceKey, objectReferences } from "./object-references.ts";

export interface ObjectWatchesOptions {
  readonly client: Reader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something that these pods refer to has changed. */
  readonly onChange: (podUids: readonly string[]) => void;
}

interface Watch {
  readonly informer: Pick<Informer<ConfigMap>, "hasSynced" | "waitForSync" | "stop">;
  readonly read: () => ConfigMap | Secret | undefined;
  readonly podUids: Set<string>;
  /** A pod gave up waiting for the first list. */
  isAwaitedNoMore: boolean;
}

const SYNC_TIMEOUT_MS = 10_000;

export class ObjectWatches implements ConfigSource {
  readonly #options: ObjectWatchesOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #keysOfPods = new Map<string, ReadonlySet<string>>();

  constructor(options: ObjectWatchesOptions) {
    this.#options = options;
  }

  /** Begins to follow what the pod refers to; nothing is waited for. */
  addPod(pod: Pod): void {
    const uid = uidOf(pod);
    const references = objectReferences(pod);
    const keys = new Set(references.map(keyOf));
    for (const reference of references) this.#watchFor(reference).podUids.add(uid);
    for (const key of this.#keysOfPods.get(uid) ?? []) if (!keys.has(key)) this.#release(key, uid);
    this.#keysOfPods.set(uid, keys);
  }

  removePod(podUid: string): void {
    for (const key of this.#keysOfPods.get(podUid) ?? []) this.#release(key, podUid);
    this.#keysOfPods.delete(podUid);
  }

  async configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    // Only ConfigMaps are stored under keys of that kind.
    return (await this.#get({ kind: "configMap", namespace, name })) as ConfigMap | undefined;
  }

  async secret(namespace: string, name: string): Promise<Secret | undefined> {
    return (await this.#get({ kind: "secret", namespace, name })) as Secret | undefined;
  }

  async stop(): Promise<void> {
    const all = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all(all.map(({ informer }) => informer.stop()));
  }

  async #get(reference: ObjectReferenceKey): Promise<ConfigMap | Secret | undefined> {
    const watch = this.#watches.get(keyOf(reference));
    if (watch === undefined) {
      throw new KubeletError(
        "notReady",
        `object ${JSON.stringify(`${reference.namespace}/${reference.name}`)} not registered`,
      );
    }
    if (!watch.informer.hasSynced) await this.#synced(watch, reference);
    return watch.read();
  }

  async #synced(watch: Watch, reference: ObjectReferenceKey): Promise<void> {
    const limit = new AbortController();
    const isLate = sleep(this.#options.clock, SYNC_TIMEOUT_MS, limit.signal).then(
      () => true,
      () => false,
    );
    const isSynced = watch.informer.waitForSync().then(
      () => false,
      () => true,
    );
    const failed = await Promise.race([isSynced, isLate]);
    limit.abort();
    if (failed) {
      watch.isAwaitedNoMore = true;
      throw new KubeletError(
        "notReady",
        `failed to sync ${reference.kind.toLowerCase()} cache: timed out waiting for the condition`,
      );
    }
  }

  #watchFor(reference: ObjectReferenceKey): Watch {
    const key = keyOf(reference);
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const podUids = new Set<string>();
    const watch =
      reference.kind === "configMap"
        ? this.#open(configMaps, reference, podUids)
        : this.#open(secrets, reference, podUids);
    this.#watches.set(key, watch);
    return watch;
  }

  #open<T extends ConfigMap | Secret>(
    type: ResourceType<T>,
    { namespace, name }: ObjectReferenceKey,
    podUids: Set<string>,
  ): Watch {
    const { client, clock, logger } = this.#options;
    const informer = new Informer<T>({
      client,
      type,
      clock,
      logger,
      namespace,
      fieldSelector: `metadata.name=${name}`,
    });
    const watch: Watch = {
      informer,
      read: () => informer.store.get(`${namespace}/${name}`),
      podUids,
      isAwaitedNoMore: false,
    };
    informer.onChange(() => {
      // Whoever reads waits for the first list: waking them too would do everything twice.
      if (informer.hasSynced || watch.isAwaitedNoMore) this.#options.onChange([...podUids]);
    });
    informer.start().catch((error: unknown) => logger.error("a watch did not start", { error }));
    return watch;
  }

  #release(key: string, podUid: string): void {
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    watch.podUids.delete(podUid);
    if (watch.podUids.size > 0) return;
    this.#watches.delete(key);
    const { logger } = this.#options;
    watch.informer
      .stop()
      .catch((error: unknown) => logger.warn("a watch did not stop", { key, error }));
  }
}

function keyOf({ kind, namespace, name }: ObjectReferenceKey): string {
  return `${kind}/${namespace}/${name}`;
}
