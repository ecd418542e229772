import { builtinResources, type JsonObject, type JsonValue, schemas } from "@kubets/api";
import { describe, expect, it } from "vitest";
import {
  openapiHash,
  openapiV2Document,
  openapiV3Document,
  openapiV3GroupVersions,
  openapiV3Index,
} from "./documents.ts";
import { encodeGnostic } from "./gnostic.ts";

const served = builtinResources.filter(({ servedByDefault }) => servedByDefault);
const info = { title: "Kubernetes", version: "v1.36.0" };
const v2 = openapiV2Document(schemas, served, info);
const v3 = openapiV3GroupVersions(served).map((gv) => ({
  gv,
  document: openapiV3Document(schemas, served, gv, info) ?? {},
}));
const core = v3.find(({ gv }) => gv.path === "api/v1")?.document ?? {};

function at(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue {
  let here: JsonValue | undefined = value;
  for (const key of path) here = (here as { [key: string]: JsonValue } | undefined)?.[key];
  return here ?? null;
}

function references(value: JsonValue, found: string[] = []): string[] {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, child] of Object.entries(value)) {
    if (key === "$ref" && typeof child === "string") found.push(child);
    else references(child, found);
  }
  return found;
}

/** The fields of a protobuf message by number, without knowledge of what they are. */
function wireFields(bytes: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let position = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(position++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) {
      varint();
      continue;
    }
    expect(tag & 7).toBe(2);
    const length = varint();
    const list = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, [...list, bytes.subarray(position, position + length)]);
    position += length;
    expect(position).toBeLessThanOrEqual(bytes.length);
  }
  return fields;
}

function named(bytes: Buffer | undefined): Map<string, Buffer> {
  const entries = wireFields(bytes ?? Buffer.alloc(0));
  const rows = [...(entries.get(1) ?? []), ...(entries.get(2) ?? [])].map((row) => {
    const fields = wireFields(row);
    return [String(fields.get(1)?.[0]), fields.get(2)?.[0] ?? Buffer.alloc(0)] as const;
  });
  return new Map(rows);
}

describe("OpenAPI documents", () => {
  it("refer to nothing that they do not define", () => {
    for (const ref of references(v2)) {
      expect(at(v2, "definitions", ref.replace("#/definitions/", "")), ref).not.toBeNull();
    }
    for (const { document } of v3) {
      for (const ref of references(document)) {
        const name = ref.replace("#/components/schemas/", "");
        expect(at(document, "components", "schemas", name), ref).not.toBeNull();
      }
    }
  });

  it("let clients find a kind by its path and by its group, version and kind", () => {
    const path = "/api/v1/namespaces/{namespace}/pods";
    const pod = { group: "", kind: "Pod", version: "v1" };
    expect(at(core, "paths", path, "get", "x-kubernetes-group-version-kind")).toEqual(pod);
    expect(at(core, "paths", path, "get", "x-kubernetes-action")).toBe("list");
    expect(at(core, "paths", "/api/v1/pods", "get", "operationId")).toBe(
      "listCoreV1PodForAllNamespaces",
    );
    const schema = at(core, "components", "schemas", "io.k8s.api.core.v1.Pod");
    expect(at(schema, "x-kubernetes-group-version-kind")).toEqual([pod]);
  });

  it("say that every patch can be validated and tried, which kubectl looks for", () => {
    for (const [path, item] of Object.entries(at(v2, "paths") as JsonObject)) {
      const parameters = at(item, "patch", "parameters");
      if (parameters === null || path.includes("proxy")) continue;
      const names = (parameters as JsonObject[]).map(({ name }) => name);
      expect(names, path).toEqual(expect.arrayContaining(["fieldValidation", "dryRun", "force"]));
    }
  });

  it("carry what merging and validation need", () => {
    const container = at(v2, "definitions", "io.k8s.api.core.v1.Container");
    expect(at(container, "required")).toEqual(["name"]);
    expect(at(container, "properties", "ports")).toMatchObject({
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "containerPort",
    });
    expect(at(container, "properties", "imagePullPolicy", "enum")).toEqual([
      "Always",
      "IfNotPresent",
      "Never",
    ]);
  });

  it("say int-or-string and quantity as each version can", () => {
    const port = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    expect(at(v2, "definitions", port)).toMatchObject({ type: "string", format: "int-or-string" });
    expect(at(core, "components", "schemas", port)).toMatchObject({
      oneOf: [{ type: "integer" }, { type: "string" }],
    });
  });

  it("put nothing beside a reference in v3", () => {
    const beside = (value: JsonValue): boolean =>
      typeof value === "object" &&
      value !== null &&
      (("$ref" in value && typeof value.$ref === "string" && Object.keys(value).length > 1) ||
        Object.values(value).some(beside));
    for (const { document, gv } of v3) expect(beside(document), gv.path).toBe(false);
  });

  it("are listed under the hash of their text", () => {
    const hash = openapiHash(JSON.stringify(core));
    expect(hash).toMatch(/^[0-9A-F]{128}$/);
    expect(openapiV3Index(new Map([["api/v1", hash]]))).toEqual({
      paths: { "api/v1": { serverRelativeURL: `/openapi/v3/api/v1?hash=${hash}` } },
    });
  });
});

describe("the gnostic form", () => {
  it("has every path and definition of the document, and the markers as YAML", () => {
    const document = wireFields(encodeGnostic(v2));
    expect(String(document.get(1)?.[0])).toBe("2.0");
    const paths = named(document.get(8)?.[0]);
    expect([...paths.keys()]).toEqual(Object.keys(at(v2, "paths") as JsonObject));
    const definitions = named(document.get(9)?.[0]);
    expect([...definitions.keys()]).toEqual(Object.keys(at(v2, "definitions") as JsonObject));
    const pod = wireFields(definitions.get("io.k8s.api.core.v1.Pod") ?? Buffer.alloc(0));
    const extension = wireFields(pod.get(31)?.[0] ?? Buffer.alloc(0));
    expect(String(extension.get(1)?.[0])).toBe("x-kubernetes-group-version-kind");
    const yaml = wireFields(extension.get(2)?.[0] ?? Buffer.alloc(0)).get(2)?.[0];
    expect(String(yaml)).toBe('[{"group":"","kind":"Pod","version":"v1"}]\n');
  });
});
