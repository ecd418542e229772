/** What holds for every kind and every JSON. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isStatusError, type JsonObject, type JsonValue, parseJson, schemas } from "@kubets/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyDefaults,
  cloneJson,
  decodeStrict,
  findDuplicateFields,
  validateCreate,
  validateUpdate,
} from "./index.ts";
import { pod } from "./testing/causes.ts";
import { typed, typeOf } from "./testing/typed.ts";

const KINDS = schemas
  .names()
  .map((name) => schemas.type(name))
  .filter((type) => type?.root?.role === "object")
  .map((type) => ({
    apiVersion: [type?.root?.group, type?.root?.version].filter(Boolean).join("/"),
    kind: type?.root?.kind ?? "",
  }));

/** Field names of the API, so that arbitrary objects reach rules. */
const FIELD_NAMES = [
  ...new Set(
    schemas.names().flatMap((name) => schemas.type(name)?.fields.map((f) => f.json) ?? []),
  ),
  "__proto__",
  "constructor",
];

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    2 ** 40,
    "",
    "a",
    "1Gi",
    "-5",
    "10.0.0.1",
    "v1",
  ),
  fc.string(),
);
const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...FIELD_NAMES), tie("value")), { maxLength: 5 })
      .map((entries) => {
        const object: JsonObject = {};
        for (const [key, value] of entries) {
          Object.defineProperty(object, key, {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
          });
        }
        return object;
      }),
  ),
})).value;

const kind = fc.constantFrom(...KINDS);
/** A spec and a status of any form, under each kind. */
const anyObject = fc
  .tuple(kind, anyJson, anyJson, anyJson)
  .map(([of, metadata, spec, status]): JsonObject => ({ ...of, metadata, spec, status }));

function decodeOrNothing(object: JsonObject): JsonObject | undefined {
  try {
    return decodeStrict(typeOf(object), object).object;
  } catch (error) {
    if (isStatusError(error) && error.code === 400) return undefined;
    throw error;
  }
}

test("decoding takes any JSON or refuses it with 400", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      decodeOrNothing(object);
      expect(({} as Record<string, unknown>).spec).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test("what is decoded stays as it is when it is decoded again", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      const once = decodeOrNothing(object);
      if (once === undefined) return;
      const before = JSON.stringify(once);
      const twice = decodeStrict(typeOf(once), cloneJson(once));
      expect(JSON.stringify(twice.object)).toBe(before);
      expect(twice.problems).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test("defaults are defaults of themselves", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      const once = decodeOrNothing(object);
      if (once === undefined) return;
      applyDefaults(once);
      const twice = cloneJson(once);
      applyDefaults(twice);
      expect(twice).toEqual(once);
    }),
    { numRuns: 2_000 },
  );
});

test("validation gives an answer about any JSON, decoded or not", () => {
  fc.assert(
    fc.property(
      anyObject,
      anyObject,
      fc.constantFrom("", "status", "resize"),
      (a, b, subresource) => {
        const [object, old] = [a, { ...b, kind: a.kind, apiVersion: a.apiVersion }] as never[];
        expect(Array.isArray(validateCreate(object as never))).toBe(true);
        expect(Array.isArray(validateUpdate(object as never, old as never, subresource))).toBe(
          true,
        );
      },
    ),
    { numRuns: 3_000 },
  );
});

test("duplicates are looked for in any JSON text without an end in an error", () => {
  fc.assert(
    fc.property(anyObject, (object) => {
      expect(findDuplicateFields(JSON.stringify(object), typeOf(object))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

const label = fc.constantFrom("a", "web", "x-1");
const anyPod = fc
  .record({
    name: label,
    image: fc.constantFrom("nginx", "a/b:1", "c@sha256:x"),
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }),
    env: fc.dictionary(fc.constantFrom("A", "B", "C_D"), fc.string(), { maxKeys: 3 }),
    limits: fc.dictionary(fc.constantFrom("cpu", "memory"), fc.constantFrom("1", "100m", "1Gi")),
    volumes: fc.uniqueArray(label, { maxLength: 3 }),
    restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"),
  })
  .map(({ name, image, ports, env, limits, volumes, restartPolicy }) =>
    pod({
      restartPolicy,
      containers: [
        {
          name,
          image,
          ports: ports.map((containerPort) => ({ containerPort })),
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          resources: { limits },
          volumeMounts: volumes.map((volume) => ({ name: volume, mountPath: `/${volume}` })),
        },
      ],
      volumes: volumes.map((volume) => ({ name: volume, emptyDir: {} })),
    }),
  );

test("a valid pod stays valid when an update changes nothing", () => {
  fc.assert(
    fc.property(anyPod, (draft) => {
      const object = typed(draft);
      expect(validateCreate(object)).toEqual([]);
      object.metadata.resourceVersion = "1";
      for (const subresource of ["", "status", "ephemeralcontainers", "resize"]) {
        expect(validateUpdate(object, cloneJson(object as never), subresource)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

const SAMPLES = new URL("../../../../shared/kubernetes-1.36/api-testdata/api/", import.meta.url);

describe.skipIf(!existsSync(SAMPLES))(
  "upstream's sample of each kind (skipped without the samples)",
  () => {
    const files = existsSync(SAMPLES)
      ? readdirSync(SAMPLES).filter((file) => file.endsWith(".json"))
      : [];

    test.each(files)("%s is decoded without loss", (file) => {
      const sample = parseJson(readFileSync(new URL(file, SAMPLES))) as JsonObject;
      if (typeof sample.apiVersion !== "string") return;
      const before = sortedText(sample);
      const { object, problems } = decodeStrict(typeOf(sample), sample);
      expect(problems).toEqual([]);
      expect(sortedText(object)).toBe(before);
      applyDefaults(object);
      validateCreate(object as never);
    });
  },
);

function sortedText(value: JsonValue): string {
  return JSON.stringify(value, (_key, node: unknown) => {
    if (typeof node === "bigint") return String(node);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return node;
    return Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
