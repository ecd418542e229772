import {
  internalError,
  resourceExpired,
  type StatusError,
  serviceUnavailable,
  timeout,
  tooManyRequests,
} from "@kubets/api";
import { type Revision, StorageError } from "@kubets/storage";

/**
 * What clients are told when the cache cannot answer.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/errors.go NewTooLargeResourceVersionError,
 * staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go errInit, watch_cache.go getAllEventsSinceLocked,
 * staging/src/k8s.io/apiserver/pkg/storage/etcd3/errors.go @1.36
 */
export function tooLargeResourceVersion(wanted: Revision, current: Revision): StatusError {
  return timeout(`Timeout: Too large resource version: ${wanted}, current: ${current}`, 1, [
    { reason: "ResourceVersionTooLarge", message: "Too large resource version" },
  ]);
}

/** A watch begins below what is left of the history. */
export function tooOldResourceVersion(wanted: Revision, oldest: Revision): StatusError {
  return resourceExpired(`too old resource version: ${wanted} (${oldest})`);
}

/** A list asks for a revision below what is left of the history. */
export function listTooOld(): StatusError {
  return resourceExpired("The resourceVersion for the provided list is too old.");
}

export function notReady(): StatusError {
  return tooManyRequests("storage is (re)initializing", 1);
}

/** A failure of the store as a client sees it; `onCompacted` where the history asked for is gone. */
export function storeFailure(error: unknown, onCompacted: () => Error): unknown {
  if (!(error instanceof StorageError)) return error;
  if (error.code === "compacted") return onCompacted();
  if (error.code === "unavailable") return serviceUnavailable(error.message, 1);
  return internalError(error.message, { cause: error });
}
