/** Wrong and unusual values for every field of a sample, by the type's schema. */
import { type FieldSchema, type FieldType, schemas, type TypeSchema } from "@kubets/api";
import type { Change, Json, JsonMap } from "./exchange.ts";
import { pointerKey } from "./pointer.ts";

export interface MutationOptions {
  /** Places (pointers) whose insides are left alone. */
  readonly leave?: readonly string[];
  /** Also values of the wrong JSON type. */
  readonly wrongTypes?: boolean;
}

const long = "a".repeat(254);

export function* mutations(
  type: TypeSchema,
  sample: JsonMap,
  options: MutationOptions,
  at = "",
): Generator<Change> {
  for (const field of type.fields) {
    const place = `${at}/${pointerKey(field.json)}`;
    const isRootField =
      at === "" && ["apiVersion", "kind", "metadata", "status"].includes(field.json);
    if (isRootField || options.leave?.includes(place)) continue;
    const value = sample[field.json];
    if (value !== undefined) yield { drop: place };
    for (const to of valuesFor(field, field.type, value, options)) yield { set: place, to };
    if (value !== undefined) yield* inside(field.type, value, place, options);
  }
}

function* inside(
  type: FieldType,
  value: Json,
  place: string,
  options: MutationOptions,
): Generator<Change> {
  if (type.kind === "message" && isMap(value)) {
    const schema = schemas.type(type.ref);
    if (schema !== undefined) yield* mutations(schema, value, options, place);
  }
  if (type.kind === "list" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* inside(type.elem, item, `${place}/${index}`, options);
    }
  }
}

function* valuesFor(
  field: FieldSchema,
  type: FieldType,
  value: Json | undefined,
  options: MutationOptions,
): Generator<Json> {
  switch (type.kind) {
    case "scalar":
      yield* scalars(type.scalar, field.enum, value);
      if (options.wrongTypes) yield type.scalar === "string" ? 5 : "five";
      return;
    case "special":
      yield* specials(type.special, value);
      return;
    case "message":
      yield {};
      if (options.wrongTypes) yield "text";
      return;
    case "map":
      yield {};
      yield { "bad key!": "value" };
      if (type.elem.kind === "scalar") yield { key: "bad value!" };
      if (options.wrongTypes) yield [];
      return;
    case "list":
      yield [];
      if (Array.isArray(value) && value[0] !== undefined) yield [...value, value[0]];
      else if (type.elem.kind === "message") yield [{}];
      if (type.elem.kind === "scalar" && type.elem.scalar === "string") {
        yield [""];
        yield ["Bad value!"];
      }
      if (options.wrongTypes) yield {};
  }
}

function* scalars(
  scalar: string,
  allowed: readonly string[] | undefined,
  value: Json | undefined,
): Generator<Json> {
  if (scalar === "bool") {
    if (value !== true) yield true;
    if (value !== false) yield false;
  } else if (scalar === "string") {
    if (allowed === undefined) yield* ["", "Bad value!", "other", long];
    else yield* ["", "Wrong", ...allowed.filter((name) => name !== value)];
  } else if (scalar === "bytes") {
    yield "AAEC";
  } else {
    yield* [-1, 0, 1, 70_000];
  }
}

function* specials(special: string, value: Json | undefined): Generator<Json> {
  switch (special) {
    case "Quantity":
      yield* ["-1", "0", "1500m", "many"];
      return;
    case "Time":
    case "MicroTime":
      yield* ["2020-01-01T00:00:00Z", "yesterday"];
      return;
    case "IntOrString":
      yield* [-1, 0, 5, 70_000, "10%", "101%", "-5%", "abc", "Bad value!"];
      return;
    default:
      if (value === undefined) yield {};
  }
}

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);
