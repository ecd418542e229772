import type { JsonObject, JsonValue, ResourceInfo, SchemaTable, TypeSchema } from "@kubets/api";
import { definition } from "./definition.ts";
import { type Dialect, referencedName } from "./dialect.ts";
import { specialDefinition } from "./special-definitions.ts";

/** Bodies that every group version takes or gives. */
const EVERYWHERE: ReadonlySet<string> = new Set(["DeleteOptions", "WatchEvent"]);

/** Types by their OpenAPI name; built once for a table. */
const indexes = new WeakMap<SchemaTable, ReadonlyMap<string, TypeSchema>>();

function byOpenApiName(table: SchemaTable): ReadonlyMap<string, TypeSchema> {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const index = new Map<string, TypeSchema>();
  for (const name of table.names()) {
    const type = table.type(name);
    if (type !== undefined) index.set(type.openapi, type);
  }
  indexes.set(table, index);
  return index;
}

function kindsOf(type: TypeSchema, resources: readonly ResourceInfo[]): JsonObject[] {
  const short = type.openapi.slice(type.openapi.lastIndexOf(".") + 1);
  if (type.name.startsWith("k8s.io.apimachinery.pkg.apis.meta.v1.") && EVERYWHERE.has(short)) {
    const seen = new Set<string>();
    const kinds: JsonObject[] = [];
    for (const { group, version } of resources) {
      if (seen.has(`${group}/${version}`)) continue;
      seen.add(`${group}/${version}`);
      kinds.push({ group, kind: short, version });
    }
    return kinds;
  }
  if (type.root === undefined) return [];
  const { group, version, kind } = type.root;
  return [{ group, kind, version }];
}

function collectReferences(dialect: Dialect, value: JsonValue, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collectReferences(dialect, item, found);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const name =
      key === "$ref" && typeof child === "string" ? referencedName(dialect, child) : undefined;
    if (name !== undefined) found.add(name);
    else collectReferences(dialect, child, found);
  }
}

/** Every definition that `paths` needs, directly or through others, in order of name. */
export function reachableDefinitions(
  table: SchemaTable,
  dialect: Dialect,
  paths: JsonObject,
  resources: readonly ResourceInfo[],
): JsonObject {
  const index = byOpenApiName(table);
  const names = new Set<string>();
  collectReferences(dialect, paths, names);
  const schemas = new Map<string, JsonObject>();
  // The set grows while it is walked.
  for (const name of names) {
    const special = specialDefinition(dialect, name);
    const type = index.get(name);
    if (special !== undefined) {
      schemas.set(name, special);
    } else if (type !== undefined) {
      const schema = definition(table, dialect, type, kindsOf(type, resources));
      schemas.set(name, schema);
      collectReferences(dialect, schema, names);
    } else {
      throw new TypeError(`no type is called ${name}`);
    }
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
}
