/**
 * The registry's seam: what a verb may do with one resource. The request core calls it; one generic store
 * implements it over the storage and the watch cache, and a strategy per resource says what differs.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go @1.36
 */

import type { AdmissionChain } from "@kubets/admission";
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type { Fence } from "@kubets/storage";
import type { Entry, ListResult, WatchHandle, WatchSink } from "@kubets/watch-cache";

/** What a verb knows about its request beside the object. */
export interface RequestScope {
  readonly user: UserInfo;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  readonly requestId: string;
  readonly dryRun: boolean;
  /** Default: derived from the user agent by the edge, as upstream does. */
  readonly fieldManager: string;
  readonly fence?: Fence;
  warn(text: string): void;
  readonly signal: AbortSignal;
}

/** List and watch parameters as clients write them; the store parses and checks them. */
export interface ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
}

/** meta/v1 DeleteOptions, checked by the edge. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface DeleteResult {
  /** The object is gone (true) or has begun to end (false: finalizers or grace). */
  readonly deleted: boolean;
  /** The object as it stands, or as it last stood. */
  readonly entry: Entry;
}

export interface ListPage extends ListResult {
  /** The token for the next page; empty at the end. */
  readonly continueToken: string;
}

/** Computes the new object from the stored one; called again when another write came between. */
export type Transform = (current: KubeObject | undefined) => KubeObject | Promise<KubeObject>;

export interface UpdateOptions {
  /** "" for the object, or "status", "scale", ...: which strategy merges old and new. */
  readonly subresource: string;
  /** PUT on a missing object creates it, where the strategy allows it; apply always may. */
  readonly forceAllowCreate: boolean;
  /** What managedFields records: Update for PUT and patches, Apply for server-side apply (whose result already carries them). */
  readonly operation: "Update" | "Apply";
  /** The object was computed from the stored one. */
  readonly isPatch?: boolean;
}

export interface ResourceStore {
  readonly info: ResourceInfo;
  get(scope: RequestScope, name: string, resourceVersion?: string): Promise<Entry>;
  list(scope: RequestScope, options: ReadOptions): Promise<ListPage>;
  watch(scope: RequestScope, options: ReadOptions, sink: WatchSink): Promise<WatchHandle>;
  /** `object` is decoded and defaulted. Runs mutation, preparation, validation, validating admission, commit. */
  create(scope: RequestScope, object: KubeObject, admission: AdmissionChain): Promise<Entry>;
  update(
    scope: RequestScope,
    name: string,
    transform: Transform,
    options: UpdateOptions,
    admission: AdmissionChain,
  ): Promise<{ readonly entry: Entry; readonly created: boolean }>;
  delete(
    scope: RequestScope,
    name: string,
    options: DeleteOptions,
    admission: AdmissionChain,
  ): Promise<DeleteResult>;
  deleteCollection(
    scope: RequestScope,
    options: DeleteOptions,
    selection: ReadOptions,
    admission: AdmissionChain,
  ): Promise<ListPage>;
  /** Columns and cells for `as=Table`. `cells` is called with the time now, since some columns show ages. */
  readonly table: TableConvertor;
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}
export interface TableConvertor {
  readonly columns: readonly TableColumn[];
  cells(object: KubeObject, nowMs: number): unknown[];
}

/**
 * A subresource that is not a plain read or write of its parent: binding, eviction, scale, token, and the
 * connecting ones (log, exec, attach, portforward, proxy), which the edge serves itself.
 */
export interface SubresourceHandler {
  readonly resource: { readonly group: string; readonly resource: string };
  readonly subresource: string;
  /** For `as=Table`; absent: it has no columns. */
  readonly table?: TableConvertor;
  get?(scope: RequestScope, name: string): Promise<KubeObject>;
  create?(
    scope: RequestScope,
    name: string,
    object: KubeObject,
    admission: AdmissionChain,
  ): Promise<KubeObject>;
  update?(
    scope: RequestScope,
    name: string,
    transform: Transform,
    options: Pick<UpdateOptions, "operation">,
    admission: AdmissionChain,
  ): Promise<KubeObject>;
}

/** Resources without storage: reviews that answer their own create. */
export interface VirtualResource {
  readonly info: ResourceInfo;
  create(scope: RequestScope, object: KubeObject, admission: AdmissionChain): Promise<KubeObject>;
}

export interface Registry {
  /** Every served resource, in discovery order; custom ones come and go. */
  resources(): readonly ResourceInfo[];
  info(group: string, version: string, resource: string): ResourceInfo | undefined;
  store(group: string, version: string, resource: string): ResourceStore | undefined;
  subresource(group: string, resource: string, subresource: string): SubresourceHandler | undefined;
  virtual(group: string, version: string, resource: string): VirtualResource | undefined;
}
