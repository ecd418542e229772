import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../object.ts";
import { schemas } from "../schemas.ts";
import { isStatusError } from "../status-error.ts";
import type { FieldSchema, FieldType, TypeSchema } from "../type-schema.ts";
import {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufList,
  encodeProtobufMessage,
} from "./protobuf.ts";

/** Makes values of a type as Go would print them: no zeros under omitempty, canonical texts. */
function arbitraryOf(type: FieldType, depth: number): fc.Arbitrary<JsonValue> {
  switch (type.kind) {
    case "scalar":
      switch (type.scalar) {
        case "string":
          return fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
        case "bool":
          return fc.constant(true);
        case "int32":
          return fc.integer().filter((value) => value !== 0);
        case "int64":
          return fc.maxSafeInteger().filter((value) => value !== 0);
        case "double":
          return fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.001 });
        case "bytes":
          return fc
            .uint8Array({ minLength: 1, maxLength: 40 })
            .map((bytes) => Buffer.from(bytes).toString("base64"));
      }
      break;
    case "special":
      switch (type.special) {
        case "Quantity":
          return fc.constantFrom("0", "1", "500m", "1536Mi", "-3", "1e3", "7n");
        case "Time":
          return fc.constantFrom("2026-01-02T03:04:05Z", "1969-12-31T23:59:59Z");
        case "MicroTime":
          return fc.constantFrom("2026-01-02T03:04:05.000001Z", "1970-01-01T00:00:00.000000Z");
        case "Duration":
          return fc.constantFrom("0s", "1h15m30.5s", "1µs", "-2m0s");
        case "IntOrString":
          return fc.oneof(fc.integer(), fc.string());
        case "JSONSchemaPropsOrBool":
          return fc.boolean();
        case "JSONSchemaPropsOrArray":
        case "JSONSchemaPropsOrStringArray":
          return fc.constant({ type: "string" });
        default:
          return fc.constant({ a: [1, "b", null], c: true });
      }
    case "message": {
      const schema = schemas.type(type.ref);
      if (schema === undefined) throw new Error(type.ref);
      return objectOf(schema, depth + 1);
    }
    case "list":
      return fc.array(arbitraryOf(type.elem, depth + 1), { minLength: 1, maxLength: 2 });
    case "map":
      return fc
        .uniqueArray(
          fc.tuple(
            fc.oneof(fc.string(), fc.constant("__proto__")),
            arbitraryOf(type.elem, depth + 1),
          ),
          {
            minLength: 1,
            maxLength: 3,
            selector: ([key]) => key,
          },
        )
        .map((entries) => Object.fromEntries(entries));
  }
  throw new Error("unreachable");
}

/** Go writes these even when they are zero, so they are always there. */
function isAlways(field: FieldSchema): boolean {
  const struct = field.type.kind === "message" || field.type.kind === "special";
  return !field.pointer && (struct ? !field.omitzero : !field.omitempty);
}

function objectOf(schema: TypeSchema, depth: number): fc.Arbitrary<JsonObject> {
  const fields = schema.fields.filter(
    (field) => depth > 0 || (field.json !== "kind" && field.json !== "apiVersion"),
  );
  const always = fields.filter((field) => isAlways(field) || (field.pointer && !field.omitempty));
  const others = fields.filter((field) => !always.includes(field));
  const maxLength = depth > 3 ? 0 : Math.min(8, others.length);
  const chosen = fc.subarray(others, { maxLength });
  return chosen.chain((some) =>
    fc.record(
      Object.fromEntries(
        [...always, ...some].map((field) => [field.json, arbitraryOf(field.type, depth)]),
      ),
    ),
  ) as fc.Arbitrary<JsonObject>;
}

const KINDS: readonly (readonly [group: string, version: string, kind: string])[] = [
  ["", "v1", "Pod"],
  ["", "v1", "Secret"],
  ["", "v1", "Node"],
  ["", "v1", "Service"],
  ["apps", "v1", "Deployment"],
  ["coordination.k8s.io", "v1", "Lease"],
  ["events.k8s.io", "v1", "Event"],
  ["rbac.authorization.k8s.io", "v1", "ClusterRole"],
  ["authentication.k8s.io", "v1", "TokenReview"],
  ["networking.k8s.io", "v1", "NetworkPolicy"],
];

describe("any object of a kind", () => {
  it.each(KINDS)("comes back from protobuf as it went in: %s %s %s", (group, version, kind) => {
    const schema = schemas.kind(group, version, kind);
    if (schema === undefined) throw new Error(kind);
    const apiVersion = group === "" ? version : `${group}/${version}`;
    fc.assert(
      fc.property(objectOf(schema, 0), (fields) => {
        const object = { kind, apiVersion, ...fields };
        const wire = encodeProtobuf(object);
        const decoded = decodeProtobuf(wire);
        expect(decoded.object).toEqual(object);
        expect(encodeProtobuf(decoded.object as never).equals(wire)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a map key named __proto__ and leaves prototypes alone", () => {
    const data = JSON.parse('{"__proto__":"x","a":"b"}') as JsonObject;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data };
    const decoded = decodeProtobuf(encodeProtobuf(object)).object.data as JsonObject;
    expect(Object.keys(decoded)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(({} as JsonObject).a).toBeUndefined();
  });

  it("keeps integers beyond 2^53", () => {
    const generation = 9_007_199_254_740_993n;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { generation } };
    const decoded = decodeProtobuf(encodeProtobuf(object)).object.metadata as unknown;
    expect(decoded).toEqual({ generation });
  });
});

describe("a decoded object", () => {
  it("has the zeros that Go prints and none that Go leaves out", () => {
    const wire = encodeProtobuf({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", uid: "" },
      spec: {},
    } as never);
    expect(decodeProtobuf(wire).object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { containers: null },
      status: {},
    });
  });

  it("writes a list from items that are encoded already", () => {
    const item = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    const head = { apiVersion: "v1", kind: "ConfigMapList", metadata: { resourceVersion: "7" } };
    const wire = encodeProtobufList(head, [
      encodeProtobufMessage(item),
      encodeProtobufMessage(item),
    ]);
    expect(wire.equals(encodeProtobuf({ ...head, items: [item, item] } as never))).toBe(true);
  });
});

describe("bytes that are no object", () => {
  it.each([
    ["", "empty data"],
    [
      "{}",
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    ],
    ["k8s\0", "empty body"],
    ["k8s\0\x0a\x04\x0a\x02v1", 'no kind "" is registered for version "v1"'],
  ])("are refused with upstream's words: %j", (text, message) => {
    expect(() => decodeProtobuf(Buffer.from(text))).toThrow(message);
  });

  it("never cause anything but a 400, however they are broken", () => {
    const golden = readFileSync(resolve(import.meta.dirname, "../../testdata/core.v1.Pod.pb"));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(golden.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(golden.length),
        (changes, length) => {
          const broken = Buffer.from(golden.subarray(0, Math.max(length, 40)));
          for (const [at, value] of changes) if (at >= 20 && at < broken.length) broken[at] = value;
          try {
            decodeProtobuf(broken);
          } catch (error) {
            if (!isStatusError(error, "BadRequest")) throw error;
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("are refused when a schema nests beyond the bound", () => {
    let not: JsonObject = { type: "string" };
    for (let i = 0; i < 1_500; i++) not = { not };
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {},
      spec: { versions: [{ name: "v1", schema: { openAPIV3Schema: not } }] },
    };
    expect(() => decodeProtobuf(encodeProtobuf(crd))).toThrow("exceeded max depth");
  });
});
