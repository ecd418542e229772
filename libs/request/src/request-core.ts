/**
 * The core behind both edges: filters, deadline, verb, and one place where failures become Statuses.
 *
 * An edge makes a context for each request, runs it once and then looks at `warnings` and `auditId` for its
 * headers. Nothing that a client sends makes `run` reject with anything but a StatusError.
 */
import type { AdmissionChain } from "@kubets/admission";
import { isStatusError, StatusError } from "@kubets/api";
import type { Authenticator } from "@kubets/authn";
import type { Attributes, Authorizer } from "@kubets/authz";
import type { Registry } from "@kubets/registry";
import type { Clock, Logger } from "@kubets/service";
import { type FilterParts, runFilters } from "./filter-chain.ts";
import { authorizeAs } from "./filters/authorize.ts";
import { isLongRunning } from "./filters/in-flight.ts";
import { InFlightLimits, type InFlightMaxima } from "./filters/in-flight-limits.ts";
import type { Outcome } from "./outcome.ts";
import { performVerb } from "./perform-verb.ts";
import { type IncomingRequest, RequestContext } from "./request-context.ts";
import { isUnexpected, statusOfError } from "./status-of-error.ts";

export interface RequestCoreOptions {
  readonly registry: Registry;
  /** In order; the anonymous one, where it is on, stands last. */
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A UUID. */
  readonly newId: () => string;
  /** Default 400 and 200, as --max-requests-inflight and --max-mutating-requests-inflight. */
  readonly inFlight?: InFlightMaxima;
  /** --request-timeout. Default 60 s; does not count for long-running requests. */
  readonly requestTimeoutMs?: number;
  /** Sees every request at its end. */
  readonly audit?: (context: RequestContext) => void;
}

export interface RequestCore {
  readonly registry: Registry;
  readonly inFlight: InFlightLimits;
  begin(request: IncomingRequest): RequestContext;
  /** Filters, then `perform`. Rejects with StatusError only. Call `context.finish` when the answer is out. */
  run<T>(context: RequestContext, perform: (context: RequestContext) => Promise<T> | T): Promise<T>;
  /** What `run` takes for requests about resources. */
  readonly performVerb: (context: RequestContext) => Promise<Outcome>;
  /** Throws 403 unless the context's user may also do this. */
  authorize(attributes: Attributes): Promise<void>;
  statusOf(error: unknown, context?: RequestContext): StatusError;
}

const defaultMaxima: InFlightMaxima = { readOnly: 400, mutating: 200 };
const defaultTimeoutMs = 60_000;

export function createRequestCore(options: RequestCoreOptions): RequestCore {
  const { registry, admission, authorizer, authenticators, clock, logger, newId } = options;
  const inFlight = new InFlightLimits(options.inFlight ?? defaultMaxima, clock);
  const filterParts: FilterParts = {
    authenticators,
    authorizer,
    inFlight,
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  };
  const verbParts = { registry, admission, authorizer, clock };
  const timeoutMs = options.requestTimeoutMs ?? defaultTimeoutMs;

  const logged = new WeakSet<StatusError>();

  /** A failure passes here more than once on its way out; the log has it once. */
  function statusOf(error: unknown, context?: RequestContext): StatusError {
    if (isStatusError(error) && logged.has(error)) return error;
    const status = statusOfError(error);
    logged.add(status);
    if (isUnexpected(error) && context?.request.signal.aborted !== true) {
      logger.error("request failed", {
        error,
        ...(context === undefined
          ? {}
          : { verb: context.info.verb, path: context.info.path, auditId: context.auditId }),
      });
    }
    return status;
  }

  async function throughFilters<T>(
    context: RequestContext,
    perform: (context: RequestContext) => Promise<T> | T,
  ): Promise<T> {
    try {
      await runFilters(context, filterParts);
      return await perform(context);
    } catch (error) {
      throw statusOf(error, context);
    }
  }

  return {
    registry,
    inFlight,
    begin: (request) => new RequestContext(request, newId(), clock.monotonicMs()),
    run: (context, perform) => {
      const result = throughFilters(context, perform);
      if (isLongRunning(context.info)) return result;
      return withDeadline(result, clock, timeoutMs);
    },
    performVerb: (context) => performVerb(context, verbParts),
    authorize: async (attributes) => {
      await authorizeAs(authorizer, attributes);
    },
    statusOf,
  };
}

/** Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/timeout.go @1.36 */
function timedOut(): StatusError {
  return new StatusError({
    code: 504,
    reason: "Timeout",
    message: "Timeout: request did not complete within the allotted timeout",
    details: {},
  });
}

/** The work goes on behind a request that timed out; its outcome is dropped. */
function withDeadline<T>(result: Promise<T>, clock: Clock, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => {
      reject(timedOut());
    });
    result.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
