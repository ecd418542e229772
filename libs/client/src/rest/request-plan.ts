/** What each call of the port is over HTTP: a value, made without sending anything. */
import { apiVersionOf, type KubeObject } from "@kubets/api";
import type {
  DeleteOptions,
  Fence,
  ListOptions,
  PatchType,
  ResourceType,
  WatchOptions,
  WriteOptions,
} from "../client.ts";
import { deleteOptionsBody } from "../delete-options-body.ts";

export interface RequestPlan {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Target {
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export function planGet(type: ResourceType, target: Target): RequestPlan {
  return { method: "GET", path: pathOf(type, target) };
}

export function planList(type: ResourceType, options: ListOptions): RequestPlan {
  const path = pathOf(
    type,
    { namespace: options.namespace ?? "" },
    {
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      limit: options.limit,
      continue: options.continueToken,
    },
  );
  return { method: "GET", path };
}

export function planWatch(type: ResourceType, options: WatchOptions): RequestPlan {
  const path = pathOf(
    type,
    { namespace: options.namespace ?? "" },
    {
      watch: true,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: options.allowWatchBookmarks,
      timeoutSeconds: options.timeoutSeconds,
    },
  );
  return { method: "GET", path };
}

/** POST to a collection, or to a subresource of an object. */
export function planCreate(
  type: ResourceType,
  target: Target,
  object: KubeObject,
  options: WriteOptions,
): RequestPlan {
  return planWrite("POST", pathOf(type, target, writeQuery(options)), object, options);
}

export function planUpdate(
  type: ResourceType,
  object: KubeObject,
  subresource: string,
  options: WriteOptions,
): RequestPlan {
  const { namespace = "", name = "" } = object.metadata;
  const path = pathOf(type, { namespace, name, subresource }, writeQuery(options));
  return planWrite("PUT", path, object, options);
}

export function planPatch(
  type: ResourceType,
  target: Target,
  patch: { readonly type: PatchType; readonly body: unknown; readonly force?: boolean },
  options: WriteOptions,
): RequestPlan {
  const query = { ...writeQuery(options), force: patch.force === true ? true : undefined };
  return {
    method: "PATCH",
    path: pathOf(type, target, query),
    contentType: patch.type,
    body: JSON.stringify(patch.body),
    ...fenceHeaders(options.fence),
  };
}

export function planDelete(
  type: ResourceType,
  target: Target,
  options: DeleteOptions,
): RequestPlan {
  return {
    method: "DELETE",
    path: pathOf(type, target),
    contentType: "application/json",
    body: JSON.stringify(deleteOptionsBody(options)),
    ...fenceHeaders(options.fence),
  };
}

export function planDeleteCollection(
  type: ResourceType,
  selection: {
    readonly namespace?: string;
    readonly labelSelector?: string;
    readonly fieldSelector?: string;
  },
  options: DeleteOptions,
): RequestPlan {
  const { namespace = "", labelSelector, fieldSelector } = selection;
  return {
    method: "DELETE",
    path: pathOf(type, { namespace }, { labelSelector, fieldSelector }),
    contentType: "application/json",
    body: JSON.stringify(deleteOptionsBody(options)),
    ...fenceHeaders(options.fence),
  };
}

function planWrite(
  method: "POST" | "PUT",
  path: string,
  object: KubeObject,
  options: WriteOptions,
): RequestPlan {
  return {
    method,
    path,
    contentType: "application/json",
    body: JSON.stringify(object),
    ...fenceHeaders(options.fence),
  };
}

/** Upstream's REST API has no fence: our servers obey the header, others ignore it. */
function fenceHeaders(fence: Fence | undefined): Pick<RequestPlan, "headers"> {
  return fence === undefined ? {} : { headers: { "kubets-fence": JSON.stringify(fence) } };
}

function writeQuery(options: WriteOptions): Query {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? "All" : undefined,
  };
}

function pathOf(type: ResourceType, target: Target, query: Query = {}): string {
  const root = type.group === "" ? "/api" : "/apis";
  const parts = [`${root}/${apiVersionOf(type)}`];
  if (type.namespaced && target.namespace !== "") {
    parts.push("namespaces", encodeURIComponent(target.namespace));
  }
  parts.push(type.resource);
  if (target.name !== undefined && target.name !== "") parts.push(encodeURIComponent(target.name));
  if (target.subresource !== undefined && target.subresource !== "") parts.push(target.subresource);
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return parts.join("/") + (text === "" ? "" : `?${text}`);
}
