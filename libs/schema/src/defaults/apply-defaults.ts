/**
 * Fills what a client left out. A message's own rules run before those of what it holds, wherever it stands in
 * a kind, so the rules are kept per message and each kind is compiled into a tree of the places that have any.
 *
 * Upstream: pkg/apis/GROUP/VERSION/{defaults,zz_generated.defaults}.go @1.36
 */
import {
  type FieldType,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  parseApiVersion,
  type SchemaTable,
  type TypeSchema,
} from "@kubets/api";
import { isNil, isZero } from "../json-fields.ts";
import { cloneJson, isJsonObject } from "../plain-object.ts";
import { PLAIN_DEFAULTS } from "./plain-defaults.ts";
import { resourceListDefaults } from "./special/pod-defaults.ts";
import {
  type DefaultFunction,
  type DefaultingContext,
  SPECIAL_DEFAULTS,
} from "./special-defaults.ts";

/** Changes the object in place: it must be freshly decoded and held by nobody else. */
export type ApplyDefaults = (object: KubeObject | JsonObject, context?: DefaultingContext) => void;

const NO_CONTEXT: DefaultingContext = {};

export function createApplyDefaults(table: SchemaTable): ApplyDefaults {
  const compiler = new DefaultsCompiler(table);
  const byKind = new Map<string, DefaultFunction | undefined>();
  return (object, context = NO_CONTEXT) => {
    const { apiVersion, kind } = object;
    if (typeof apiVersion !== "string" || typeof kind !== "string") return;
    const key = `${apiVersion}/${kind}`;
    let fill = byKind.get(key);
    if (fill === undefined && !byKind.has(key)) {
      const gv = parseApiVersion(apiVersion);
      const type = gv === undefined ? undefined : table.kind(gv.group, gv.version, kind);
      fill = type === undefined ? undefined : compiler.message(type);
      // Only names of the table are remembered, so that clients cannot grow the map.
      if (type !== undefined) byKind.set(key, fill);
    }
    fill?.(object as JsonObject, context);
  };
}

type Fill = (value: JsonValue, context: DefaultingContext) => void;

class DefaultsCompiler {
  private readonly table: SchemaTable;
  private readonly messages = new Map<TypeSchema, DefaultFunction | undefined>();
  /** Messages under way: one that contains itself has no defaults further down. */
  private readonly open = new Set<TypeSchema>();

  constructor(table: SchemaTable) {
    this.table = table;
  }

  /** Undefined where nothing at or below the message has a default. */
  message(type: TypeSchema): DefaultFunction | undefined {
    if (this.open.has(type)) return undefined;
    if (this.messages.has(type)) return this.messages.get(type);
    this.open.add(type);
    const fill = this.compile(type);
    this.open.delete(type);
    this.messages.set(type, fill);
    return fill;
  }

  private compile(type: TypeSchema): DefaultFunction | undefined {
    const own = plainRules(type, this.table);
    const special = SPECIAL_DEFAULTS[type.name];
    const below: { readonly field: string; readonly fill: Fill }[] = [];
    for (const field of type.fields) {
      const fill = this.value(field.type);
      if (fill !== undefined) below.push({ field: field.json, fill });
    }
    if (own.length === 0 && special === undefined && below.length === 0) return undefined;
    return (node, context) => {
      for (const rule of own) rule(node);
      special?.(node, context);
      for (const { field, fill } of below) {
        const value = node[field];
        if (value !== undefined && value !== null) fill(value, context);
      }
    };
  }

  private value(type: FieldType): Fill | undefined {
    switch (type.kind) {
      case "message":
        return this.messageAt(type.ref);
      case "list": {
        const fill = this.value(type.elem);
        if (fill === undefined) return undefined;
        return (value, context) => {
          if (!Array.isArray(value)) return;
          for (const item of value) fill(item, context);
        };
      }
      case "map": {
        // Every map of quantities of the API is a ResourceList.
        if (type.elem.kind === "special" && type.elem.special === "Quantity") {
          return (value) => {
            if (isJsonObject(value)) resourceListDefaults(value);
          };
        }
        const fill = this.value(type.elem);
        if (fill === undefined) return undefined;
        return (value, context) => {
          if (!isJsonObject(value)) return;
          for (const key in value) {
            const item = value[key];
            if (item !== undefined) fill(item, context);
          }
        };
      }
      default:
        return undefined;
    }
  }

  private messageAt(ref: string): Fill | undefined {
    const type = this.table.type(ref);
    const fill = type === undefined ? undefined : this.message(type);
    if (fill === undefined) return undefined;
    return (value, context) => {
      if (isJsonObject(value)) fill(value, context);
    };
  }
}

function plainRules(type: TypeSchema, table: SchemaTable): readonly ((node: JsonObject) => void)[] {
  return (PLAIN_DEFAULTS[type.name] ?? []).map(([path, value]) => {
    const names = path.split(".");
    const last = names.pop() ?? path;
    const isUnset = unsetTest(type, [...names, last], table);
    const make = typeof value === "object" ? () => cloneJson(value) : () => value;
    if (names.length === 0) {
      return (node) => {
        if (isUnset(node[last])) node[last] = make();
      };
    }
    return (node) => {
      let parent: JsonObject = node;
      for (const name of names) {
        const next = parent[name];
        if (!isJsonObject(next)) return;
        parent = next;
      }
      if (isUnset(parent[last])) parent[last] = make();
    };
  });
}

/** A pointer is unset when nil, a plain value when zero. */
function unsetTest(
  type: TypeSchema,
  names: readonly string[],
  table: SchemaTable,
): (value: JsonValue | undefined) => boolean {
  let owner: TypeSchema | undefined = type;
  let pointer = false;
  for (const name of names) {
    const field: TypeSchema["fields"][number] | undefined = owner?.fields.find(
      (f) => f.json === name,
    );
    if (field === undefined) throw new TypeError(`${type.name} has no field ${names.join(".")}`);
    pointer = field.pointer;
    owner = field.type.kind === "message" ? table.type(field.type.ref) : undefined;
  }
  return pointer ? isNil : isZero;
}
