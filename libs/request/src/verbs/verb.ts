import type { AdmissionChain } from "@kubets/admission";
import type { Authorizer } from "@kubets/authz";
import type { Registry } from "@kubets/registry";
import type { Clock } from "@kubets/service";
import type { Outcome } from "../outcome.ts";
import type { RequestContext } from "../request-context.ts";
import type { Target } from "../target.ts";

/** What verbs work with. */
export interface VerbParts {
  readonly registry: Registry;
  readonly admission: AdmissionChain;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
}

export interface VerbCall {
  readonly context: RequestContext;
  readonly target: Target;
  readonly parts: VerbParts;
}

export type VerbFunction = (call: VerbCall) => Promise<Outcome>;
