/** One write to the store, with its failures as clients see them. */
import { conflict, internalError, StatusError, serviceUnavailable, timeout } from "@kubets/api";
import { StorageError, type Write, type WriteResult } from "@kubets/storage";
import type { RequestScope } from "../store.ts";
import type { StoreContext } from "./store-context.ts";

export type CommitResult =
  | Exclude<WriteResult, { status: "fenced" }>
  /** A request with this id was committed before: the store has its first outcome, not this one. */
  | { readonly status: "replayed" };

export async function commit(store: StoreContext, write: Write): Promise<CommitResult> {
  const seen = store.watchCache.revision;
  let result: WriteResult;
  try {
    result = await store.storage.write(write);
  } catch (error) {
    throw storageFailure(error);
  }
  if (result.status === "fenced") {
    throw conflict(
      store.info,
      write.key.name,
      "the writer does not hold its lease any more, so its write was not made",
    );
  }
  // What is committed now is newer than all that was seen before.
  if (result.status === "committed" && result.revision <= seen) return { status: "replayed" };
  return result;
}

/** What a failing store is to a client; anything else passes unchanged. */
export function storageFailure(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  switch (error.code) {
    case "unavailable":
      return serviceUnavailable(error.message, 1);
    case "unknownOutcome":
      return timeout(error.message, 1);
    case "tooLarge":
      return new StatusError(
        { code: 413, reason: "RequestEntityTooLarge", message: error.message },
        { cause: error },
      );
    default:
      return internalError(error.message, { cause: error });
  }
}

/**
 * The id of the nth write of a request. The first one has the request's own id, so that a client that
 * asks again with the same id gets its first outcome.
 */
export function writeId(scope: RequestScope, attempt: number): string {
  return attempt === 0 ? scope.requestId : `${scope.requestId}.${attempt}`;
}
