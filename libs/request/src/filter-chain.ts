/**
 * A request's way to its verb, in order. Every filter either returns and the next one runs, or throws the
 * StatusError that the client gets. What must happen after the request is registered with `atEnd`.
 *
 * Around the list stand the deadline and the translation of unexpected errors (`request-core.ts`).
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/config.go DefaultBuildHandlerChain @1.36
 */
import type { Authenticator } from "@kubets/authn";
import type { Authorizer } from "@kubets/authz";
import { authenticate } from "./filters/authenticate.ts";
import { authorize } from "./filters/authorize.ts";
import { impersonate } from "./filters/impersonate.ts";
import { limitInFlight } from "./filters/in-flight.ts";
import type { InFlightLimits } from "./filters/in-flight-limits.ts";
import { reportToAudit } from "./filters/report-to-audit.ts";
import type { RequestContext } from "./request-context.ts";

export interface FilterParts {
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly inFlight: InFlightLimits;
  /** Sees every request at its end. */
  readonly audit?: (context: RequestContext) => void;
}

export type Filter = (context: RequestContext, parts: FilterParts) => Promise<void> | void;

export const filterChain: readonly Filter[] = [
  reportToAudit,
  authenticate,
  impersonate,
  limitInFlight,
  authorize,
];

export async function runFilters(context: RequestContext, parts: FilterParts): Promise<void> {
  for (const filter of filterChain) {
    const pending = filter(context, parts);
    if (pending !== undefined) await pending;
  }
}
