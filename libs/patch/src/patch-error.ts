/** How patches are refused. */
import { badRequest, StatusError } from "@kubets/api";

/**
 * A patch that does not fit the object. Upstream hides the reason behind one fixed text, so `why` is only the
 * cause of the error.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go NewGenericServerResponse @1.36
 */
export function unprocessablePatch(why: unknown): StatusError {
  return new StatusError(
    {
      code: 422,
      reason: "Invalid",
      message: "the server rejected our request due to an error in our request",
      details: {},
    },
    { cause: why },
  );
}

export function malformedPatch(message: string): StatusError {
  return badRequest(message);
}

/** An error that upstream answers with 500 and the plain text. */
export function patchFailure(message: string): StatusError {
  return new StatusError({ code: 500, message });
}
