/** What comes from a client has been decoded; what was stored long ago, or made by a webhook, may be anything. */
import {
  type FieldSchema,
  type FieldType,
  type JsonObject,
  type JsonValue,
  schemas,
  type TypeSchema,
} from "@kubets/api";
import { expect, test } from "vitest";
import {
  applyDefaults,
  cloneJson,
  dropDisabledFields,
  validateCreate,
  validateUpdate,
  warnOfWrite,
} from "./index.ts";

const ODD: readonly JsonValue[] = [
  null,
  true,
  0,
  -1,
  1.5,
  (2n ** 70n) as never,
  "",
  "x",
  [],
  [null],
  [[]],
  ["x"],
  [1],
  {},
  { a: null },
  { a: [] },
];
const DEPTH_MAX = 14;
const SUBRESOURCES = ["", "status", "ephemeralcontainers", "resize", "approval"];
const SPECIAL: Readonly<Record<string, JsonValue>> = {
  Quantity: "1",
  Time: "2020-01-01T00:00:00Z",
  MicroTime: "2020-01-01T00:00:00.000000Z",
  IntOrString: 1,
};

/** Every field set once. */
function fullObject(type: TypeSchema, above: readonly string[] = []): JsonObject {
  const within = [...above, type.name];
  return Object.fromEntries(
    type.fields.map((field) => [field.json, fullValue(field.type, field, within)]),
  );
}

function fullValue(type: FieldType, field: FieldSchema, above: readonly string[]): JsonValue {
  switch (type.kind) {
    case "scalar":
      if (type.scalar === "bool") return true;
      if (type.scalar === "string") return field.enum?.[0] ?? "a";
      return type.scalar === "bytes" ? "AA==" : 1;
    case "special":
      return SPECIAL[type.special] ?? {};
    case "message": {
      const inner = schemas.type(type.ref);
      const isTooDeep = above.includes(type.ref) || above.length > DEPTH_MAX;
      return inner === undefined || isTooDeep ? {} : fullObject(inner, above);
    }
    case "list":
      return [fullValue(type.elem, field, above)];
    case "map":
      return { k: fullValue(type.elem, field, above) };
  }
}

type Holder = { [key: string]: JsonValue };

/** Each place of the object in turn; templates of pods are looked at in one kind. */
function visit(holder: Holder, at: string, isSkipped: (at: string) => boolean, try_: Try): void {
  for (const key of Object.keys(holder)) {
    const here = `${at}.${key}`;
    if (here === ".kind" || here === ".apiVersion" || isSkipped(here)) continue;
    try_(holder, key, here);
    const value = holder[key];
    if (typeof value === "object" && value !== null) {
      visit(value as unknown as Holder, here, isSkipped, try_);
    }
  }
}
type Try = (holder: Holder, key: string, at: string) => void;

const types = schemas
  .names()
  .flatMap((name) => schemas.type(name) ?? [])
  .filter((type) => type.root?.role === "object");

test("no value in any place makes defaults, rules or warnings fail", () => {
  const failures: string[] = [];
  let places = 0;
  for (const type of types) {
    const { group = "", version = "", kind = "" } = type.root ?? {};
    const apiVersion = group === "" ? version : `${group}/${version}`;
    const base: Holder = { ...fullObject(type), apiVersion, kind };
    const old = cloneJson(base);
    const isTemplate = (at: string) => at.includes(".template.spec.") && kind !== "Deployment";
    visit(base, "", isTemplate, (holder, key, at) => {
      places += 1;
      const was = holder[key];
      // The next place gets the next value.
      holder[key] = ODD[places % ODD.length] ?? null;
      try {
        useEverything(base, old);
      } catch (error) {
        failures.push(`${kind} ${at}: ${String(error)}`);
      }
      if (was !== undefined) holder[key] = was;
    });
  }
  expect(failures.slice(0, 20)).toEqual([]);
  expect(places).toBeGreaterThan(10_000);
});

function useEverything(odd: JsonObject, old: JsonObject): void {
  const [object, before] = [odd as never, old as never];
  applyDefaults(cloneJson(odd) as never);
  dropDisabledFields(cloneJson(odd) as never, before);
  validateCreate(object);
  warnOfWrite(object, undefined, "", () => {});
  for (const subresource of SUBRESOURCES) {
    validateUpdate(object, before, subresource);
    validateUpdate(before, object, subresource);
    warnOfWrite(object, before, subresource, () => {});
  }
}
