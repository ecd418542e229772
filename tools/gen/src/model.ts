import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  fromBinary,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

export const repository = resolve(import.meta.dirname, "../../..");

export type ModelType =
  | {
      readonly kind: "scalar";
      readonly scalar: "string" | "bool" | "int32" | "int64" | "double" | "bytes";
    }
  | { readonly kind: "message"; readonly name: string };

/** kubets.api.FieldOptions as they are read; absent ones are false, empty or undefined. */
export interface ModelField {
  /** Of the protobuf field. */
  readonly name: string;
  readonly json: string;
  readonly number: number;
  readonly label: "optional" | "repeated" | "map";
  /** For maps the value's type; keys are strings everywhere. */
  readonly type: ModelType;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly required: boolean;
  readonly pointer: boolean;
  readonly omitempty: boolean;
  readonly omitzero: boolean;
  readonly inline: boolean;
  readonly enum: readonly string[];
  readonly defaultJson: string | undefined;
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly structType: string | undefined;
  readonly patchStrategy: string | undefined;
  readonly patchMergeKey: string | undefined;
  readonly nullable: boolean;
  readonly featureGates: readonly string[];
  readonly unionDiscriminator: boolean;
  readonly oneOf: string | undefined;
  readonly zeroOrOneOf: string | undefined;
  readonly anyJson: boolean;
}

export interface ModelRoot {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly role: "object" | "list" | "options" | "other";
}

export interface ModelMessage {
  readonly name: string;
  readonly packageName: string;
  readonly fields: readonly ModelField[];
  readonly description: string | undefined;
  readonly root: ModelRoot | undefined;
  readonly typeMeta: boolean;
  readonly openapi: string;
  readonly structType: string | undefined;
  readonly special: string | undefined;
  readonly listWrapper: boolean;
  readonly jsonOnly: boolean;
}

export type Model = ReadonlyMap<string, ModelMessage>;

/** Compiles the protos below `paths` (folders under proto/) with everything they import. */
export function buildDescriptors(paths: readonly string[]): FileDescriptorSet {
  const bytes = execFileSync(
    join(repository, "node_modules/.bin/buf"),
    [
      "build",
      "proto",
      ...paths.flatMap((path) => ["--path", `proto/${path}`]),
      "--as-file-descriptor-set",
      "-o",
      "-",
    ],
    { cwd: repository, maxBuffer: 256 << 20 },
  );
  return fromBinary(FileDescriptorSetSchema, bytes);
}

const SCALARS: Readonly<Record<number, Extract<ModelType, { kind: "scalar" }>["scalar"]>> = {
  [ScalarType.STRING]: "string",
  [ScalarType.BOOL]: "bool",
  [ScalarType.INT32]: "int32",
  [ScalarType.INT64]: "int64",
  [ScalarType.DOUBLE]: "double",
  [ScalarType.BYTES]: "bytes",
};

const ROLES = ["object", "object", "list", "options", "other"] as const;

function scalarType(scalar: ScalarType, where: string): ModelType {
  const name = SCALARS[scalar];
  if (name === undefined) throw new Error(`${where}: no JSON form for scalar ${scalar}`);
  return { kind: "scalar", scalar: name };
}

function fieldType(field: DescField): { label: ModelField["label"]; type: ModelType } {
  const where = String(field);
  switch (field.fieldKind) {
    case "scalar":
      return { label: "optional", type: scalarType(field.scalar, where) };
    case "message":
      return { label: "optional", type: { kind: "message", name: field.message.typeName } };
    case "list":
      if (field.listKind === "message") {
        return { label: "repeated", type: { kind: "message", name: field.message.typeName } };
      }
      if (field.listKind === "scalar")
        return { label: "repeated", type: scalarType(field.scalar, where) };
      break;
    case "map":
      if (field.mapKind === "message") {
        return { label: "map", type: { kind: "message", name: field.message.typeName } };
      }
      if (field.mapKind === "scalar")
        return { label: "map", type: scalarType(field.scalar, where) };
      break;
  }
  throw new Error(`${where}: enums have no place in the Kubernetes protos`);
}

type Loose = { readonly [key: string]: unknown };

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Leading comments by the path that source code info uses, joined with dots. */
function commentsOf(file: DescFile): Map<string, string> {
  const comments = new Map<string, string>();
  for (const location of file.proto.sourceCodeInfo?.location ?? []) {
    const lines = location.leadingComments?.split("\n").map((line) => line.trim());
    const words = lines?.join(" ").trim() ?? "";
    if (words !== "") comments.set(location.path.join("."), words);
  }
  return comments;
}

/** Reads the messages of the Kubernetes packages with their options. */
export function readModel(set: FileDescriptorSet): Model {
  const registry = createFileRegistry(set);
  const typeExtension = registry.getExtension("kubets.api.type");
  const fieldExtension = registry.getExtension("kubets.api.field");
  if (typeExtension === undefined || fieldExtension === undefined) {
    throw new Error("kubets/api/options.proto is not among the descriptors");
  }
  const read = (desc: DescMessage | DescField, extension: DescExtension): Loose =>
    hasOption(desc, extension) ? (getOption(desc, extension) as unknown as Loose) : {};

  const model = new Map<string, ModelMessage>();
  for (const file of registry.files) {
    if (!file.proto.package.startsWith("k8s.io.")) continue;
    const comments = commentsOf(file);
    file.messages.forEach((message, messageIndex) => {
      const options = read(message, typeExtension);
      const root = options.root as Loose | undefined;
      const fields = message.fields.map((field, fieldIndex): ModelField => {
        const own = read(field, fieldExtension);
        return {
          name: field.name,
          json: field.jsonName,
          number: field.number,
          ...fieldType(field),
          description: comments.get(`4.${messageIndex}.2.${fieldIndex}`),
          deprecated: field.deprecated,
          required: own.required === true,
          pointer: own.pointer === true,
          omitempty: own.omitempty === true,
          omitzero: own.omitzero === true,
          inline: own.inline === true,
          enum: texts(own.enum),
          defaultJson: text(own.defaultJson),
          listType: text(own.listType),
          listMapKeys: texts(own.listMapKeys),
          mapType: text(own.mapType),
          structType: text(own.structType),
          patchStrategy: text(own.patchStrategy),
          patchMergeKey: text(own.patchMergeKey),
          nullable: own.nullable === true,
          featureGates: texts(own.featureGates),
          unionDiscriminator: own.unionDiscriminator === true,
          oneOf: text(own.oneOf),
          zeroOrOneOf: text(own.zeroOrOneOf),
          anyJson: own.anyJson === true,
        };
      });
      model.set(message.typeName, {
        name: message.typeName,
        packageName: file.proto.package,
        fields,
        description: comments.get(`4.${messageIndex}`),
        root:
          root === undefined
            ? undefined
            : {
                group: String(root.group ?? ""),
                version: String(root.version ?? ""),
                kind: String(root.kind ?? ""),
                role: ROLES[Number(root.role ?? 0)] ?? "other",
              },
        typeMeta: options.typeMeta === true,
        openapi: String(options.openapi ?? ""),
        structType: text(options.structType),
        special: text(options.special),
        listWrapper: options.listWrapper === true,
        jsonOnly: options.jsonOnly === true,
      });
    });
  }
  return model;
}

/** A message's fields as its JSON form has them: those of inlined messages stand in the parent. */
export function jsonFields(model: Model, message: ModelMessage): readonly ModelField[] {
  return message.fields.flatMap((field) => {
    if (!field.inline) return [field];
    const target = field.type.kind === "message" ? model.get(field.type.name) : undefined;
    if (target === undefined) throw new Error(`${message.name}.${field.name}: inlines no message`);
    return jsonFields(model, target);
  });
}
