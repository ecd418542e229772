import type {
  FieldSchema,
  FieldType,
  JsonObject,
  JsonValue,
  SchemaTable,
  TypeSchema,
} from "@kubets/api";
import { type Dialect, reference } from "./dialect.ts";
import { specialName } from "./special-definitions.ts";

type Scalar = Extract<FieldType, { kind: "scalar" }>["scalar"];

const SCALARS: Readonly<Record<Scalar, JsonObject>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

export function scalarSchema(scalar: Scalar): JsonObject {
  return { ...SCALARS[scalar] };
}

function typeSchema(
  table: SchemaTable,
  dialect: Dialect,
  type: FieldType,
  enumeration: readonly string[] | undefined,
): JsonObject {
  switch (type.kind) {
    case "scalar":
      return {
        ...SCALARS[type.scalar],
        ...(enumeration === undefined ? undefined : { enum: [...enumeration] }),
      };
    case "special":
      return reference(dialect, specialName(type.special));
    case "message":
      return reference(dialect, table.type(type.ref)?.openapi ?? type.ref);
    case "list":
      return { type: "array", items: typeSchema(table, dialect, type.elem, enumeration) };
    case "map":
      return {
        type: "object",
        additionalProperties: typeSchema(table, dialect, type.elem, enumeration),
      };
  }
}

/** The markers that clients merge and validate by. */
function extensions(field: FieldSchema): JsonObject {
  return {
    ...(field.listMapKeys === undefined
      ? undefined
      : { "x-kubernetes-list-map-keys": [...field.listMapKeys] }),
    ...(field.listType === undefined ? undefined : { "x-kubernetes-list-type": field.listType }),
    ...(field.mapType === undefined ? undefined : { "x-kubernetes-map-type": field.mapType }),
    ...(field.structType === undefined ? undefined : { "x-kubernetes-map-type": field.structType }),
    ...(field.patchMergeKey === undefined
      ? undefined
      : { "x-kubernetes-patch-merge-key": field.patchMergeKey }),
    ...(field.patchStrategy === undefined
      ? undefined
      : { "x-kubernetes-patch-strategy": field.patchStrategy }),
  };
}

function property(table: SchemaTable, dialect: Dialect, field: FieldSchema): JsonObject {
  const schema = typeSchema(table, dialect, field.type, field.enum);
  const more: JsonObject = {
    ...(field.description === undefined ? undefined : { description: field.description }),
    ...(field.default === undefined ? undefined : { default: field.default as JsonValue }),
    ...extensions(field),
  };
  // In v3 nothing may stand beside a $ref, so that it is wrapped; v2's readers take it as it is.
  if (dialect === "v3" && "$ref" in schema && Object.keys(more).length > 0) {
    return { ...more, allOf: [schema] };
  }
  return { ...more, ...schema };
}

/** The schema of a message. `kinds` are the group, version and kinds that it is the body of. */
export function definition(
  table: SchemaTable,
  dialect: Dialect,
  type: TypeSchema,
  kinds: readonly JsonObject[],
): JsonObject {
  const properties: JsonObject = {};
  for (const field of [...type.fields].sort((a, b) => (a.json < b.json ? -1 : 1))) {
    properties[field.json] = property(table, dialect, field);
  }
  const required = type.fields
    .filter((field) => field.required)
    .map((field) => field.json)
    .sort();
  return {
    ...(type.description === undefined ? undefined : { description: type.description }),
    type: "object",
    ...(required.length === 0 ? undefined : { required }),
    ...(type.fields.length === 0 ? undefined : { properties }),
    ...(type.structType === undefined ? undefined : { "x-kubernetes-map-type": type.structType }),
    ...(kinds.length === 0 ? undefined : { "x-kubernetes-group-version-kind": [...kinds] }),
  };
}
