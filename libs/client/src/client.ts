/**
 * The client port: all that a component may ask of an apiserver, over gRPC or REST alike.
 * Refusals are thrown as StatusError; a server that cannot be reached is a ClientError.
 */
import type { GroupVersionResource, KubeObject } from "@kubets/api";

/** Binds a resource to its TypeScript type: `const pods: ResourceType<Pod> = resourceType("", "v1", "pods", true)`. */
export interface ResourceType<T extends KubeObject = KubeObject> extends GroupVersionResource {
  readonly namespaced: boolean;
  /** Carries T; never set. */
  readonly type?: T;
}

export interface Fence {
  readonly leaseNamespace: string;
  readonly leaseName: string;
  readonly epoch: number;
  readonly holderIdentity: string;
}

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fence?: Fence;
  readonly signal?: AbortSignal;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface GetOptions {
  /** "scale", "status", …: what the subresource shows instead of the object. */
  readonly subresource?: string;
  readonly signal?: AbortSignal;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly signal?: AbortSignal;
}

export interface ListResult<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continueToken: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  | {
      readonly type: "ERROR";
      readonly status: {
        readonly code?: number;
        readonly reason?: string;
        readonly message?: string;
      };
    };

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

export interface Reader {
  /** Throws StatusError NotFound when it is not there. */
  get<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    options?: GetOptions,
  ): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** Batches of events in order. Ends when the server ends the watch; throws ClientError when the connection breaks. */
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncIterable<readonly WatchEvent<T>[]>;
}

export interface Writer {
  create<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  update<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  updateStatus<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  /** PUT to another subresource than status: namespaces/finalize, deployments/scale, ... */
  updateSubresource<T extends KubeObject>(
    type: ResourceType<T>,
    subresource: string,
    object: T,
    options?: WriteOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType<T>,
    target: { readonly namespace: string; readonly name: string; readonly subresource?: string },
    patch: { readonly type: PatchType; readonly body: unknown; readonly force?: boolean },
    options?: WriteOptions,
  ): Promise<T>;
  delete(
    type: ResourceType,
    namespace: string,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>;
  /** Deletes everything in a namespace (or cluster) that the selectors match. */
  deleteCollection(
    type: ResourceType,
    selection: {
      readonly namespace?: string;
      readonly labelSelector?: string;
      readonly fieldSelector?: string;
    },
    options?: DeleteOptions,
  ): Promise<void>;
  /** POST to a subresource: pods/binding, pods/eviction, serviceaccounts/token. */
  createSubresource<R extends KubeObject>(
    type: ResourceType,
    target: { readonly namespace: string; readonly name: string; readonly subresource: string },
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<R>;
}

export interface Client extends Reader, Writer {
  close(): Promise<void>;
}

/** The server could not be reached, or the connection broke before the answer. */
export class ClientError extends Error {
  readonly code: "unreachable" | "broken" | "timeout" | "cancelled" | "badResponse";
  constructor(code: ClientError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
  }
}
