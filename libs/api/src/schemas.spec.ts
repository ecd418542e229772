import { describe, expect, it } from "vitest";
import { builtinResources } from "./data/kinds.ts";
import { schemas } from "./schemas.ts";

function field(type: string, json: string) {
  return schemas.type(type)?.fields.find((one) => one.json === json);
}

describe("the schema table", () => {
  it("has every type, and every reference in it leads somewhere", () => {
    const names = schemas.names();
    expect(names.length).toBeGreaterThan(1_100);
    for (const name of names) {
      const seen = new Set<string>();
      for (const { json, type } of schemas.type(name)?.fields ?? []) {
        expect(seen.has(json), `${name}.${json} stands there twice`).toBe(false);
        seen.add(json);
        const inner = type.kind === "list" || type.kind === "map" ? type.elem : type;
        if (inner.kind === "message") expect(schemas.type(inner.ref), inner.ref).toBeDefined();
      }
    }
  });

  it("flattens what JSON inlines", () => {
    const volume = schemas.type("k8s.io.api.core.v1.Volume")?.fields.map(({ json }) => json);
    expect(volume).toContain("emptyDir");
    expect(volume).not.toContain("volumeSource");
  });

  it("carries the markers", () => {
    expect(field("k8s.io.api.core.v1.Container", "ports")).toMatchObject({
      listType: "map",
      listMapKeys: ["containerPort", "protocol"],
      patchStrategy: "merge",
      patchMergeKey: "containerPort",
    });
    expect(field("k8s.io.api.core.v1.ContainerPort", "protocol")).toMatchObject({
      default: "TCP",
      enum: ["SCTP", "TCP", "UDP"],
    });
    expect(field("k8s.io.api.core.v1.Secret", "immutable")).toMatchObject({ pointer: true });
    expect(
      field("k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta", "creationTimestamp"),
    ).toMatchObject({
      type: { kind: "special", special: "Time" },
      omitzero: true,
    });
  });

  it("knows kinds by group and version, and delete options everywhere", () => {
    expect(schemas.kind("apps", "v1", "Deployment")?.openapi).toBe("io.k8s.api.apps.v1.Deployment");
    expect(schemas.kind("policy", "v1", "DeleteOptions")).toBe(
      schemas.kind("", "v1", "DeleteOptions"),
    );
    expect(schemas.kind("", "v1", "Deployment")).toBeUndefined();
    expect(schemas.kind("__proto__", "v1", "Pod")).toBeUndefined();
    expect(schemas.kind("", "v1", "constructor")).toBeUndefined();
  });
});

describe("the table of kinds", () => {
  it("has a schema for everything that it serves", () => {
    for (const { group, version, kind, listKind, subresources } of builtinResources) {
      expect(schemas.kind(group, version, kind), kind).toBeDefined();
      if (listKind !== undefined) {
        expect(schemas.kind(group, version, listKind)?.root?.list, listKind).toBe(true);
      }
      for (const sub of subresources) {
        expect(schemas.kind(sub.group, sub.version, sub.kind), `${kind}/${sub.name}`).toBeDefined();
      }
    }
  });

  it("serves what upstream serves by default", () => {
    const served = builtinResources.filter(({ servedByDefault }) => servedByDefault);
    expect(served.map(({ resource }) => resource)).toContain("leases");
    const pods = served.find(({ resource }) => resource === "pods");
    expect(pods?.subresources.map(({ name }) => name)).toEqual([
      "attach",
      "binding",
      "ephemeralcontainers",
      "eviction",
      "exec",
      "log",
      "portforward",
      "proxy",
      "resize",
      "status",
    ]);
  });
});
