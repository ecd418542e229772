/**
 * Which groups, versions and resources there are, in the plain and the aggregated form.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery @1.36
 */
import { encodeProtobuf, type KubeObject, type ResourceInfo } from "@kubets/api";
import type { Registry } from "@kubets/registry";
import { PROTOBUF_TYPE, refuseAnswerType } from "@kubets/request";
import {
  type AggregatedVersion,
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  openapiHash,
  servedGroups,
} from "@kubets/schema";
import { negotiateForm } from "../answer/negotiate.ts";
import { prettyJson, wantsPretty } from "../answer/pretty.ts";
import { type PathHandler, type PathRequest, sendText } from "./path-handler.ts";

export interface DiscoveryOptions {
  readonly registry: Registry;
  /** host:port at which clients without a route of their own reach this server. */
  readonly serverAddress: () => string;
}

export function discoveryPaths({ registry, serverAddress }: DiscoveryOptions): PathHandler {
  return {
    paths: () => [
      "/api",
      "/apis",
      ...servedGroups(registry.resources()).flatMap(({ group, versions }) => {
        if (group === "") return versions.map((version) => `/api/${version}`);
        return [`/apis/${group}`, ...versions.map((version) => `/apis/${group}/${version}`)];
      }),
    ],
    serve: (request) => {
      const [root, ...names] = request.path.split("/").filter((part) => part !== "");
      if (root !== "api" && root !== "apis") return false;
      const resources = registry.resources();
      const document =
        names.length === 0
          ? rootDocument(request, root, resources, serverAddress)
          : namedDocument(root, names, resources);
      if (document === undefined) return false;
      if (document !== "sent") sendObject(request, document);
      return true;
    },
  };
}

function rootDocument(
  request: PathRequest,
  root: "api" | "apis",
  resources: readonly ResourceInfo[],
  serverAddress: () => string,
): object | "sent" {
  const version = askedVersion(request);
  if (version !== undefined) {
    sendAggregated(request, `/${root}`, resources, version);
    return "sent";
  }
  return root === "api" ? apiVersions(resources, serverAddress()) : apiGroupList(resources);
}

function namedDocument(
  root: "api" | "apis",
  names: readonly string[],
  resources: readonly ResourceInfo[],
): object | undefined {
  const [first = "", second = ""] = names;
  if (root === "api") {
    return names.length === 1
      ? apiResourceList(resources, { group: "", version: first })
      : undefined;
  }
  if (names.length === 1) return apiGroup(resources, first);
  if (names.length > 2) return undefined;
  return apiResourceList(resources, { group: first, version: second });
}

/** The first version of the aggregated form that the client names; older clients know v2beta1 only. */
function askedVersion({ exchange }: PathRequest): AggregatedVersion | undefined {
  for (const clause of (exchange.header("accept") ?? "").split(",")) {
    const [type, ...parameters] = clause.split(";").map((part) => part.trim());
    if (type !== "application/json") continue;
    if (!parameters.includes("g=apidiscovery.k8s.io")) continue;
    if (!parameters.includes("as=APIGroupDiscoveryList")) continue;
    if (parameters.includes("v=v2")) return "v2";
    if (parameters.includes("v=v2beta1")) return "v2beta1";
  }
  return undefined;
}

interface ReadyDocument {
  readonly body: string;
  readonly etag: string;
}

/** By list of resources: the registry gives the same one until a resource comes or goes. */
const ready = new WeakMap<readonly ResourceInfo[], Map<string, ReadyDocument>>();

function sendAggregated(
  { exchange, context }: PathRequest,
  path: "/api" | "/apis",
  resources: readonly ResourceInfo[],
  version: AggregatedVersion,
): void {
  const documents = ready.get(resources) ?? new Map<string, ReadyDocument>();
  ready.set(resources, documents);
  const key = `${path} ${version}`;
  let document = documents.get(key);
  if (document === undefined) {
    const body = JSON.stringify(aggregatedDiscovery(resources, path, version));
    document = { body, etag: `"${openapiHash(body)}"` };
    documents.set(key, document);
  }
  const isKnown = exchange.headerValues("if-none-match").includes(document.etag);
  exchange.send(
    isKnown ? 304 : 200,
    {
      "audit-id": context.auditId,
      "cache-control": "no-cache, private",
      "content-type": `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      etag: document.etag,
      vary: "Accept",
    },
    isKnown ? "" : document.body,
  );
}

function sendObject(request: PathRequest, object: object): void {
  const { exchange, context } = request;
  const form = negotiateForm(exchange.header("accept"));
  if (form.as !== undefined) throw refuseAnswerType(["application/json"]);
  if (form.format === "protobuf") {
    const headers = { "audit-id": context.auditId, "content-type": PROTOBUF_TYPE };
    exchange.send(200, headers, encodeProtobuf({ apiVersion: "v1", ...object } as KubeObject));
    return;
  }
  const json = JSON.stringify(object);
  const text = wantsPretty(exchange, form) ? prettyJson(Buffer.from(json)) : json;
  sendText(request, 200, `${text}\n`, "application/json");
}
