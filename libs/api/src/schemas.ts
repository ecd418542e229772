import {
  FLAG_DEPRECATED,
  FLAG_INLINE,
  FLAG_NULLABLE,
  FLAG_OMITEMPTY,
  FLAG_OMITZERO,
  FLAG_POINTER,
  FLAG_REQUIRED,
  FLAG_UNION_DISCRIMINATOR,
  messageOfKind,
  type PackedField,
  type PackedType,
  packageNames,
  packageOf,
  packedPackage,
  packedType,
} from "./packed-type.ts";
import type {
  FieldSchema,
  FieldType,
  ScalarType,
  SchemaTable,
  SpecialType,
  TypeSchema,
} from "./type-schema.ts";

const SCALARS: ReadonlySet<string> = new Set<ScalarType>([
  "string",
  "bool",
  "int32",
  "int64",
  "double",
  "bytes",
]);
const STRING: FieldType = { kind: "scalar", scalar: "string" };

function elementType(packageName: string, name: string): FieldType {
  if (SCALARS.has(name)) return { kind: "scalar", scalar: name as ScalarType };
  if (name === "any") return { kind: "special", special: "JSON" };
  const ref = name.startsWith(".") ? packageName + name : name;
  const target = packedType(ref);
  if (target === undefined) throw new Error(`schema table: ${ref} is not defined`);
  if (target.special !== undefined) {
    return { kind: "special", special: target.special as SpecialType };
  }
  if (target.listWrapper) return { kind: "list", elem: STRING };
  return { kind: "message", ref };
}

function fieldType(packageName: string, packed: string): FieldType {
  if (packed.startsWith("[")) {
    return { kind: "list", elem: elementType(packageName, packed.slice(1)) };
  }
  if (packed.startsWith("{")) {
    return { kind: "map", elem: elementType(packageName, packed.slice(1)) };
  }
  return elementType(packageName, packed);
}

function fieldSchema(packageName: string, row: PackedField): FieldSchema {
  const [json, , type, flags, more] = row;
  return {
    json,
    type: fieldType(packageName, type),
    required: (flags & FLAG_REQUIRED) !== 0,
    pointer: (flags & FLAG_POINTER) !== 0,
    omitempty: (flags & FLAG_OMITEMPTY) !== 0,
    ...((flags & FLAG_OMITZERO) !== 0 ? { omitzero: true } : undefined),
    ...((flags & FLAG_NULLABLE) !== 0 ? { nullable: true } : undefined),
    ...((flags & FLAG_UNION_DISCRIMINATOR) !== 0 ? { unionDiscriminator: true } : undefined),
    ...((flags & FLAG_DEPRECATED) !== 0 ? { deprecated: true } : undefined),
    ...more,
  };
}

function flatFields(packageName: string, packed: PackedType): FieldSchema[] {
  const fields: FieldSchema[] = [];
  for (const row of packed.fields) {
    const [json, , type, flags] = row;
    if ((flags & FLAG_INLINE) === 0) {
      fields.push(fieldSchema(packageName, row));
      continue;
    }
    const ref = type.startsWith(".") ? packageName + type : type;
    const target = packedType(ref);
    if (target === undefined)
      throw new Error(`schema table: ${ref}, inlined as ${json}, is not defined`);
    fields.push(...flatFields(packageOf(ref), target));
  }
  return fields;
}

function typeMetaField(json: string, description: string): FieldSchema {
  return { json, type: STRING, required: false, pointer: false, omitempty: true, description };
}

const TYPE_META: readonly FieldSchema[] = [
  typeMetaField(
    "apiVersion",
    "The group and version of this object's schema, for instance apps/v1.",
  ),
  typeMetaField("kind", "The kind of this object, in CamelCase. It cannot be changed."),
];

function unpack(name: string, packed: PackedType): TypeSchema {
  const { root } = packed;
  const fields = flatFields(packageOf(name), packed);
  return {
    name,
    openapi: packed.openapi ?? name,
    ...(packed.description === undefined ? undefined : { description: packed.description }),
    fields: packed.typeMeta ? [...TYPE_META, ...fields] : fields,
    ...(packed.structType === undefined ? undefined : { structType: packed.structType }),
    ...(packed.jsonOnly ? { jsonOnly: true } : undefined),
    ...(root === undefined
      ? undefined
      : {
          root: {
            group: root[0],
            version: root[1],
            kind: root[2],
            list: root[3] === "list",
            role: root[3],
          },
        }),
  };
}

const types = new Map<string, TypeSchema>();

function type(name: string): TypeSchema | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  const packed = packedType(name);
  if (packed === undefined || packed.special !== undefined || packed.listWrapper) return undefined;
  const schema = unpack(name, packed);
  types.set(name, schema);
  return schema;
}

/** Every built-in type; each is unpacked when it is first asked for. */
export const schemas: SchemaTable = {
  type,
  kind(group, version, kind) {
    const name = messageOfKind(group, version, kind);
    return name === undefined ? undefined : type(name);
  },
  names() {
    return packageNames().flatMap((packageName) =>
      [...(packedPackage(packageName) ?? [])]
        .filter(([, packed]) => packed.special === undefined && !packed.listWrapper)
        .map(([short]) => `${packageName}.${short}`),
    );
  },
};
