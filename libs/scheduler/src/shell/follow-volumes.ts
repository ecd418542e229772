/**
 * Claims, volumes and classes as the scheduler sees them, and the request to have a volume made on a node.
 *
 * Upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go BindPodVolumes @1.36
 */
import type { PersistentVolumeClaim } from "@kubets/api/core/v1";
import {
  type Client,
  Informer,
  type InformerRunnable,
  objectKey,
  persistentVolumeClaims,
  persistentVolumes,
  storageClasses,
} from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import { isBound, type VolumeSurroundings } from "../plugins/volume-binding/volume-binding.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";

export interface FollowVolumesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly queue: SchedulingQueue;
  /** How long a claim may take to be bound. Default 600,000; upstream's bindTimeoutSeconds. */
  readonly bindTimeoutMs?: number;
}

const SELECTED_NODE = "volume.kubernetes.io/selected-node";

export function followVolumes(options: FollowVolumesOptions): {
  readonly informers: readonly InformerRunnable[];
  readonly surroundings: VolumeSurroundings;
} {
  const { client, clock, queue, bindTimeoutMs = 600_000 } = options;
  const claims = new Informer({ ...options, type: persistentVolumeClaims });
  const volumes = new Informer({ ...options, type: persistentVolumes });
  const classes = new Informer({ ...options, type: storageClasses });
  /** Who waits for a claim, by its key. */
  const waiting = new Map<string, Set<() => void>>();
  claims.onChange(({ key, old, current }) => {
    queue.happened("StorageChange", { old, current });
    for (const wake of waiting.get(key) ?? []) wake();
  });
  volumes.onChange(({ old, current }) => queue.happened("StorageChange", { old, current }));
  classes.onChange(({ old, current }) => queue.happened("StorageChange", { old, current }));

  const bound = (claim: PersistentVolumeClaim, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const key = objectKey(claim);
      const end = (settle: () => void) => {
        cancel();
        waiting.get(key)?.delete(look);
        signal.removeEventListener("abort", onAbort);
        settle();
      };
      const look = () => {
        const current = claims.store.get(key);
        if (current === undefined || current.metadata.uid !== claim.metadata.uid) {
          end(() => reject(new Error(`claim ${key} was deleted while it was to be bound`)));
        } else if (isBound(current)) end(resolve);
      };
      const onAbort = () => end(() => reject(signal.reason));
      const cancel = clock.setTimer(bindTimeoutMs, () =>
        end(() => reject(new Error("binding volumes: context deadline exceeded"))),
      );
      const waiters = waiting.get(key) ?? new Set();
      waiters.add(look);
      waiting.set(key, waiters);
      signal.addEventListener("abort", onAbort, { once: true });
      look();
    });

  return {
    informers: [claims, volumes, classes],
    surroundings: {
      claim: (namespace, name) => claims.store.get(`${namespace}/${name}`),
      volume: (name) => volumes.store.get(name),
      storageClass: (name) => classes.store.get(name),
      async provision(claim, nodeName, signal) {
        const { namespace = "", name = "", uid } = claim.metadata;
        await client.patch(
          persistentVolumeClaims,
          { namespace, name },
          {
            type: "application/merge-patch+json",
            body: { metadata: { uid, annotations: { [SELECTED_NODE]: nodeName } } },
          },
          { signal },
        );
        await bound(claim, signal);
      },
    },
  };
}
