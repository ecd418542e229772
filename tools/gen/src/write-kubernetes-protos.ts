import { descriptions } from "./descriptions/descriptions.ts";
import type { FactField, FactMessage, FactType, TypesTable } from "./fact-tables.ts";

const SPECIAL = new Set([
  "Quantity",
  "Time",
  "MicroTime",
  "Duration",
  "IntOrString",
  "FieldsV1",
  "RawExtension",
  "JSON",
  "JSONSchemaPropsOrBool",
  "JSONSchemaPropsOrArray",
  "JSONSchemaPropsOrStringArray",
]);

/** Kinds that upstream registers in every group version, under the version of the request. */
const SHARED_OPTIONS = new Set([
  "ListOptions",
  "GetOptions",
  "DeleteOptions",
  "CreateOptions",
  "PatchOptions",
  "UpdateOptions",
]);

/** Kinds whose group is meta.k8s.io; the others of that package are plain v1. */
const META_KINDS = new Set([
  "Table",
  "TableOptions",
  "PartialObjectMetadata",
  "PartialObjectMetadataList",
]);

/** The file that holds a package: its folder follows the package name. */
export function protoPath(packageName: string): string {
  return `${packageName.replaceAll(".", "/")}/types.proto`;
}

function packageOf(message: string): string {
  return message.slice(0, message.lastIndexOf("."));
}

function shortName(message: string): string {
  return message.slice(message.lastIndexOf(".") + 1);
}

/** An aggregate option value; empty when nothing is set. */
function aggregate(values: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === false || value === null) continue;
    if (Array.isArray(value)) {
      if (value.length === 0) continue;
      parts.push(`${key}: [${value.map((item) => JSON.stringify(item)).join(", ")}]`);
    } else if (typeof value === "object") {
      parts.push(`${key}: ${aggregate(value as Record<string, unknown>)}`);
    } else if (key === "role" || value === true) {
      parts.push(`${key}: ${value}`);
    } else {
      parts.push(`${key}: ${JSON.stringify(value)}`);
    }
  }
  return parts.length === 0 ? "" : `{ ${parts.join(", ")} }`;
}

function comment(text: string | undefined, indent: string): string[] {
  if (text === undefined) return [];
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + word.length + 1 > 94) {
        lines.push(line);
        line = "";
      }
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line) => `${indent}// ${line}`.trimEnd());
}

function protocJsonName(name: string): string {
  return name.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A description of something that does not exist is a slip of the pen. */
function checkDescriptions(table: TypesTable): void {
  for (const [name, words] of Object.entries(descriptions)) {
    const fields = new Set(table.types[name]?.fields.map((field) => field.json));
    for (const field of Object.keys(words)) {
      if (fields.size === 0 || (field !== "" && !fields.has(field))) {
        throw new Error(`${name} has no ${field}`);
      }
    }
  }
}

export function writeKubernetesProtos(table: TypesTable): Map<string, string> {
  checkDescriptions(table);
  const packages = new Map<string, string[]>();
  const imports = new Map<string, Set<string>>();
  const groupVersions = new Map(table.groupVersions.map((gv) => [gv.protoPackage, gv]));

  function enumOf(field: FactField): readonly string[] | undefined {
    if (field.enum !== undefined) return field.enum;
    const elem = field.type.elem;
    if (elem?.kind !== "enum" || elem.ref === undefined) return undefined;
    const named = table.namedScalars[elem.ref];
    if (named === undefined || !named.closed) return undefined;
    return named.values?.map((row) => String(row.value)).sort();
  }

  function fieldOptions(field: FactField, special: boolean, any: boolean): string {
    if (special) return "";
    const options = aggregate({
      required: field.required,
      pointer: field.type.pointer,
      omitempty: field.omitempty,
      omitzero: field.omitzero,
      inline: field.inline,
      enum: enumOf(field),
      default_json: field.default === undefined ? undefined : JSON.stringify(field.default),
      list_type: field.listType,
      list_map_keys: field.listMapKeys,
      map_type: field.mapType,
      struct_type: field.structType,
      patch_strategy: field.patchStrategy,
      patch_merge_key: field.patchMergeKey,
      nullable: field.nullable,
      feature_gates: field.featureGates,
      union_discriminator: field.unionDiscriminator,
      one_of: field.oneOf,
      zero_or_one_of: field.zeroOrOneOf,
      any_json: any,
    });
    return options === "" ? "" : `(kubets.api.field) = ${options}`;
  }

  /** Types without a protobuf form upstream: the type that stands for them in our descriptors. */
  function derivedType(type: FactType): { label: string; type: string } {
    if (type.kind === "list" && type.elem !== undefined) {
      return { label: "repeated", type: derivedType(type.elem).type };
    }
    if (type.kind === "message" && type.ref !== undefined)
      return { label: "optional", type: type.ref };
    if (type.kind === "any") return { label: "optional", type: "bytes" };
    return { label: "optional", type: type.scalar ?? "string" };
  }

  function writeField(packageName: string, message: FactMessage, field: FactField, number: number) {
    const special = SPECIAL.has(message.goName) && message.customJSON !== undefined;
    const any = field.type.kind === "any" || field.type.elem?.kind === "any";
    const derived = derivedType(field.type);
    const label = field.protoLabel ?? derived.label;
    const type = field.protoType ?? derived.type;
    const name = field.protoName ?? field.json ?? field.goName;
    for (const [ref] of type.matchAll(/k8s\.io\.[A-Za-z0-9_.]+/g)) {
      const owner = packageOf(ref);
      if (owner !== packageName) imports.get(packageName)?.add(protoPath(owner));
    }
    const options: string[] = [];
    const json = field.json ?? (field.inline ? null : name);
    if (!special && json !== null && json !== protocJsonName(name)) {
      options.push(`json_name = ${JSON.stringify(json)}`);
    }
    if (field.deprecated) options.push("deprecated = true");
    const own = fieldOptions(field, special, any);
    if (own !== "") options.push(own);
    const head = label === "map" ? type : `${label} ${type}`;
    const tail = options.length === 0 ? "" : ` [${options.join(", ")}]`;
    return `  ${head} ${name} = ${number}${tail};`;
  }

  for (const [fullName, message] of Object.entries(table.types)) {
    const packageName = packageOf(fullName);
    if (!packages.has(packageName)) {
      packages.set(packageName, []);
      imports.set(packageName, new Set(["kubets/api/options.proto"]));
    }
    const gv = groupVersions.get(packageName);
    const typeMeta = message.fields.some(
      (field) => field.goName === "TypeMeta" && field.inline && field.protoNumber === null,
    );
    const words = descriptions[fullName] ?? {};
    const lines = [...comment(words[""], ""), `message ${shortName(fullName)} {`];
    const jsonOnly = message.protoMessage === null;
    const special =
      message.customJSON !== undefined &&
      SPECIAL.has(message.goName.replace("QuantityValue", "Quantity"));
    const rooted =
      gv !== undefined && message.kind !== undefined && !SHARED_OPTIONS.has(message.kind);
    const type = aggregate({
      root: rooted
        ? {
            group:
              gv.group === "meta.k8s.io" && !META_KINDS.has(message.kind ?? "") ? "" : gv.group,
            version: gv.version,
            kind: message.kind,
            role: message.role?.toUpperCase(),
          }
        : undefined,
      type_meta: typeMeta,
      openapi: message.openapi,
      struct_type: message.structType,
      special: special ? message.goName.replace("QuantityValue", "Quantity") : undefined,
      json_only: jsonOnly,
      union: message.union !== undefined,
    });
    if (message.deprecated) lines.push("  option deprecated = true;");
    lines.push(`  option (kubets.api.type) = ${type};`);
    let next = 1;
    for (const field of message.fields) {
      if (field.protoNumber === null && (!jsonOnly || field.inline || field.json === null))
        continue;
      lines.push(...comment(words[field.json ?? ""], "  ").filter(() => field.json !== null));
      lines.push(writeField(packageName, message, field, field.protoNumber ?? next++));
    }
    for (const field of message.protoFields ?? []) {
      lines.push(`  ${field.label} ${field.type} ${field.name} = ${field.number};`);
    }
    lines.push("}");
    packages.get(packageName)?.push(lines.join("\n"));
  }

  for (const collection of Object.values(table.namedCollections)) {
    if (collection.protoMessage === undefined) continue;
    const lines = [`message ${shortName(collection.protoMessage)} {`];
    lines.push("  option (kubets.api.type) = { list_wrapper: true };");
    for (const field of collection.protoFields ?? []) {
      lines.push(`  ${field.label} ${field.type} ${field.name} = ${field.number};`);
    }
    lines.push("}");
    packages.get(packageOf(collection.protoMessage))?.push(lines.join("\n"));
  }

  const files = new Map<string, string>();
  for (const [packageName, messages] of packages) {
    const importLines = [...(imports.get(packageName) ?? [])]
      .sort()
      .map((path) => `import "${path}";`);
    files.set(
      protoPath(packageName),
      `syntax = "proto2";\n\npackage ${packageName};\n\n${importLines.join("\n")}\n\n${messages.join("\n\n")}\n`,
    );
  }
  return files;
}
