import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import {
  jsonFields,
  type Model,
  type ModelField,
  type ModelMessage,
  type ModelType,
} from "./model.ts";
import { runTsProto } from "./ts-proto.ts";

/**
 * The TypeScript types of the Kubernetes API. The descriptors are rewritten to the JSON form, ts-proto
 * turns them into interfaces, and a last pass makes required properties so: ts-proto cannot say that of
 * messages and lists.
 */
const SHAPES_FILE = "kubets/json-shapes.proto";
/** A name that stands in ts-proto's output until the relative path takes its place. */
const SHAPES_MODULE = "json-shapes-module";
const SHAPES_PACKAGE = "kubets.shapes";
const TEXT_FORMS = new Set(["Quantity", "Time", "MicroTime", "Duration"]);

/** `core/v1`, `meta/v1`, `runtime`: where the types of a package are imported from. */
export function shortPath(packageName: string): string {
  const parts = packageName.split(".");
  const last = parts.at(-1) ?? "";
  return /^v\d/.test(last) ? `${parts.at(-2)}/${last}` : last;
}

interface JsonType {
  readonly type: Type;
  readonly typeName?: string;
  readonly repeated?: boolean;
  /** The package to import. */
  readonly from?: string;
}

const SCALARS: Readonly<Record<Extract<ModelType, { kind: "scalar" }>["scalar"], Type>> = {
  string: Type.STRING,
  bool: Type.BOOL,
  int32: Type.INT32,
  int64: Type.INT64,
  double: Type.DOUBLE,
  bytes: Type.STRING,
};

function shape(name: string): JsonType {
  return { type: Type.MESSAGE, typeName: `.${SHAPES_PACKAGE}.${name}`, from: SHAPES_PACKAGE };
}

function jsonType(model: Model, field: ModelField): JsonType {
  if (field.anyJson) return shape("JSON");
  if (field.type.kind === "scalar") return { type: SCALARS[field.type.scalar] };
  const target = model.get(field.type.name);
  if (target === undefined) throw new Error(`${field.type.name} is not defined`);
  if (target.special !== undefined) {
    return TEXT_FORMS.has(target.special) ? { type: Type.STRING } : shape(target.special);
  }
  if (target.listWrapper) {
    return field.label === "map" ? shape("StringList") : { type: Type.STRING, repeated: true };
  }
  return { type: Type.MESSAGE, typeName: `.${target.name}`, from: target.packageName };
}

/** What the JSON form always carries, beside the fields of the message. */
function isRequired(message: ModelMessage, field: ModelField): boolean {
  const role = message.root?.role;
  if (field.json === "metadata" && role !== undefined && role !== "options") return true;
  return field.required && !field.omitempty;
}

interface Rewritten {
  readonly descriptor: DescriptorProto;
  readonly required: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
}

function rewrite(model: Model, message: ModelMessage): Rewritten {
  const short = message.name.slice(message.packageName.length + 1);
  const fields: FieldDescriptorProto[] = [];
  const nested: DescriptorProto[] = [];
  const required = new Set<string>();
  const imports = new Set<string>();
  const add = (name: string, type: JsonType, label: Label) => {
    fields.push(
      create(FieldDescriptorProtoSchema, {
        name,
        jsonName: name,
        number: fields.length + 1,
        label,
        type: type.type,
        ...(type.typeName === undefined ? {} : { typeName: type.typeName }),
      }),
    );
    if (type.from !== undefined && type.from !== message.packageName) imports.add(type.from);
  };
  if (message.typeMeta) {
    for (const name of ["apiVersion", "kind"]) {
      add(name, { type: Type.STRING }, Label.OPTIONAL);
      const role = message.root?.role;
      if (role !== undefined && role !== "options") required.add(name);
    }
  }
  for (const field of jsonFields(model, message)) {
    const type = jsonType(model, field);
    if (isRequired(message, field)) required.add(field.json);
    if (field.label !== "map") {
      const repeated = field.label === "repeated" || type.repeated === true;
      add(field.json, type, repeated ? Label.REPEATED : Label.OPTIONAL);
      continue;
    }
    const entry = `${field.name.charAt(0).toUpperCase()}${field.name.slice(1)}Entry`;
    const part = (name: string, number: number, of: JsonType) =>
      create(FieldDescriptorProtoSchema, {
        name,
        jsonName: name,
        number,
        label: Label.OPTIONAL,
        type: of.type,
        ...(of.typeName === undefined ? {} : { typeName: of.typeName }),
      });
    nested.push(
      create(DescriptorProtoSchema, {
        name: entry,
        field: [part("key", 1, { type: Type.STRING }), part("value", 2, type)],
        options: { mapEntry: true },
      }),
    );
    if (type.from !== undefined && type.from !== message.packageName) imports.add(type.from);
    add(field.json, { type: Type.MESSAGE, typeName: `.${message.name}.${entry}` }, Label.REPEATED);
  }
  return {
    descriptor: create(DescriptorProtoSchema, { name: short, field: fields, nestedType: nested }),
    required,
    imports,
  };
}

function shapesFile(): FileDescriptorProto {
  const names = [
    "IntOrString",
    "FieldsV1",
    "RawExtension",
    "JSON",
    "JSONSchemaPropsOrBool",
    "JSONSchemaPropsOrArray",
    "JSONSchemaPropsOrStringArray",
    "StringList",
  ];
  return create(FileDescriptorProtoSchema, {
    name: SHAPES_FILE,
    package: SHAPES_PACKAGE,
    syntax: "proto3",
    messageType: names.map((name) => create(DescriptorProtoSchema, { name })),
  });
}

/** Drops map entries and the package constant, and makes the required properties required. */
function finish(text: string, required: ReadonlyMap<string, ReadonlySet<string>>): string {
  const out: string[] = [];
  let members: ReadonlySet<string> | undefined;
  let skipping = false;
  let property: string | undefined;
  for (const line of text.split("\n")) {
    const start = /^export interface (\w+) \{/.exec(line);
    if (start?.[1] !== undefined) {
      members = required.get(start[1]);
      skipping = members === undefined;
    }
    if (skipping) {
      if (line.startsWith("}")) skipping = false;
      continue;
    }
    if (line.startsWith("export const protobufPackage")) continue;
    const head = /^ {2}"?([^"?:\s]+)"?\?:/.exec(line);
    if (head !== null) property = head[1];
    let current = line;
    if (property !== undefined && members?.has(property)) {
      current = current.replace(/\?:/, ":").replace(/ \| undefined;$/, ";");
      if (/^\s+\| undefined;$/.test(line)) {
        out.push(`${out.pop() ?? ""};`);
        property = undefined;
        continue;
      }
    }
    if (line.endsWith(";")) property = undefined;
    out.push(current.replace(/^import \{/, "import type {"));
  }
  return out.join("\n").replace(/\n{3,}/g, "\n\n");
}

export function apiTypes(model: Model): Map<string, string> {
  const packages = new Map<string, Rewritten[]>();
  for (const message of model.values()) {
    if (message.special !== undefined || message.listWrapper) continue;
    const list = packages.get(message.packageName) ?? [];
    packages.set(message.packageName, list);
    list.push(rewrite(model, message));
  }
  const fileName = (packageName: string) =>
    packageName === SHAPES_PACKAGE ? SHAPES_FILE : `${shortPath(packageName)}.proto`;
  const files = [...packages].map(([packageName, messages]) =>
    create(FileDescriptorProtoSchema, {
      name: fileName(packageName),
      package: packageName,
      syntax: "proto3",
      dependency: [...new Set(messages.flatMap((message) => [...message.imports]))].map(fileName),
      messageType: messages.map((message) => message.descriptor),
    }),
  );
  const written = runTsProto(
    [shapesFile(), ...files],
    files.map((file) => file.name),
    {
      onlyTypes: "true",
      useOptionals: "all",
      forceLong: "number",
      snakeToCamel: "false",
      importSuffix: ".ts",
      exportCommonSymbols: "false",
      annotateFilesWithVersion: "false",
      comments: "false",
      outputIndex: "false",
      [`M${SHAPES_FILE}`]: SHAPES_MODULE,
    },
  );
  const result = new Map<string, string>();
  for (const [packageName, messages] of packages) {
    const name = `${shortPath(packageName)}.ts`;
    const text = written.get(name);
    if (text === undefined) throw new Error(`ts-proto wrote no ${name}`);
    const required = new Map(messages.map((one) => [one.descriptor.name, one.required] as const));
    const up = "../".repeat(name.split("/").length + 1);
    result.set(name, finish(text, required).replaceAll(SHAPES_MODULE, `${up}json-shapes.ts`));
  }
  return result;
}
