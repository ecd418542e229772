/**
 * What a schema says about ownership: which values are owned as a whole and which part by part. Compiled from
 * the type table on first use.
 *
 * Upstream: structured-merge-diff schema.Schema; kube-openapi pkg/util/proto (lists are atomic and maps
 * granular unless marked)
 */
import type { FieldSchema, FieldType, JsonValue, SchemaTable, TypeSchema } from "@kubets/api";
import { fieldElement } from "./path-element.ts";

export type FieldKind =
  /** Owned as a whole. */
  | { readonly kind: "leaf"; readonly shape: "scalar" | "list" | "map" }
  | StructKind
  | { readonly kind: "map"; readonly elem: FieldKind }
  | ListMapKind
  | { readonly kind: "set" }
  /** No schema below: maps part by part, everything else as a whole. */
  | { readonly kind: "deduced" };

export interface StructKind {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldKind>;
  /** The same fields, as sets name and order them. */
  readonly named: ReadonlyMap<string, NamedField>;
}

export interface NamedField {
  /** "f:NAME" */
  readonly element: string;
  /** Its place among the elements of the struct. */
  readonly rank: number;
  readonly kind: FieldKind;
}

export interface ListMapKind {
  readonly kind: "list-map";
  /** Sorted by name, as keys are written. */
  readonly keys: readonly { readonly name: string; readonly fallback: JsonValue | undefined }[];
  readonly elem: FieldKind;
}

const SCALAR: FieldKind = { kind: "leaf", shape: "scalar" };
const ATOMIC_LIST: FieldKind = { kind: "leaf", shape: "list" };
const ATOMIC_MAP: FieldKind = { kind: "leaf", shape: "map" };
const SET: FieldKind = { kind: "set" };
export const DEDUCED: FieldKind = { kind: "deduced" };

export class FieldKinds {
  private readonly table: SchemaTable;
  private readonly structs = new Map<TypeSchema, StructKind>();

  constructor(table: SchemaTable) {
    this.table = table;
  }

  struct(type: TypeSchema): StructKind {
    const known = this.structs.get(type);
    if (known !== undefined) return known;
    const fields = new Map<string, FieldKind>();
    const named = new Map<string, NamedField>();
    const compiled: StructKind = { kind: "struct", name: type.name, fields, named };
    // Registered before its fields are compiled, since types can contain themselves.
    this.structs.set(type, compiled);
    for (const field of type.fields) fields.set(field.json, this.kindOf(field));
    let rank = 0;
    for (const name of [...fields.keys()].sort()) {
      named.set(name, {
        element: fieldElement(name),
        rank: rank++,
        kind: fields.get(name) ?? DEDUCED,
      });
    }
    return compiled;
  }

  private kindOf(field: FieldSchema): FieldKind {
    const { type } = field;
    switch (type.kind) {
      case "list":
        if (field.listType === "set") return SET;
        if (field.listType === "map") return this.listMap(field.listMapKeys ?? [], type.elem);
        return ATOMIC_LIST;
      case "map":
        return field.mapType === "atomic"
          ? ATOMIC_MAP
          : { kind: "map", elem: this.element(type.elem) };
      case "message":
        if (field.structType === "atomic") return ATOMIC_MAP;
        return this.element(type);
      default:
        return this.element(type);
    }
  }

  /** Without the markers of a field. */
  private element(type: FieldType): FieldKind {
    switch (type.kind) {
      case "scalar":
        return SCALAR;
      case "list":
        return ATOMIC_LIST;
      case "map":
        return { kind: "map", elem: this.element(type.elem) };
      case "message": {
        const message = this.table.type(type.ref);
        if (message === undefined) return DEDUCED;
        return message.structType === "atomic" ? ATOMIC_MAP : this.struct(message);
      }
      case "special":
        switch (type.special) {
          case "FieldsV1":
          case "RawExtension":
          case "JSON":
          case "JSONSchemaPropsOrBool":
          case "JSONSchemaPropsOrArray":
          case "JSONSchemaPropsOrStringArray":
            return DEDUCED;
          default:
            return SCALAR;
        }
    }
  }

  private listMap(names: readonly string[], elem: FieldType): FieldKind {
    const message = elem.kind === "message" ? this.table.type(elem.ref) : undefined;
    const keys = names.toSorted().map((name) => {
      const field = message?.fields.find((candidate) => candidate.json === name);
      return { name, fallback: field?.default as JsonValue | undefined };
    });
    return { kind: "list-map", keys, elem: this.element(elem) };
  }
}
