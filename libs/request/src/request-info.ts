/**
 * What a path and a method ask for, before anything is known about the resource.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go RequestInfoFactory @1.36
 */
import { badRequest } from "@kubets/api";

export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** The API's verb for resources, the HTTP method in lower case for other paths. */
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  /** As the path has it: a Namespace object's own name stands here too. */
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments from the resource on. */
  readonly parts: readonly string[];
  /** Of list, watch and deletecollection: the texts as the client wrote them. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** The reader of query parameters that the parse needs: all values of a key, in order. */
export interface QueryReader {
  all(key: string): readonly string[];
}

const namespaceSubresources = new Set(["status", "finalize"]);

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

export function parseRequestInfo(method: string, path: string, query: QueryReader): RequestInfo {
  const segments = splitPath(path);
  const [prefix] = segments;
  const grouped = prefix === "apis";
  const isResourceRequest =
    (prefix === "api" && segments.length >= 3) || (grouped && segments.length >= 4);
  if (!isResourceRequest) return pathRequest(method, path);

  const apiGroup = grouped ? (segments[1] ?? "") : "";
  const apiVersion = segments[grouped ? 2 : 1] ?? "";
  let parts = segments.slice(grouped ? 3 : 2);
  let verb = verbs[method] ?? "";
  if (parts[0] === "watch" || parts[0] === "proxy") {
    if (parts.length < 2) {
      throw badRequest(`unable to determine kind and namespace from url, ${path}`);
    }
    verb = parts[0];
    parts = parts.slice(1);
  }
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = parts[1] ?? "";
    if (parts.length > 2 && !namespaceSubresources.has(parts[2] ?? "")) parts = parts.slice(2);
  }
  const resource = parts[0] ?? "";
  let name = parts[1] ?? "";
  const subresource = verb === "proxy" ? "" : (parts[2] ?? "");

  const isCollection = name === "";
  if (isCollection && verb === "get") verb = asksToWatch(query) ? "watch" : "list";
  if (isCollection && verb === "delete") verb = "deletecollection";
  const selects = verb === "list" || verb === "watch" || verb === "deletecollection";
  const fieldSelector = selects ? query.all("fieldSelector")[0] : undefined;
  const labelSelector = selects ? query.all("labelSelector")[0] : undefined;
  if (isCollection && fieldSelector !== undefined && verb !== "deletecollection") {
    name = selectedName(fieldSelector);
  }
  return {
    isResourceRequest: true,
    path,
    verb,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name,
    parts,
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

export interface ResourceCall {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** The same value for an edge that has no paths. The path is the one that REST would use. */
export function resourceRequestInfo(call: ResourceCall): RequestInfo {
  const { verb, group, version, resource, namespace, name, subresource } = call;
  const isNamespace = group === "" && resource === "namespaces";
  const parts = [resource, name, subresource].filter((part) => part !== "");
  const prefix = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === "" || isNamespace ? "" : `/namespaces/${namespace}`;
  const { fieldSelector, labelSelector } = call;
  const watchesOne = name === "" && fieldSelector !== undefined && verb !== "deletecollection";
  return {
    isResourceRequest: true,
    path: `${prefix}${scope}/${parts.join("/")}`,
    verb,
    apiGroup: group,
    apiVersion: version,
    namespace: isNamespace ? name : namespace,
    resource,
    subresource,
    name: watchesOne ? selectedName(fieldSelector) : name,
    parts,
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

function pathRequest(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiGroup: "",
    apiVersion: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    parts: [],
  };
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start++;
  while (end > start && path.charCodeAt(end - 1) === 47) end--;
  return start === end ? [] : path.slice(start, end).split("/");
}

/** Any value but "false" and "0" means true, as Go's conversion has it. */
function asksToWatch(query: QueryReader): boolean {
  const [value] = query.all("watch");
  if (value === undefined) return false;
  const lower = value.toLowerCase();
  return lower !== "false" && lower !== "0";
}

const nameRequirement = /(?:^|,)metadata\.name==?([^,=!\\/%]+)(?=,|$)/;

/** The one name a field selector allows: rights that name an object also hold for watching just that object. */
function selectedName(fieldSelector: string): string {
  return nameRequirement.exec(fieldSelector)?.[1] ?? "";
}
