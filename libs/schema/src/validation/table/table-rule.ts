/** A rule of the table. Paths are dotted JSON names; a rule below an absent object does not hold. */
import type { JsonValue } from "@kubets/api";

export type Condition =
  /** The field is not empty. */
  | "set"
  /** An update, and the old object had it. */
  | "wasSet"
  /** The check is made on the value in lower case. */
  | "lowered"
  | {
      /** Fields of the same object with one of the values; the path starts at the object or at the kind. */
      readonly is?: Readonly<Record<string, readonly string[]>>;
      readonly isNot?: Readonly<Record<string, readonly string[]>>;
      readonly exists?: string;
      readonly absent?: string;
      readonly empty?: string;
      readonly number?: string;
      /** The list that the object is an item of has more than one. */
      readonly many?: string;
      /** The field itself is not empty. */
      readonly set?: string;
    };

export interface TableRule {
  /** The list or map whose items the rule is about, such as "spec.rules[]"; the kind itself without it. */
  readonly in?: string;
  /** Below the item; "" is the item itself. */
  readonly field: string;
  /** The field is a list or map and each of its items is checked. */
  readonly each?: "item" | "value";
  readonly check: string;
  readonly args?: readonly JsonValue[];
  readonly when?: Condition;
  /** Where it is reported, when not at the field; "[]" stands for the positions in `in`. */
  readonly at?: string;
  readonly detail?: string;
  /** The sort of problem, when not the usual one of the check. */
  readonly error?: string;
}

/** By what is done: "create", "update" or a subresource. */
export type PhaseRules = Readonly<Record<string, readonly TableRule[]>>;
