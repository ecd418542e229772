/**
 * Whether an applied configuration fits the schema: fields declared, shapes right, keys present and unique.
 *
 * Upstream: structured-merge-diff typed/validate.go
 */
import {
  type JsonObject,
  type JsonValue,
  type ScalarType,
  type SchemaTable,
  stringifyJson,
  type TypeSchema,
} from "@kubets/api";
import { isJsonObject } from "@kubets/schema";
import { itemElement, MissingKeyError } from "../managed-fields/compare.ts";
import type { FieldKind } from "../managed-fields/field-kind.ts";
import { showElement } from "../managed-fields/path-element.ts";
import { belowKey, itemKind } from "./typed-object.ts";

const PROBLEMS_MAX = 100;

/** The problems as upstream words them, empty when it fits. */
export function checkApplied(
  kind: FieldKind,
  value: JsonValue,
  shapes: ScalarShapes,
  type: TypeSchema,
): string[] {
  const problems: string[] = [];
  check({ kind, value, path: "", type, problems, shapes });
  return problems;
}

interface Place {
  readonly kind: FieldKind;
  readonly value: JsonValue;
  readonly path: string;
  /** The message whose fields stand here, or the scalar. */
  readonly type: TypeSchema | ScalarType | undefined;
  readonly problems: string[];
  readonly shapes: ScalarShapes;
}

function check(place: Place): void {
  const { kind, value, path, problems } = place;
  if (value === null || problems.length >= PROBLEMS_MAX) return;
  switch (kind.kind) {
    case "struct":
    case "map":
      if (!isJsonObject(value)) problems.push(`${path}: expected map, got &{${String(value)}}`);
      else checkMap(place, value);
      return;
    case "list-map":
    case "set":
      if (!Array.isArray(value)) problems.push(`${path}: expected list, got &{${String(value)}}`);
      else checkList(place, kind, value);
      return;
    case "leaf":
      checkLeaf(place, kind.shape);
      return;
    case "deduced":
      return;
  }
}

function checkMap(place: Place, object: JsonObject): void {
  const { kind, path, problems, shapes, type } = place;
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    const at = `${path}.${key}`;
    if (kind.kind === "struct" && !kind.fields.has(key)) {
      problems.push(`${at}: field not declared in schema`);
      continue;
    }
    check({
      kind: belowKey(kind, key),
      value,
      path: at,
      type: shapes.field(type, key),
      problems,
      shapes,
    });
  }
}

function checkList(
  place: Place,
  kind: Extract<FieldKind, { kind: "list-map" | "set" }>,
  list: readonly JsonValue[],
): void {
  const { path, problems, shapes, type } = place;
  const seen = new Set<string>();
  list.forEach((item, i) => {
    let element: string;
    try {
      element = itemElement(kind, item);
    } catch (error) {
      if (!(error instanceof MissingKeyError)) throw error;
      problems.push(`${path}: element ${i}: ${error.message}`);
      return;
    }
    const shown = showElement(element);
    if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${shown}`);
    seen.add(element);
    check({ kind: itemKind(kind), value: item, path: `${path}${shown}`, type, problems, shapes });
  });
}

function checkLeaf(place: Place, shape: "scalar" | "list" | "map"): void {
  const { path, problems, type, value } = place;
  if (shape === "list") {
    if (!Array.isArray(value)) problems.push(`${path}: expected list, got &{${String(value)}}`);
  } else if (shape === "map") {
    if (!isJsonObject(value)) problems.push(`${path}: expected map, got &{${String(value)}}`);
  } else if (typeof type === "string") {
    const problem = scalarProblem(type, value);
    if (problem !== undefined) problems.push(`${path}: ${problem}`);
  } else if (typeof value === "object") {
    problems.push(`${path}: expected scalar, got ${shownInGo(value)}`);
  }
}

function scalarProblem(scalar: ScalarType, value: JsonValue): string | undefined {
  switch (scalar) {
    case "string":
    case "bytes":
      return typeof value === "string"
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${shownInGo(value)}}`;
    case "bool":
      return typeof value === "boolean"
        ? undefined
        : `expected boolean, got &value.valueUnstructured{Value:${shownInGo(value)}}`;
    default:
      return typeof value === "number" || typeof value === "bigint"
        ? undefined
        : `expected numeric (int or float), got ${typeof value === "object" ? "map" : typeof value === "boolean" ? "bool" : "string"}`;
  }
}

function shownInGo(value: JsonValue): string {
  return stringifyJson(value).slice(0, 200);
}

/** Which scalar or message stands under a field; FieldKind does not tell scalars apart. */
export class ScalarShapes {
  private readonly table: SchemaTable;

  constructor(table: SchemaTable) {
    this.table = table;
  }

  /** Lists and maps are looked through to what they hold. */
  field(owner: Place["type"], key: string): Place["type"] {
    if (owner === undefined || typeof owner === "string") return owner;
    const field = owner.fields.find((candidate) => candidate.json === key);
    let type = field?.type;
    while (type?.kind === "list" || type?.kind === "map") type = type.elem;
    if (type?.kind === "scalar") return type.scalar;
    return type?.kind === "message" ? this.table.type(type.ref) : undefined;
  }
}
