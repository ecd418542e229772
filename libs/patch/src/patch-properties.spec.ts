/** What holds for any objects, patches and orders of writes. */
import {
  isStatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  schemas,
} from "@kubets/api";
import { cloneJson, decodeStrict, isJsonObject } from "@kubets/schema";
import fc from "fast-check";
import fastJsonPatch from "fast-json-patch";
import { expect, test } from "vitest";
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  recordUpdate,
} from "./index.ts";
import {
  applied,
  configMap,
  entriesOf,
  frozen,
  typed,
  typeNamed,
  written,
} from "./testing/samples.ts";

const NAMES = [
  "a",
  "b",
  "name",
  "spec",
  "containers",
  "env",
  "labels",
  "finalizers",
  "metadata",
  "__proto__",
  "constructor",
];
const DIRECTIVES = [
  "$patch",
  "$retainKeys",
  "$setElementOrder/containers",
  "$deleteFromPrimitiveList/finalizers",
];

function objectOf(entries: readonly (readonly [string, JsonValue])[]): JsonObject {
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
}

function anyJson(names: readonly string[]): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<JsonValue>(null, true, 0, 1, "", "a", "b", "delete", "replace", "merge"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(fc.constantFrom(...names), tie("value")), { maxLength: 4 }).map(objectOf),
    ),
  })).value;
}
const json = anyJson(NAMES);
const jsonWithDirectives = anyJson([...NAMES, ...DIRECTIVES]);
const object = json.map((value): JsonObject => (isJsonObject(value) ? value : { a: value }));

/** The result, or undefined for what is refused properly. */
function unlessRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isStatusError(error)) return undefined;
    throw error;
  }
}

function expectCleanPrototype(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
}

test("the JSON patch from one document to another gives the other", () => {
  fc.assert(
    fc.property(object, object, (from, to) => {
      // The library that computes the patch reads keys of prototypes as prototypes.
      fc.pre(!/__proto__|constructor/.test(JSON.stringify([from, to])));
      const patch = fastJsonPatch.compare(from, to) as unknown as JsonValue;
      expect(applyJsonPatch(frozen(from), frozen(patch))).toEqual(to);
    }),
  );
});

test("any JSON patch gives a document or is refused", () => {
  const path = fc
    .array(fc.constantFrom(...NAMES, "-", "0", "1"), { maxLength: 3 })
    .map((p) => `/${p.join("/")}`);
  const operation = fc.record(
    {
      op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "x"),
      path,
      from: path,
      value: json,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(json, fc.array(operation, { maxLength: 5 }), (document, patch) => {
      unlessRefused(() => applyJsonPatch(frozen(document), frozen(patch as unknown as JsonValue)));
      expectCleanPrototype();
    }),
    { numRuns: 1_000 },
  );
});

test("a merge patch says the same twice as once, and all that it says is there after it", () => {
  fc.assert(
    fc.property(object, object, (document, patch) => {
      const once = applyMergePatch(frozen(document), frozen(patch));
      expect(applyMergePatch(once, patch)).toEqual(once);
      for (const key of Object.keys(patch)) {
        expect(isJsonObject(once) && Object.hasOwn(once, key)).toBe(patch[key] !== null);
      }
      expectCleanPrototype();
    }),
  );
});

test("any strategic merge patch gives an object or is refused", () => {
  const type = typeNamed("v1", "Pod");
  const patch = jsonWithDirectives.map((value): JsonObject => (isJsonObject(value) ? value : {}));
  fc.assert(
    fc.property(object, patch, patch, (document, metadata, spec) => {
      const change = { metadata, spec };
      unlessRefused(() => applyStrategicMergePatch(frozen(document), frozen(change), type));
      expectCleanPrototype();
    }),
    { numRuns: 2_000 },
  );
});

const data = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d", "constructor"),
  fc.constantFrom("1", "2"),
);
const labels = fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom("1", "2"));
const finalizers = fc.uniqueArray(fc.constantFrom("a/1", "a/2", "a/3"));
const anyConfigMap = fc
  .record({ data, labels, finalizers })
  .map((of) => configMap(of.data, { labels: of.labels, finalizers: of.finalizers }));

/** Without empty maps and lists: nothing can be stored of them, so that every apply would change something. */
function config(of: { data?: JsonObject; labels?: JsonObject; finalizers?: string[] }): JsonObject {
  const { data: some = {}, labels: named = {}, finalizers: held = [] } = of;
  const { data: _, ...bare } = configMap(
    {},
    {
      ...(Object.keys(named).length > 0 ? { labels: named } : {}),
      ...(held.length > 0 ? { finalizers: held } : {}),
    },
  );
  return Object.keys(some).length > 0 ? { ...bare, data: some } : bare;
}
const anyConfig = fc.record({ data, labels, finalizers }).map(config);

/** Whether an object has what a set names. */
function hasAll(value: JsonValue | undefined, set: JsonObject): boolean {
  return Object.keys(set).every((element) => {
    const child = set[element];
    if (element === "." || !isJsonObject(child)) return value !== undefined;
    const rest = element.slice(2);
    if (element.startsWith("f:")) {
      return isJsonObject(value) && Object.hasOwn(value, rest) && hasAll(value[rest], child);
    }
    if (!Array.isArray(value)) return false;
    const wanted = JSON.parse(rest) as JsonValue;
    return value.some((item) =>
      isJsonObject(wanted)
        ? isJsonObject(item) && Object.entries(wanted).every(([key, is]) => item[key] === is)
        : item === wanted,
    );
  });
}

function leavesOf(set: JsonObject, prefix = ""): string[] {
  return Object.keys(set).flatMap((element) => {
    const child = set[element];
    const path = `${prefix}/${element}`;
    if (element === "." || !isJsonObject(child) || Object.keys(child).length === 0) return [path];
    return leavesOf(child, path);
  });
}

test("after any updates, what is owned exists, and no two updaters own the same", () => {
  const write = fc.tuple(anyConfigMap, fc.constantFrom("m1", "m2", "m3"));
  fc.assert(
    fc.property(fc.array(write, { minLength: 1, maxLength: 8 }), (writes) => {
      let live: KubeObject | undefined;
      writes.forEach(([next, manager], i) => {
        live = written(next, { live, manager, nowMs: i * 1_000 });
      });
      const entries = entriesOf(live as KubeObject);
      const owned = entries.flatMap((entry) => leavesOf(entry.fieldsV1 as JsonObject));
      expect(new Set(owned).size).toBe(owned.length);
      for (const entry of entries) {
        expect(hasAll(live as unknown as JsonObject, entry.fieldsV1 as JsonObject)).toBe(true);
      }
    }),
  );
});

test("a create owns what a comparison with an empty object finds", () => {
  const kinds = schemas
    .names()
    .map((name) => schemas.type(name))
    .filter((type) => type?.root?.role === "object")
    .flatMap((type) => (type === undefined ? [] : [type]));
  const names = [
    ...new Set(
      schemas.names().flatMap((name) => schemas.type(name)?.fields.map((f) => f.json) ?? []),
    ),
  ];
  const part = anyJson(names);
  fc.assert(
    fc.property(fc.constantFrom(...kinds), part, part, part, (type, metadata, spec, status) => {
      const updated = unlessRefused(
        () => decodeStrict(type, cloneJson({ metadata, spec, status })).object,
      );
      if (updated === undefined) return;
      if (isJsonObject(updated.metadata)) delete updated.metadata.managedFields;
      const write = {
        updated: updated as never,
        manager: "m",
        apiVersion: "v1",
        subresource: "",
        nowMs: 0,
        type,
      };
      const empty = decodeStrict(type, {}).object as never;
      expect(JSON.stringify(recordUpdate(write))).toBe(
        JSON.stringify(recordUpdate({ ...write, live: empty })),
      );
    }),
    { numRuns: 1_000 },
  );
});

test("to apply the same twice is to apply it once", () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (first, second) => {
      const live = applied(first, { manager: "a" });
      const once = applied(second, { live, manager: "a", nowMs: 1_000 });
      expect(applied(second, { live: once, manager: "a", nowMs: 2_000 })).toEqual(once);
      expect((once as unknown as JsonObject).data).toEqual(second.data);
      expect(once.metadata.labels).toEqual((second.metadata as JsonObject).labels);
    }),
  );
});

test("appliers of different fields come to the same object in either order", () => {
  fc.assert(
    fc.property(data, labels, (first, second) => {
      const a = config({ data: first });
      const b = config({ labels: second });
      const ab = applied(b, { live: applied(a, { manager: "a" }), manager: "b" });
      const ba = applied(a, { live: applied(b, { manager: "b" }), manager: "a" });
      expect(ab).toEqual(ba);
    }),
  );
});

test("when all appliers are gone, so are their fields", () => {
  fc.assert(
    fc.property(anyConfig, anyConfig, (first, second) => {
      let live = applied(first, { manager: "a" });
      live = applied(second, { live, manager: "b", force: true });
      for (const manager of ["a", "b"]) live = applied(config({}), { live, manager });
      expect(live).toEqual(typed(config({})));
    }),
  );
});

test("any configuration is applied or refused", () => {
  fc.assert(
    fc.property(object, object, (metadata, spec) => {
      const config = { apiVersion: "v1", kind: "Pod", metadata, spec };
      const live = unlessRefused(() => applied(config));
      if (live !== undefined) unlessRefused(() => applied(config, { live, manager: "other" }));
      expectCleanPrototype();
    }),
    { numRuns: 1_000 },
  );
});
