/**
 * Which groups, versions and resources there are, in the plain and the aggregated form.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery @1.36
 */
import { createHash } from "node:crypto";
import { apiVersionOf, encodeProtobuf, type KubeObject, type ResourceInfo } from "@kubets/api";
import type { Registry } from "@kubets/registry";
import { refuseAnswerType } from "@kubets/request";
import { negotiateForm } from "../answer/negotiate.ts";
import { prettyJson, wantsPretty } from "../answer/pretty.ts";
import { aggregatedDiscovery } from "./aggregated-discovery.ts";
import { type PathHandler, type PathRequest, sendText } from "./path-handler.ts";
import { groupsOf, servedGroups } from "./served-groups.ts";

export interface DiscoveryOptions {
  readonly registry: Registry;
  /** host:port at which clients without a route of their own reach this server. */
  readonly serverAddress: () => string;
}

export function discoveryPaths({ registry, serverAddress }: DiscoveryOptions): PathHandler {
  const served = () => servedGroups(registry.resources());
  return {
    paths: () => {
      const groups = served();
      return [
        "/api",
        "/api/v1",
        "/apis",
        ...groups
          .filter(({ group }) => group !== "")
          .flatMap(({ group, versions }) => [
            `/apis/${group}`,
            ...versions.map(({ version }) => `/apis/${group}/${version}`),
          ]),
      ];
    },
    serve: (request) => {
      const parts = request.path.split("/").filter((part) => part !== "");
      const [root, ...rest] = parts;
      if (root !== "api" && root !== "apis") return false;
      const groups = served();
      if (rest.length === 0) return serveRoot(request, root, groups, serverAddress());
      const [group = "", version] = root === "api" ? ["", rest[0]] : rest;
      if (parts.length > (root === "api" ? 2 : 3)) return false;
      const found = groups.find((each) => each.group === group);
      if (found === undefined) return false;
      if (version === undefined) return sendObject(request, groupObject(found));
      const resources = found.versions.find((each) => each.version === version)?.resources;
      if (resources === undefined) return false;
      return sendObject(request, resourceList(resources));
    },
  };
}

type Groups = ReturnType<typeof servedGroups>;

function serveRoot(
  request: PathRequest,
  root: "api" | "apis",
  groups: Groups,
  address: string,
): boolean {
  const aggregated = askedVersion(request);
  if (aggregated !== undefined) {
    const isCore = root === "api";
    const document = aggregatedDiscovery(groupsOf(groups, isCore), aggregated);
    sendAggregated(request, JSON.stringify(document), aggregated);
    return true;
  }
  if (root === "apis") {
    const named = groupsOf(groups, false).map((group) => {
      const { kind: _kind, apiVersion: _apiVersion, ...rest } = groupObject(group);
      return rest;
    });
    return sendObject(request, { kind: "APIGroupList", apiVersion: "v1", groups: named });
  }
  return sendObject(request, {
    kind: "APIVersions",
    versions: groupsOf(groups, true).flatMap(({ versions }) =>
      versions.map((each) => each.version),
    ),
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  });
}

/** The first version of the aggregated form that the client names, if it prefers one to the plain form. */
function askedVersion({ exchange }: PathRequest): "v2" | "v2beta1" | undefined {
  for (const clause of (exchange.header("accept") ?? "").split(",")) {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    const has = (parameter: string) => parameters.includes(parameter);
    if (type !== "application/json") continue;
    if (!has("g=apidiscovery.k8s.io") || !has("as=APIGroupDiscoveryList")) continue;
    if (has("v=v2")) return "v2";
    if (has("v=v2beta1")) return "v2beta1";
  }
  return undefined;
}

function sendAggregated(request: PathRequest, body: string, version: string): void {
  const { exchange, context } = request;
  const etag = `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"`;
  const headers = {
    "audit-id": context.auditId,
    "cache-control": "no-cache, private",
    "content-type": `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag,
    vary: "Accept",
  };
  const isKnown = exchange.headerValues("if-none-match").includes(etag);
  exchange.send(isKnown ? 304 : 200, headers, isKnown ? "" : body);
}

function groupObject({ group, versions }: Groups[number]) {
  const listed = versions.map(({ version }) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  return {
    kind: "APIGroup",
    apiVersion: "v1",
    name: group,
    versions: listed,
    preferredVersion: listed[0] ?? { groupVersion: "", version: "" },
  };
}

function resourceList(resources: readonly ResourceInfo[]) {
  const [first] = resources;
  return {
    kind: "APIResourceList",
    ...(first?.group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: first === undefined ? "" : apiVersionOf(first),
    resources: resources.flatMap(resourceRows),
  };
}

function resourceRows(info: ResourceInfo): object[] {
  const { resource, namespaced } = info;
  const own = {
    name: resource,
    singularName: info.singular,
    namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    ...(info.storageVersionHash === undefined
      ? {}
      : { storageVersionHash: info.storageVersionHash }),
  };
  const subresources = info.subresources.map((sub) => ({
    name: `${resource}/${sub.name}`,
    singularName: "",
    namespaced,
    ...(sub.group === info.group && sub.version === info.version
      ? {}
      : { ...(sub.group === "" ? {} : { group: sub.group }), version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }));
  return info.verbs.length === 0 ? subresources : [own, ...subresources];
}

function sendObject(request: PathRequest, object: object): true {
  const { exchange } = request;
  const form = negotiateForm(exchange.header("accept"));
  if (form.as !== undefined) throw refuseAnswerType(["application/json"]);
  if (form.format === "protobuf") {
    const { context } = request;
    const headers = {
      "audit-id": context.auditId,
      "content-type": "application/vnd.kubernetes.protobuf",
    };
    exchange.send(200, headers, encodeProtobuf({ apiVersion: "v1", ...object } as KubeObject));
    return true;
  }
  const json = JSON.stringify(object);
  const text = wantsPretty(exchange, form) ? prettyJson(Buffer.from(json)) : json;
  sendText(request, 200, `${text}\n`, "application/json");
  return true;
}
