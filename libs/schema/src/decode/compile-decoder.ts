/**
 * One decoder per type, compiled from its schema on first use: a single walk that checks every value, drops
 * what Go would drop and adds what Go would write, so that what comes out is the object as an upstream server
 * would print it. It works on the value in place and returns the same object unless a key has to go.
 *
 * Upstream: sigs.k8s.io/json (decode), encoding/json (omitempty and omitzero on the way out)
 */
import type {
  FieldSchema,
  FieldType,
  JsonObject,
  JsonValue,
  SchemaTable,
  TypeSchema,
} from "@kubets/api";
import { isJsonObject, setOwn, withoutKeys } from "../plain-object.ts";
import { decodeBytes } from "./base64-text.ts";
import { type DecodeContext, DecodeError } from "./decode-context.ts";
import { goElementType, goFieldType, goKindOf, goMessageName, numberText } from "./go-type-text.ts";
import { specialDecoders, specialZero } from "./special-values.ts";

/** Never gets undefined; gives undefined for a value that Go would leave out. */
type ValueDecoder = (value: JsonValue, context: DecodeContext) => JsonValue | undefined;

export interface StructDecoder {
  decode(value: JsonValue, context: DecodeContext): JsonObject;
  /** The object that Go writes for the zero value. */
  zero(): JsonObject;
}

interface FieldDecoder {
  readonly json: string;
  readonly decode: ValueDecoder;
}

/** A field that Go writes even when the client left it out. */
interface AlwaysWritten {
  readonly json: string;
  readonly zero: () => JsonValue;
}

/** What an element of a list or map turns into when it is null. */
interface ElementDecoder {
  readonly decode: ValueDecoder;
  readonly zero: () => JsonValue;
}

/** Where a wrong value is reported: the struct it belongs to, and the type it should have had. */
interface Target {
  readonly struct: string;
  readonly goType: string;
}

const INT32_MIN = -2147483648;
const INT32_MAX = 2147483647;
const INT64_MIN = -(2 ** 63);
const INT64_MAX = 2 ** 63;
const JSON_SCHEMA_PROPS =
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

export class DecoderCompiler {
  private readonly table: SchemaTable;
  private readonly structs = new Map<TypeSchema, StructDecoder>();

  constructor(table: SchemaTable) {
    this.table = table;
  }

  struct(type: TypeSchema): StructDecoder {
    const known = this.structs.get(type);
    if (known !== undefined) return known;
    const compiled = this.lazyStruct(type);
    this.structs.set(type, compiled);
    return compiled;
  }

  /** Fields are compiled on first use, since types refer to each other. */
  private lazyStruct(type: TypeSchema): StructDecoder {
    let ready: StructDecoder | undefined;
    const compiled = (): StructDecoder => {
      ready ??= this.compileStruct(type);
      return ready;
    };
    return {
      decode: (value, context) => compiled().decode(value, context),
      zero: () => compiled().zero(),
    };
  }

  private compileStruct(type: TypeSchema): StructDecoder {
    const fields = new Map<string, FieldDecoder>();
    const always: AlwaysWritten[] = [];
    for (const field of type.fields) {
      fields.set(field.json, { json: field.json, decode: this.field(type, field) });
      const zero = this.writtenZero(field);
      if (zero !== undefined) always.push({ json: field.json, zero });
    }
    const complete = (object: JsonObject): JsonObject => {
      for (const field of always) {
        if (object[field.json] === undefined) object[field.json] = field.zero();
      }
      return object;
    };
    const decode = (value: JsonValue, context: DecodeContext): JsonObject => {
      if (!isJsonObject(value)) {
        throw new DecodeError(
          `json: cannot unmarshal ${goKindOf(value)} into Go value of type ${goMessageName(type.name)}`,
        );
      }
      context.enterStruct();
      let dropped: Set<string> | undefined;
      for (const key in value) {
        const field = fields.get(key);
        const before = value[key];
        if (field === undefined || before === undefined) {
          context.unknownField(key);
          dropped ??= new Set();
          dropped.add(key);
          continue;
        }
        context.enter("field", field.json);
        const after = field.decode(before, context);
        context.leave();
        if (after === before) continue;
        if (after === undefined) {
          dropped ??= new Set();
          dropped.add(key);
        } else {
          value[field.json] = after;
        }
      }
      context.leaveStruct();
      return complete(dropped === undefined ? value : withoutKeys(value, dropped));
    };
    return { decode, zero: () => complete({}) };
  }

  /** Undefined where Go leaves the zero value out. */
  private writtenZero(field: FieldSchema): (() => JsonValue) | undefined {
    if (field.pointer) return field.omitempty ? undefined : () => null;
    const { type } = field;
    if (field.omitzero) return undefined;
    // omitempty never leaves a struct out, and the special types are structs.
    if (type.kind === "message" || type.kind === "special") return this.zeroOf(type);
    if (field.omitempty) return undefined;
    return type.kind === "list" || type.kind === "map" ? () => null : this.zeroOf(type);
  }

  private zeroOf(type: FieldType): () => JsonValue {
    switch (type.kind) {
      case "message": {
        const struct = this.message(type.ref);
        return () => struct.zero();
      }
      case "special": {
        const zero = specialZero(type.special);
        return () => zero;
      }
      case "list":
      case "map":
        return () => null;
      case "scalar": {
        const zero = scalarZero(type.scalar);
        return () => zero;
      }
    }
  }

  private message(ref: string): StructDecoder {
    const type = this.table.type(ref);
    if (type === undefined) throw new TypeError(`schema table has no message ${ref}`);
    return this.struct(type);
  }

  private field(owner: TypeSchema, field: FieldSchema): ValueDecoder {
    const target: Target = {
      struct: owner.name.slice(owner.name.lastIndexOf(".") + 1),
      goType: goFieldType(owner, field),
    };
    const omitEmpty = field.omitempty && !field.pointer;
    const present =
      field.type.kind === "list"
        ? this.list(field.type.elem, target, omitEmpty ? undefined : emptyListOf(owner.name))
        : this.value(field.type, target, omitEmpty);
    const nullValue = this.writtenZero(field);
    return (value, context) => (value === null ? nullValue?.() : present(value, context));
  }

  private value(type: FieldType, target: Target, omitEmpty: boolean): ValueDecoder {
    switch (type.kind) {
      case "scalar":
        return scalarDecoder(type.scalar, target, omitEmpty);
      case "special":
        return this.special(type.special, target);
      case "message":
        return this.messageDecoder(type.ref, target);
      case "list":
        return this.list(type.elem, target, omitEmpty ? undefined : "kept");
      case "map":
        return this.map(type.elem, target, omitEmpty);
    }
  }

  private messageDecoder(ref: string, target: Target): ValueDecoder {
    const struct = this.message(ref);
    return (value, context) => {
      if (!isJsonObject(value)) throw wrongType(value, target, context);
      return struct.decode(value, context);
    };
  }

  private element(type: FieldType, container: Target): ElementDecoder {
    const target = { struct: container.struct, goType: goElementType(container.goType, type) };
    const zero = type.kind === "scalar" && type.scalar === "bytes" ? () => "" : this.zeroOf(type);
    return { decode: this.value(type, target, false), zero };
  }

  private list(elem: FieldType, target: Target, empty: "kept" | null | undefined): ValueDecoder {
    const element = this.element(elem, target);
    return (value, context) => {
      if (!Array.isArray(value)) throw wrongType(value, target, context);
      if (value.length === 0) return empty === "kept" ? value : empty;
      for (let i = 0; i < value.length; i++) {
        const before = value[i];
        if (before === undefined || before === null) {
          value[i] = element.zero();
          continue;
        }
        context.enter("index", i);
        const after = element.decode(before, context);
        context.leave();
        if (after !== before) value[i] = after ?? element.zero();
      }
      return value;
    };
  }

  private map(elem: FieldType, target: Target, omitEmpty: boolean): ValueDecoder {
    const element = this.element(elem, target);
    return (value, context) => {
      if (!isJsonObject(value)) throw wrongType(value, target, context);
      let empty = true;
      for (const key in value) {
        empty = false;
        const before = value[key];
        if (before === undefined || before === null) {
          setOwn(value, key, element.zero());
          continue;
        }
        context.enter("key", key);
        const after = element.decode(before, context);
        context.leave();
        if (after !== before) setOwn(value, key, after ?? element.zero());
      }
      return empty && omitEmpty ? undefined : value;
    };
  }

  private special(
    special: Extract<FieldType, { kind: "special" }>["special"],
    target: Target,
  ): ValueDecoder {
    if (special === "JSONSchemaPropsOrBool") {
      return this.schemaOr((value) => typeof value === "boolean", target);
    }
    if (special === "JSONSchemaPropsOrArray" || special === "JSONSchemaPropsOrStringArray") {
      const each =
        special === "JSONSchemaPropsOrArray" ? this.schemaOr(() => false, target) : undefined;
      return this.schemaOr((value, context) => {
        if (!Array.isArray(value)) return false;
        if (each !== undefined) {
          for (let i = 0; i < value.length; i++) value[i] = each(value[i] ?? {}, context) ?? {};
        }
        return true;
      }, target);
    }
    return specialDecoders[special];
  }

  /** Go reads these with a decoder of their own, which neither reports unknown fields nor gives paths. */
  private schemaOr(
    alternative: (value: JsonValue, context: DecodeContext) => boolean,
    target: Target,
  ): ValueDecoder {
    const struct = this.message(JSON_SCHEMA_PROPS);
    return (value, context) => {
      context.muted++;
      try {
        if (isJsonObject(value)) return struct.decode(value, context);
        if (alternative(value, context)) return value;
      } finally {
        context.muted--;
      }
      throw wrongType(value, target, context);
    };
  }
}

/**
 * What becomes of an empty list that is not left out. Upstream stores built-in objects as protobuf, which cannot tell it
 * from none, and answers even a dry run with what the store would give back. These two groups are stored as JSON.
 */
function emptyListOf(owner: string): "kept" | null {
  const isStoredAsJson =
    owner.startsWith("k8s.io.apiextensions_apiserver.") ||
    owner.startsWith("k8s.io.kube_aggregator.");
  return isStoredAsJson ? "kept" : null;
}

function scalarZero(scalar: string): JsonValue {
  if (scalar === "string") return "";
  if (scalar === "bool") return false;
  return scalar === "bytes" ? null : 0;
}

function scalarDecoder(
  scalar: Extract<FieldType, { kind: "scalar" }>["scalar"],
  target: Target,
  omitEmpty: boolean,
): ValueDecoder {
  switch (scalar) {
    case "string":
      return (value, context) => {
        if (typeof value !== "string") throw wrongType(value, target, context);
        return omitEmpty && value === "" ? undefined : value;
      };
    case "bool":
      return (value, context) => {
        if (typeof value !== "boolean") throw wrongType(value, target, context);
        return omitEmpty && !value ? undefined : value;
      };
    case "int32":
      return integerDecoder(INT32_MIN, INT32_MAX, target, omitEmpty);
    case "int64":
      return integerDecoder(INT64_MIN, INT64_MAX, target, omitEmpty);
    case "double":
      return (value, context) => {
        if (typeof value !== "number") throw wrongType(value, target, context);
        return omitEmpty && value === 0 ? undefined : value;
      };
    case "bytes":
      return (value, context) => {
        if (typeof value !== "string") throw wrongType(value, target, context);
        return omitEmpty && value === "" ? undefined : decodeBytes(value);
      };
  }
}

function integerDecoder(
  min: number,
  max: number,
  target: Target,
  omitEmpty: boolean,
): ValueDecoder {
  return (value, context) => {
    // The parser gives integers beyond 2^53 as bigint, which the JSON types do not name.
    if (typeof value !== "number" && typeof (value as unknown) !== "bigint") {
      throw wrongType(value, target, context);
    }
    const number = Number(value);
    if ((typeof value === "number" && !Number.isInteger(value)) || number < min || number > max) {
      throw new DecodeError(cannotUnmarshal(`number ${numberText(value)}`, target, context));
    }
    return omitEmpty && number === 0 ? undefined : value;
  };
}

function wrongType(value: JsonValue, target: Target, context: DecodeContext): DecodeError {
  return new DecodeError(cannotUnmarshal(goKindOf(value), target, context));
}

function cannotUnmarshal(what: string, target: Target, context: DecodeContext): string {
  return `json: cannot unmarshal ${what} into Go struct field ${target.struct}.${context.fieldPath()} of type ${target.goType}`;
}
