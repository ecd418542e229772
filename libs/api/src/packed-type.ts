/** The rows of `gen/packed-schemas.ts`, parsed by package on first use. */
import { groupVersionPackages, packedPackages } from "./gen/packed-schemas.ts";

export const FLAG_REQUIRED = 1;
export const FLAG_POINTER = 2;
export const FLAG_OMITEMPTY = 4;
export const FLAG_OMITZERO = 8;
export const FLAG_INLINE = 16;
export const FLAG_NULLABLE = 32;
export const FLAG_UNION_DISCRIMINATOR = 64;
export const FLAG_DEPRECATED = 128;

export interface PackedMarkers {
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  readonly structType?: "atomic" | "granular";
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly featureGates?: readonly string[];
  readonly oneOf?: string;
  readonly zeroOrOneOf?: string;
  readonly description?: string;
}

/**
 * JSON name, protobuf number, type, flags, markers. The type is a scalar's name, "any", or a message:
 * ".Name" in the same package, else its full name; "[" before it makes a list, "{" a map.
 */
export type PackedField =
  | readonly [json: string, number: number, type: string, flags: number]
  | readonly [json: string, number: number, type: string, flags: number, more: PackedMarkers];

export interface PackedType {
  readonly openapi?: string;
  readonly description?: string;
  readonly root?: readonly [
    group: string,
    version: string,
    kind: string,
    role: "object" | "list" | "options" | "other",
  ];
  readonly typeMeta?: boolean;
  readonly structType?: "atomic" | "granular";
  readonly special?: string;
  readonly listWrapper?: boolean;
  readonly jsonOnly?: boolean;
  readonly fields: readonly PackedField[];
}

const parsed = new Map<string, ReadonlyMap<string, PackedType>>();

export function packedPackage(packageName: string): ReadonlyMap<string, PackedType> | undefined {
  const known = parsed.get(packageName);
  if (known !== undefined) return known;
  if (!Object.hasOwn(packedPackages, packageName)) return undefined;
  const rows = JSON.parse(packedPackages[packageName] ?? "{}") as Record<string, PackedType>;
  const types = new Map(Object.entries(rows));
  parsed.set(packageName, types);
  return types;
}

export function packageOf(message: string): string {
  return message.slice(0, message.lastIndexOf("."));
}

/** By full message name. */
export function packedType(message: string): PackedType | undefined {
  return packedPackage(packageOf(message))?.get(message.slice(message.lastIndexOf(".") + 1));
}

export function packageNames(): readonly string[] {
  return Object.keys(packedPackages);
}

const META = "k8s.io.apimachinery.pkg.apis.meta.v1";

/** Kinds that every group version knows beside its own. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
]);

/** The full message name of a kind; undefined where no built-in group version has it. */
export function messageOfKind(group: string, version: string, kind: string): string | undefined {
  const packages = Object.hasOwn(groupVersionPackages, `${group}/${version}`)
    ? groupVersionPackages[`${group}/${version}`]
    : undefined;
  if (packages === undefined) return undefined;
  for (const packageName of packages) {
    const row = packedPackage(packageName)?.get(kind);
    if (row?.root?.[2] === kind && row.root[0] === group) return `${packageName}.${kind}`;
  }
  return EVERYWHERE.has(kind) ? `${META}.${kind}` : undefined;
}
