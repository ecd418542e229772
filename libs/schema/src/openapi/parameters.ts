import type { JsonObject, TypeSchema } from "@kubets/api";
import { scalarSchema } from "./definition.ts";
import type { Dialect } from "./dialect.ts";

interface QueryParameter {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
}

function query(name: string, type: QueryParameter["type"], description: string): QueryParameter {
  return { name, type, description };
}

const PRETTY = query("pretty", "string", "Indents the output when it is true.");

const READ_LIST: readonly QueryParameter[] = [
  query("allowWatchBookmarks", "boolean", "Asks for BOOKMARK events in a watch."),
  query("continue", "string", "Where the list goes on, from the metadata of the part before."),
  query("fieldSelector", "string", "Keeps objects whose fields match."),
  query("labelSelector", "string", "Keeps objects whose labels match."),
  query("limit", "integer", "How many objects a part of the list has at most."),
  query("resourceVersion", "string", "How recent the answer must be."),
  query("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
  query("sendInitialEvents", "boolean", "Starts a watch with an event for each object."),
  query("timeoutSeconds", "integer", "How long a list or watch may take."),
  query("watch", "boolean", "Streams changes instead of answering once."),
];
const DRY_RUN = query("dryRun", "string", "All: does everything but store the result.");
const FIELD_MANAGER = query("fieldManager", "string", "Who makes the change, in managed fields.");
const WRITE: readonly QueryParameter[] = [
  DRY_RUN,
  FIELD_MANAGER,
  query("fieldValidation", "string", "What unknown fields get: Ignore, Warn or Strict."),
];
const APPLY: readonly QueryParameter[] = [
  ...WRITE,
  query("force", "boolean", "Takes over fields that other managers own, in apply patches."),
];
const REMOVE: readonly QueryParameter[] = [
  DRY_RUN,
  query("gracePeriodSeconds", "integer", "How long the object may take to end."),
  query(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "boolean",
    "Deletes an object that cannot be read any more.",
  ),
  query("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
  query(
    "propagationPolicy",
    "string",
    "What happens to dependents: Orphan, Background, Foreground.",
  ),
];

export type ParameterSet = "list" | "read" | "write" | "apply" | "remove" | "removeAll";

const SETS: Readonly<Record<ParameterSet, readonly QueryParameter[]>> = {
  list: READ_LIST,
  read: [],
  write: WRITE,
  apply: APPLY,
  remove: REMOVE,
  removeAll: [...READ_LIST.filter(({ name }) => name !== "watch"), ...REMOVE].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  ),
};

function queryParameter(dialect: Dialect, one: QueryParameter): JsonObject {
  const schema: JsonObject = { type: one.type, uniqueItems: true };
  const head: JsonObject = { name: one.name, in: "query", description: one.description };
  return dialect === "v2" ? { ...head, ...schema } : { ...head, schema };
}

function pathParameter(dialect: Dialect, name: string, description: string): JsonObject {
  const schema: JsonObject = { type: "string", uniqueItems: true };
  const head: JsonObject = { name, in: "path", description, required: true };
  return dialect === "v2" ? { ...head, ...schema } : { ...head, schema };
}

export function queryParameters(dialect: Dialect, set: ParameterSet): JsonObject[] {
  return SETS[set].map((one) => queryParameter(dialect, one));
}

/** Those of a whole path: `{namespace}`, `{name}`, `{path}`, and pretty. */
export function pathParameters(dialect: Dialect, path: string, kind: string): JsonObject[] {
  return [
    ...(path.includes("{name}") ? [pathParameter(dialect, "name", `name of the ${kind}`)] : []),
    ...(path.includes("{namespace}")
      ? [pathParameter(dialect, "namespace", "name of the namespace")]
      : []),
    ...(path.includes("{path}") ? [pathParameter(dialect, "path", "path to the resource")] : []),
    queryParameter(dialect, PRETTY),
  ];
}

/** A subresource that is not an object (exec, log, proxy) takes its options as query parameters. */
export function optionParameters(dialect: Dialect, options: TypeSchema | undefined): JsonObject[] {
  const parameters: JsonObject[] = [];
  for (const { json, type, description } of options?.fields ?? []) {
    const scalar = type.kind === "list" ? type.elem : type;
    if (json === "kind" || json === "apiVersion") continue;
    const plain = scalar.kind === "scalar" ? scalarSchema(scalar.scalar) : { type: "string" };
    const schema: JsonObject = { type: plain.type ?? "string", uniqueItems: true };
    const head: JsonObject = {
      name: json,
      in: "query",
      ...(description === undefined ? undefined : { description }),
    };
    parameters.push(dialect === "v2" ? { ...head, ...schema } : { ...head, schema });
  }
  return parameters;
}
