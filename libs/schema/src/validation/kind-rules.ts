/** The rules of one kind. A rule reports to `problems` and never throws. */
import type { JsonObject } from "@kubets/api";
import type { Problems } from "./problems.ts";

export type CreateRule = (object: JsonObject, problems: Problems) => void;
export type UpdateRule = (object: JsonObject, old: JsonObject, problems: Problems) => void;

export interface KindRules {
  readonly create?: CreateRule;
  /** What an update need not keep to. */
  readonly onlyCreate?: CreateRule;
  /** All of an update's rules beside those of metadata; without it the rules of a create hold, and those of `change`. */
  readonly update?: UpdateRule;
  /** What an update must keep to, beside the rules of a create. */
  readonly change?: UpdateRule;
  /** By name: "status", "finalize", ... */
  readonly subresources?: Readonly<Record<string, UpdateRule>>;
  /**
   * How the kind itself looks at metadata on an update: at what changes, before all else ("change"); as on a create,
   * and at what changes behind the rules of a create ("whole"); or not at all. Default: "change".
   */
  readonly metaOnUpdate?: "change" | "whole" | "none";
  /** Kinds whose metadata upstream does not check on create. */
  readonly skipsMetadata?: boolean;
}
