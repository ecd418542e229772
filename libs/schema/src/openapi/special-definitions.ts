import type { JsonObject, SpecialType } from "@kubets/api";
import type { Dialect } from "./dialect.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

export const PATCH = `${META}.Patch`;

interface SpecialDefinition {
  readonly name: string;
  readonly v2: JsonObject;
  readonly v3: JsonObject;
}

function same(name: string, schema: JsonObject): SpecialDefinition {
  return { name, v2: schema, v3: schema };
}

const definitions: Readonly<Record<SpecialType, SpecialDefinition>> = {
  Quantity: {
    name: "io.k8s.apimachinery.pkg.api.resource.Quantity",
    v2: {
      description: "An amount such as 500m, 2 or 1.5Gi, with a decimal, binary or exponent suffix.",
      type: "string",
    },
    v3: {
      description: "An amount such as 500m, 2 or 1.5Gi, with a decimal, binary or exponent suffix.",
      oneOf: [{ type: "string" }, { type: "number" }],
    },
  },
  Time: same(`${META}.Time`, {
    description: "A point in time in RFC 3339 form, in whole seconds.",
    type: "string",
    format: "date-time",
  }),
  MicroTime: same(`${META}.MicroTime`, {
    description: "A point in time in RFC 3339 form, in microseconds.",
    type: "string",
    format: "date-time",
  }),
  Duration: same(`${META}.Duration`, {
    description: "A span of time such as 1h15m30s.",
    type: "string",
  }),
  IntOrString: {
    name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    v2: {
      description: "A whole number, or a string such as a port's name or a percentage.",
      type: "string",
      format: "int-or-string",
    },
    v3: {
      description: "A whole number, or a string such as a port's name or a percentage.",
      oneOf: [{ type: "integer" }, { type: "string" }],
      format: "int-or-string",
    },
  },
  FieldsV1: same(`${META}.FieldsV1`, {
    description: "A set of fields as a tree: f:name is a field, k:{...} a list item by its keys.",
    type: "object",
  }),
  RawExtension: same("io.k8s.apimachinery.pkg.runtime.RawExtension", {
    description: "Any object, of a kind that is known elsewhere.",
    type: "object",
  }),
  JSON: same(`${EXTENSIONS}.JSON`, { description: "Any JSON value." }),
  JSONSchemaPropsOrBool: same(`${EXTENSIONS}.JSONSchemaPropsOrBool`, {
    description: "A schema, or whether anything is allowed.",
  }),
  JSONSchemaPropsOrArray: same(`${EXTENSIONS}.JSONSchemaPropsOrArray`, {
    description: "A schema, or one for each position.",
  }),
  JSONSchemaPropsOrStringArray: same(`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, {
    description: "A schema, or names of properties.",
  }),
};

const byName = new Map(Object.values(definitions).map((one) => [one.name, one]));

export function specialName(special: SpecialType): string {
  return definitions[special].name;
}

/** The schema of a type that is no message; undefined for messages. */
export function specialDefinition(dialect: Dialect, name: string): JsonObject | undefined {
  if (name === PATCH) {
    return { description: "A patch in the form that the content type says.", type: "object" };
  }
  return byName.get(name)?.[dialect];
}
