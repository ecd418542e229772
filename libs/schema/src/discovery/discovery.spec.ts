import { builtinResources } from "@kubets/api";
import { describe, expect, it } from "vitest";
import { aggregatedDiscovery } from "./aggregated.ts";
import { apiGroup, apiGroupList, apiVersions } from "./api-groups.ts";
import { apiResourceList } from "./api-resource-list.ts";

const served = builtinResources.filter(({ servedByDefault }) => servedByDefault);

describe("plain discovery", () => {
  it("has core under /api and the other groups, with their preferred version, under /apis", () => {
    expect(apiVersions(served, "10.0.0.1:6443")).toEqual({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "10.0.0.1:6443" }],
    });
    const { groups } = apiGroupList(served);
    expect(groups.map(({ name }) => name)).not.toContain("");
    expect(groups.find(({ name }) => name === "autoscaling")).toEqual({
      name: "autoscaling",
      versions: [
        { groupVersion: "autoscaling/v2", version: "v2" },
        { groupVersion: "autoscaling/v1", version: "v1" },
      ],
      preferredVersion: { groupVersion: "autoscaling/v2", version: "v2" },
    });
    expect(apiGroup(served, "apps")).toMatchObject({ kind: "APIGroup", name: "apps" });
    expect(apiGroup(served, "example.com")).toBeUndefined();
  });

  it("lists resources with their subresources, and says a foreign kind's group and version", () => {
    const list = apiResourceList(served, { group: "", version: "v1" });
    expect(list).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    expect(list).not.toHaveProperty("apiVersion");
    const row = (name: string) => list?.resources.find((one) => one.name === name);
    expect(row("pods")).toMatchObject({
      singularName: "pod",
      shortNames: ["po"],
      categories: ["all"],
    });
    expect(row("pods/eviction")).toEqual({
      name: "pods/eviction",
      singularName: "",
      namespaced: true,
      group: "policy",
      version: "v1",
      kind: "Eviction",
      verbs: ["create"],
    });
    expect(row("pods/log")).not.toHaveProperty("group");
    expect(apiResourceList(served, { group: "apps", version: "v2" })).toBeUndefined();
  });
});

describe("aggregated discovery", () => {
  it.each(["v2", "v2beta1"] as const)("says all of it in one document of %s", (version) => {
    const apis = aggregatedDiscovery(served, "/apis", version);
    expect(apis.apiVersion).toBe(`apidiscovery.k8s.io/${version}`);
    const apps = apis.items.find(({ metadata }) => metadata.name === "apps");
    const scale = apps?.versions[0]?.resources
      .find(({ resource }) => resource === "deployments")
      ?.subresources?.find(({ subresource }) => subresource === "scale");
    expect(scale?.responseKind).toEqual({ group: "autoscaling", version: "v1", kind: "Scale" });
    const api = aggregatedDiscovery(served, "/api", version);
    expect(api.items).toHaveLength(1);
    expect(api.items[0]?.versions[0]?.resources.map(({ resource }) => resource)).toContain("pods");
  });
});
