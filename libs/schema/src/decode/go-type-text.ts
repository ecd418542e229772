/**
 * How Go names types in its decoding errors: `[]v1.Container`, `map[string]string`, `v1.PullPolicy`.
 *
 * Upstream: encoding/json UnmarshalTypeError
 */
import {
  type FieldSchema,
  type FieldType,
  type JsonValue,
  stringifyJson,
  type TypeSchema,
} from "@kubets/api";
import { GO_NAMED_TYPES } from "./data/go-named-types.ts";

/** The type of a field as Go prints it. */
export function goFieldType(owner: TypeSchema, field: FieldSchema): string {
  return GO_NAMED_TYPES[owner.name]?.[field.json] ?? goTypeText(field.type);
}

/** The type of a list's items or a map's values. */
export function goElementType(containerText: string, elem: FieldType): string {
  if (containerText.startsWith("[]")) return containerText.slice(2);
  if (containerText.startsWith("map[")) return containerText.slice(containerText.indexOf("]") + 1);
  return goTypeText(elem);
}

export function goTypeText(type: FieldType): string {
  switch (type.kind) {
    case "scalar":
      return type.scalar === "bytes"
        ? "[]uint8"
        : type.scalar === "double"
          ? "float64"
          : type.scalar;
    case "special":
      return type.special;
    case "message":
      return goMessageName(type.ref);
    case "list":
      return `[]${goTypeText(type.elem)}`;
    case "map":
      return `map[string]${goTypeText(type.elem)}`;
  }
}

/** `v1.PodSpec` of `k8s.io.api.core.v1.PodSpec`: the last package segment is the Go package. */
export function goMessageName(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** Go's word for a JSON value in `cannot unmarshal WORD into`. */
export function goKindOf(value: JsonValue): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "object":
      return Array.isArray(value) ? "array" : "object";
    default:
      return "number";
  }
}

/** A number as it most likely stood in the text. */
export function numberText(value: JsonValue): string {
  return typeof value === "object" ? stringifyJson(value) : String(value);
}
