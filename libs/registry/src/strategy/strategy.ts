/**
 * What one resource does differently from the generic store. A strategy is compiled once from its row of
 * facts and, where it does more, from the hooks of its file in `../resources/`.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}_strategy @1.36
 */
import type { StatusError } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type { AnyObject, Draft } from "../draft.ts";
import type { Randomness } from "../randomness.ts";
import type { DeleteOptions, RequestScope } from "../store.ts";

/** What preparing may know beside the object. */
export interface PrepareContext {
  readonly nowMs: number;
  readonly user: UserInfo;
  readonly randomness: Randomness;
}

/** One way to write an object that exists: the object itself ("") or one of its subresources. */
export interface UpdateStrategy {
  /** Takes back what this way may not change. Runs before managed fields are recorded. */
  reset(draft: Draft, old: AnyObject): void;
  /** Fills in what follows from the change. Runs behind mutating admission, before validation. */
  prepare?(draft: Draft, old: AnyObject, context: PrepareContext): void;
}

/** Something taken from a shared pool for a write: kept when the write is made, given back when it is not. */
export interface Reservation {
  commit(): Promise<void>;
  revert(): Promise<void>;
}

/** What a delete comes to, decided from the object alone. */
export type DeletePlan =
  /** Remove it. `last` is the state that the DELETED event shows. */
  | { readonly step: "remove"; readonly last: AnyObject }
  /** Write this: the object has begun to end. */
  | { readonly step: "update"; readonly draft: Draft }
  /** Nothing to do: it is ending already and nothing new was asked. */
  | { readonly step: "pending" }
  | { readonly step: "refuse"; readonly error: StatusError };

export interface DeleteContext {
  readonly nowMs: number;
  readonly options: DeleteOptions;
}

export interface Strategy {
  readonly createOnUpdate: boolean;
  readonly unconditionalUpdate: boolean;
  readonly deletion: "DeleteDependents" | "OrphanDependents" | "Unsupported";
  /**
   * Takes out of a new object what its creator may not set, before managed fields are recorded. Gives what
   * the creator owns: the draft itself, save where a field is kept and not owned (a node's status).
   */
  resetForCreate(draft: Draft): Draft;
  prepareForCreate(draft: Draft, context: PrepareContext): void;
  /** The object itself. */
  readonly main: UpdateStrategy;
  readonly subresources: ReadonlyMap<string, UpdateStrategy>;
  /** Refuses what the writer may not do beyond the rights to the verb (roles). Throws a StatusError. */
  guard?(draft: Draft, old: AnyObject | undefined, scope: RequestScope): Promise<void>;
  /** The last touch behind validation, on create and update. */
  canonicalize?(draft: Draft): void;
  /** Seconds to wait before the object goes; absent: this resource ends at once. */
  gracePeriodSeconds?(object: AnyObject, requested: number | undefined): number;
  /** Replaces the usual plan (namespaces). Undefined: go on with the usual one. */
  planDelete?(object: AnyObject, context: DeleteContext): DeletePlan | undefined;
  /** A further condition for removal when the last finalizer goes with an update. */
  mayRemoveOnUpdate?(draft: Draft): boolean;
  /**
   * Takes what the object needs from shared pools and writes it into the draft. Runs before the object is
   * prepared and validated: what it fills in is validated too.
   */
  beginCreate?(draft: Draft, scope: RequestScope): Promise<Reservation>;
  beginUpdate?(draft: Draft, old: AnyObject, scope: RequestScope): Promise<Reservation>;
  /** Gives back what the object held, behind its removal. */
  afterDelete?(object: AnyObject, scope: RequestScope): Promise<void>;
}

/** What a file in `../resources/` adds to its row of facts. */
export interface StrategyHooks
  extends Partial<
    Pick<
      Strategy,
      | "resetForCreate"
      | "guard"
      | "canonicalize"
      | "gracePeriodSeconds"
      | "planDelete"
      | "mayRemoveOnUpdate"
      | "beginCreate"
      | "beginUpdate"
      | "afterDelete"
    >
  > {
  /** Runs behind what the facts say. */
  prepareForCreate?(draft: Draft, context: PrepareContext): void;
  /** Runs behind what the facts say; the generation is raised after it. */
  prepareForUpdate?(draft: Draft, old: AnyObject, context: PrepareContext): void;
  /** Runs behind the resets of the facts, for the object itself. */
  resetForUpdate?(draft: Draft, old: AnyObject): void;
  /** Subresources with their own way; "status" here replaces the one made from the facts. */
  readonly subresources?: { readonly [name: string]: UpdateStrategy };
}
