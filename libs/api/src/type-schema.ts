/**
 * The runtime schema of a built-in type, generated from the protos and their options
 * (`gen/packed-schemas.ts`). Codecs, strict decoding, defaulting, validation, strategic merge, managed fields and
 * OpenAPI all read this one form; nothing is described twice.
 */
export type ScalarType = "string" | "bool" | "int32" | "int64" | "double" | "bytes";

/** Types whose JSON form is not that of their fields. */
export type SpecialType =
  | "Quantity"
  | "Time"
  | "MicroTime"
  | "Duration"
  | "IntOrString"
  | "FieldsV1"
  | "RawExtension"
  | "JSON"
  | "JSONSchemaPropsOrBool"
  | "JSONSchemaPropsOrArray"
  | "JSONSchemaPropsOrStringArray";

export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "special"; readonly special: SpecialType }
  /** `ref` is a key of the schema table: the full proto message name, "k8s.io.api.core.v1.PodSpec". */
  | { readonly kind: "message"; readonly ref: string }
  | { readonly kind: "list"; readonly elem: FieldType }
  | { readonly kind: "map"; readonly elem: FieldType };

export interface FieldSchema {
  /** The JSON name. */
  readonly json: string;
  readonly type: FieldType;
  /** By the OpenAPI rule. */
  readonly required: boolean;
  /** Absent and zero differ (a Go pointer); otherwise Go writes a zero unless `omitempty`. */
  readonly pointer: boolean;
  readonly omitempty: boolean;
  /** A zero struct is left out too (only metadata.creationTimestamp). */
  readonly omitzero?: boolean;
  /** Allowed values where the type is a closed enum. */
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  readonly structType?: "atomic" | "granular";
  /** "merge", "replace", "retainKeys", comma separated as upstream writes them. */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly nullable?: boolean;
  /** The field is dropped unless one of these feature gates is on. */
  readonly featureGates?: readonly string[];
  readonly unionDiscriminator?: boolean;
  /** Name of the union of which exactly one (oneOf) or at most one (zeroOrOneOf) member may be set. */
  readonly oneOf?: string;
  readonly zeroOrOneOf?: string;
  readonly deprecated?: boolean;
  readonly description?: string;
}

/** A message as its JSON form has it: inlined messages are flattened into `fields`. */
export interface TypeSchema {
  /** Full proto message name. */
  readonly name: string;
  /** "io.k8s.api.core.v1.Pod": its name in OpenAPI documents. */
  readonly openapi: string;
  readonly description?: string;
  readonly fields: readonly FieldSchema[];
  readonly structType?: "atomic" | "granular";
  /** Upstream has no protobuf form of this type (Table and its parts). */
  readonly jsonOnly?: boolean;
  /** Set on root kinds: they carry apiVersion and kind (which stand in `fields` too). */
  readonly root?: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    readonly list: boolean;
    readonly role: "object" | "list" | "options" | "other";
  };
}

export interface SchemaTable {
  /** By full proto message name; types whose JSON form is special (Quantity, Time, …) are not in it. */
  type(name: string): TypeSchema | undefined;
  /** By group, version and kind; DeleteOptions and its like are found in every group version. */
  kind(group: string, version: string, kind: string): TypeSchema | undefined;
  names(): readonly string[];
}
