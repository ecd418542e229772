/**
 * Every refusal that a client sees is a StatusError; the two edges turn it into HTTP or gRPC and
 * nothing else does. The constructors below give upstream's codes, reasons and messages.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go @1.36
 */
import type { Status, StatusCause, StatusDetails } from "./gen/types/meta/v1.ts";

/** Names what a request was about: "pods" or "deployments.apps" in messages. */
export interface GroupResourceName {
  readonly group: string;
  readonly resource: string;
}

export class StatusError extends Error {
  readonly status: Status;
  constructor(
    status: Omit<Status, "kind" | "apiVersion" | "metadata" | "status">,
    options?: ErrorOptions,
  ) {
    super(status.message ?? status.reason ?? "", options);
    this.name = "StatusError";
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      ...status,
    } as Status;
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string {
    return this.status.reason ?? "";
  }
}

function qualified({ group, resource }: GroupResourceName): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** Details as clients see them: the group is left out for core. */
function details(
  { group, resource }: GroupResourceName,
  name: string,
  more: Partial<StatusDetails> = {},
): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
    ...more,
  };
}

export function notFound(of: GroupResourceName, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: `${qualified(of)} "${name}" not found`,
    details: details(of, name),
  });
}

export function alreadyExists(of: GroupResourceName, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualified(of)} "${name}" already exists`,
    details: details(of, name),
  });
}

/** `why` is upstream's inner error, for instance the text of `MODIFIED_MESSAGE`. */
export function conflict(of: GroupResourceName, name: string, why: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    details: details(of, name),
  });
}

export const MODIFIED_MESSAGE =
  "the object has been modified; please apply your changes to the latest version and try again";

export function forbidden(of: GroupResourceName, name: string, why: string): StatusError {
  const target = name === "" ? qualified(of) : `${qualified(of)} "${name}"`;
  return new StatusError({
    code: 403,
    reason: "Forbidden",
    message: of.resource === "" ? `forbidden: ${why}` : `${target} is forbidden: ${why}`,
    details: details(of, name),
  });
}

export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError({ code: 401, reason: "Unauthorized", message });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: "BadRequest", message });
}

/** 422: `causes` come from validation; the message is put together as upstream does. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const what = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  // A cause that is told twice stands in the text once.
  const texts = [
    ...new Set(causes.map((cause) => `${cause.field ?? "<nil>"}: ${cause.message ?? ""}`)),
  ];
  const [only] = texts;
  const joined = texts.length === 1 && only !== undefined ? only : `[${texts.join(", ")}]`;
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `${what} "${name}" is invalid: ${joined}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(kind.group === "" ? {} : { group: kind.group }),
      ...(kind.kind === "" ? {} : { kind: kind.kind }),
      causes: [...causes],
    },
  });
}

export function methodNotSupported(of: GroupResourceName, action: string): StatusError {
  return new StatusError({
    code: 405,
    reason: "MethodNotAllowed",
    message: `${action} is not supported on resources of kind "${qualified(of)}"`,
    details: details(of, ""),
  });
}

/** 410: the client must list again. */
export function resourceExpired(message: string): StatusError {
  return new StatusError({ code: 410, reason: "Expired", message });
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError({ code: 415, reason: "UnsupportedMediaType", message });
}

export function notAcceptable(message: string): StatusError {
  return new StatusError({ code: 406, reason: "NotAcceptable", message });
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError({
    code: 413,
    reason: "RequestEntityTooLarge",
    message: `Request entity is too large: ${message}`,
  });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 429,
    reason: "TooManyRequests",
    message,
    details: { retryAfterSeconds },
  });
}

export function internalError(message: string, options?: ErrorOptions): StatusError {
  return new StatusError(
    {
      code: 500,
      reason: "InternalError",
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    },
    options,
  );
}

export function serviceUnavailable(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError({
    code: 503,
    reason: "ServiceUnavailable",
    message,
    ...(retryAfterSeconds > 0 ? { details: { retryAfterSeconds } } : {}),
  });
}

/** 504 with a hint when to come back, as the "Too large resource version" answer has it. */
export function timeout(
  message: string,
  retryAfterSeconds: number,
  causes: StatusCause[] = [],
): StatusError {
  return new StatusError({
    code: 504,
    reason: "Timeout",
    message,
    details: { ...(causes.length > 0 ? { causes } : {}), retryAfterSeconds },
  });
}

/** Narrow an unknown error by reason without looking at its text. */
export function isStatusError(error: unknown, reason?: string): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason);
}
