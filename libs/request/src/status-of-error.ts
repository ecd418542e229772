/**
 * Every failure as the Status a client may see. What is not a StatusError is a defect or a store in
 * trouble: its text stays in the log.
 */
import {
  internalError,
  isStatusError,
  requestEntityTooLarge,
  resourceExpired,
  StatusError,
  timeout,
} from "@kubets/api";
import { StorageError } from "@kubets/storage";

export function statusOfError(error: unknown): StatusError {
  if (isStatusError(error)) return error;
  if (error instanceof StorageError) return statusOfStorageError(error);
  return internalError("an unexpected error; the server's log has it", { cause: error });
}

/** Whether somebody should look at the log. */
export function isUnexpected(error: unknown): boolean {
  if (isStatusError(error)) return error.cause !== undefined && error.code >= 500;
  return !(error instanceof StorageError) || error.code === "unusable";
}

function statusOfStorageError(error: StorageError): StatusError {
  const cause = { cause: error };
  switch (error.code) {
    case "compacted":
      return resourceExpired(
        "The provided resource version is too old: the history behind it has been compacted.",
      );
    case "future":
      return timeout("Too large resource version", 1, [
        { reason: "ResourceVersionTooLarge", message: "Too large resource version" },
      ]);
    case "unavailable":
      return new StatusError(
        {
          code: 503,
          reason: "ServiceUnavailable",
          message: "the storage is unavailable, please try again",
          details: { retryAfterSeconds: 1 },
        },
        cause,
      );
    // Upstream too says when to come back where it cannot tell what became of a write (InterpretCreateError).
    case "unknownOutcome":
      return timeout("the outcome of the write is not known", 1);
    case "tooLarge":
      return requestEntityTooLarge(error.message);
    case "unusable":
      return internalError("the storage cannot be used", cause);
  }
}
