/**
 * The client port over a Map: an apiserver's semantics as far as components can see them, without a server.
 * Keeps: resourceVersions and conflicts, uids, generations, status apart from spec, graceful deletion and
 * finalizers, bindings, fences, ordered watches that resume and answer 410. Leaves out: defaulting, validation,
 * admission, authorization, server-side apply, paging.
 */
import {
  alreadyExists,
  badRequest,
  conflict,
  formatTime,
  type KubeObject,
  MODIFIED_MESSAGE,
  notFound,
  resourceExpired,
  StatusError,
} from "@kubets/api";
import type { Clock } from "@kubets/service";
import {
  type Client,
  ClientError,
  type DeleteOptions,
  type Fence,
  type GetOptions,
  type ListOptions,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from "../client.ts";
import { leases } from "../resources.ts";
import { bindPod } from "./bind-pod.ts";
import { selectionOf } from "./match-selectors.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { patchObject } from "./patch-object.ts";
import { scaleOf } from "./scale-of.ts";
import {
  finalizeNamespace,
  hasStatus,
  isNamespaceHeld,
  markNamespaceEnding,
  mergeStatus,
  mergeUpdate,
} from "./update-rules.ts";

export interface MemoryClientOptions {
  readonly clock: Clock;
}

/** What a test may do to the model beside calling it. */
export interface MemoryClient extends Client {
  /** Puts an object in without any rule but a new revision: for scenes. */
  seed<T extends KubeObject>(type: ResourceType<T>, object: T): T;
  /** The object or undefined, without a promise. */
  peek<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined;
  peekAll<T extends KubeObject>(type: ResourceType<T>): readonly T[];
  /** Forgets the history: watches from older revisions get 410. */
  compact(): void;
  /** Ends all watches as a broken connection does. */
  breakWatches(): void;
  /** Sends a bookmark with the newest revision to every watch that allows it. */
  sendBookmarks(): void;
  /** Of the newest write. */
  readonly revision: number;
  /** How many watches are open. */
  readonly watches: number;
  /** Calls so far, by verb: "create pods", "patch pods/status". */
  readonly calls: ReadonlyMap<string, number>;
  /** Every call asks first; what this throws is the answer. Undefined takes it away. */
  intercept(before: ((call: MemoryCall) => void | Promise<void>) | undefined): void;
}

export interface MemoryCall {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** "pods", "pods/binding". */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** One step of the history. */
export interface LogEntry {
  readonly revision: number;
  readonly type: ResourceType;
  readonly previous: KubeObject | undefined;
  /** For a deletion the last state, with the revision of the deletion. */
  readonly object: KubeObject;
  readonly isDeletion: boolean;
}

export function createMemoryClient(options: MemoryClientOptions): MemoryClient {
  return new InMemoryClient(options.clock);
}

class InMemoryClient implements MemoryClient {
  readonly #clock: Clock;
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<MemoryWatch>();
  readonly calls = new Map<string, number>();
  #log: LogEntry[] = [];
  #revision = 1;
  #compacted = 0;
  #uids = 0;
  #before: ((call: MemoryCall) => void | Promise<void>) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  get revision(): number {
    return this.#revision;
  }
  get watches(): number {
    return this.#watches.size;
  }

  async get<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    { signal, subresource = "" }: GetOptions = {},
  ): Promise<T> {
    const limits = signal === undefined ? {} : { signal };
    await this.#enter("get", type, { namespace, name, subresource }, limits);
    const object = this.#existing(type, namespace, name);
    // What the subresource shows: the caller named T.
    if (subresource === "scale") return scaleOf(object) as KubeObject as T;
    if (subresource !== "" && subresource !== "status") throw unknownPath();
    return object;
  }

  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}) {
    await this.#enter("list", type, { namespace: options.namespace ?? "", name: "" }, options);
    const selects = selectionOf(options);
    const items = this.peekAll(type).filter(selects);
    return { items, resourceVersion: String(this.#revision), continueToken: "" };
  }

  async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions) {
    await this.#enter("watch", type, { namespace: options.namespace ?? "", name: "" }, options);
    const from = Number(options.resourceVersion);
    if (from < this.#compacted) {
      throw resourceExpired(`too old resource version: ${from} (${this.#compacted})`);
    }
    const watch = new MemoryWatch(type, options);
    this.#watches.add(watch);
    for (const entry of this.#log) if (entry.revision > from) watch.offer(entry);
    try {
      // The log holds objects of all types; those of this watch's type are T.
      yield* watch.batches() as AsyncIterable<readonly WatchEvent<T>[]>;
    } finally {
      this.#watches.delete(watch);
    }
  }

  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { namespace = "", generateName = "" } = object.metadata;
    const name =
      object.metadata.name ?? `${generateName}${this.#uids.toString(36).padStart(5, "0")}`;
    await this.#enter("create", type, { namespace, name }, options);
    if (name === "") throw badRequest("name or generateName is required");
    if (this.#objects.has(keyOf(type, namespace, name))) throw alreadyExists(type, name);
    if (options.dryRun === true) return object;
    return this.#commit(type, undefined, {
      ...object,
      metadata: {
        ...object.metadata,
        name,
        uid: `00000000-0000-4000-8000-${(++this.#uids).toString(16).padStart(12, "0")}`,
        creationTimestamp: formatTime(this.#clock.now()),
        ...(hasStatus(type) ? { generation: 1 } : {}),
      },
    });
  }

  async update<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { namespace = "", name = "" } = object.metadata;
    await this.#enter("update", type, { namespace, name }, options);
    const current = this.#checked(type, object);
    return this.#store(type, current, mergeUpdate(type, current, object), options);
  }

  async updateStatus<T extends KubeObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { namespace = "", name = "" } = object.metadata;
    await this.#enter("update", type, { namespace, name, subresource: "status" }, options);
    const current = this.#checked(type, object);
    return this.#store(type, current, mergeStatus(current, object), options);
  }

  async updateSubresource<T extends KubeObject>(
    type: ResourceType<T>,
    subresource: string,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    if (subresource === "status") return this.updateStatus(type, object, options);
    const { namespace = "", name = "" } = object.metadata;
    await this.#enter("update", type, { namespace, name, subresource }, options);
    if (type.resource !== "namespaces" || subresource !== "finalize") throw unknownPath();
    const current = this.#checked(type, object);
    return this.#store(type, current, finalizeNamespace(current, object), options);
  }

  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    target: { readonly namespace: string; readonly name: string; readonly subresource?: string },
    patch: { readonly type: string; readonly body: unknown },
    options: WriteOptions = {},
  ): Promise<T> {
    await this.#enter("patch", type, target, options);
    const current = this.#existing(type, target.namespace, target.name);
    const patched = patchObject(current, patch);
    // A patch that names a uid is meant for that object and no other of the name.
    if (patched.metadata.uid !== current.metadata.uid) {
      throw conflict(
        type,
        target.name,
        `Precondition failed: UID in precondition: ${patched.metadata.uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    if (patched.metadata.resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(type, target.name, MODIFIED_MESSAGE);
    }
    const merged =
      target.subresource === "status"
        ? mergeStatus(current, patched)
        : mergeUpdate(type, current, patched);
    return this.#store(type, current, merged, options);
  }

  async delete(
    type: ResourceType,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#enter("delete", type, { namespace, name }, options);
    const current = this.#existing(type, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw conflict(
        type,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(
        type,
        name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current.metadata.resourceVersion}`,
      );
    }
    const graceSeconds = graceOf(type, current, options);
    const isHeld = (current.metadata.finalizers ?? []).length > 0 || isNamespaceHeld(current);
    if (graceSeconds === 0 && !isHeld) {
      this.#remove(type, current);
      return;
    }
    const pending = current.metadata.deletionGracePeriodSeconds;
    if (current.metadata.deletionTimestamp !== undefined && (pending ?? 0) <= graceSeconds) return;
    this.#commit(type, current, {
      ...markNamespaceEnding(current),
      metadata: {
        ...current.metadata,
        deletionTimestamp: formatTime(this.#clock.now() + graceSeconds * 1000),
        deletionGracePeriodSeconds: graceSeconds,
      },
    });
  }

  async deleteCollection(
    type: ResourceType,
    selection: Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector">,
    options: DeleteOptions = {},
  ): Promise<void> {
    for (const object of this.peekAll(type).filter(selectionOf(selection))) {
      await this.delete(type, object.metadata.namespace ?? "", object.metadata.name ?? "", options);
    }
  }

  async createSubresource<R extends KubeObject>(
    type: ResourceType,
    target: { readonly namespace: string; readonly name: string; readonly subresource: string },
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<R> {
    await this.#enter("create", type, target, options);
    const current = this.#existing(type, target.namespace, target.name);
    if (type.resource !== "pods" || target.subresource !== "binding") throw unknownPath();
    this.#commit(type, current, bindPod(current, object, this.#clock.now()));
    // What the resource's subresource answers: the caller named R.
    return new StatusError({ code: 201 }).status as unknown as R;
  }

  close(): Promise<void> {
    this.breakWatches();
    return Promise.resolve();
  }

  seed<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const { namespace = "", name = "" } = object.metadata;
    const key = keyOf(type, namespace, name);
    const uid = object.metadata.uid ?? `seed-${++this.#uids}`;
    const seeded = { ...object, metadata: { ...object.metadata, uid } };
    return this.#commit(type, this.#objects.get(key), seeded);
  }
  peek<T extends KubeObject>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
  ): T | undefined {
    // Only objects of type T are stored under the keys of type.
    return this.#objects.get(keyOf(type, namespace, name)) as T | undefined;
  }
  peekAll<T extends KubeObject>(type: ResourceType<T>): readonly T[] {
    const prefix = `${prefixOf(type)}/`;
    const found: T[] = [];
    for (const [key, object] of this.#objects) if (key.startsWith(prefix)) found.push(object as T);
    return found;
  }
  compact(): void {
    this.#log = [];
    this.#compacted = this.#revision;
  }
  breakWatches(): void {
    for (const watch of this.#watches) watch.break();
  }
  sendBookmarks(): void {
    for (const watch of this.#watches) watch.bookmark(this.#revision);
  }
  intercept(before: ((call: MemoryCall) => void | Promise<void>) | undefined): void {
    this.#before = before;
  }

  async #enter(
    verb: MemoryCall["verb"],
    type: ResourceType,
    target: { readonly namespace: string; readonly name: string; readonly subresource?: string },
    options: { readonly signal?: AbortSignal; readonly fence?: Fence } = {},
  ): Promise<void> {
    if (options.signal?.aborted) throw new ClientError("cancelled", "cancelled before it began");
    const { namespace, name, subresource = "" } = target;
    const resource = subresource === "" ? type.resource : `${type.resource}/${subresource}`;
    const call = `${verb} ${resource}`;
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    await this.#before?.({ verb, resource, namespace, name });
    if (options.fence !== undefined) this.#checkFence(type, name, options.fence);
  }

  #checkFence(type: ResourceType, name: string, fence: Fence): void {
    const { spec } = this.peek(leases, fence.leaseNamespace, fence.leaseName) ?? {};
    const { leaseTransitions = 0, holderIdentity } = spec ?? {};
    if (leaseTransitions === fence.epoch && holderIdentity === fence.holderIdentity) return;
    throw conflict(type, name, "the writer does not hold its lease any more");
  }

  #existing<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T {
    const object = this.peek(type, namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  }

  #checked<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const { namespace = "", name = "", resourceVersion = "", uid } = object.metadata;
    const current = this.#existing(type, namespace, name);
    if (resourceVersion !== "" && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(type, name, MODIFIED_MESSAGE);
    }
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw conflict(
        type,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    }
    return current;
  }

  #store<T extends KubeObject>(
    type: ResourceType<T>,
    current: T,
    updated: T,
    options: WriteOptions,
  ): T {
    // A write that changes nothing has no revision of its own.
    if (JSON.stringify(current) === JSON.stringify(updated)) return current;
    if (options.dryRun === true) return updated;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = updated.metadata;
    const isEnding = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0;
    if (isEnding && finalizers.length === 0 && !isNamespaceHeld(updated)) {
      return this.#remove(type, updated);
    }
    return this.#commit(type, current, updated);
  }

  #commit<T extends KubeObject>(
    type: ResourceType<T>,
    previous: KubeObject | undefined,
    object: T,
  ): T {
    const stored = this.#numbered(object);
    const { namespace = "", name = "" } = object.metadata;
    this.#objects.set(keyOf(type, namespace, name), stored);
    this.#tell({ revision: this.#revision, type, previous, object: stored, isDeletion: false });
    return stored;
  }

  #remove<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const last = this.#numbered(object);
    const { namespace = "", name = "" } = object.metadata;
    const previous = this.#objects.get(keyOf(type, namespace, name));
    this.#objects.delete(keyOf(type, namespace, name));
    this.#tell({ revision: this.#revision, type, previous, object: last, isDeletion: true });
    return last;
  }

  #numbered<T extends KubeObject>(object: T): T {
    this.#revision++;
    const copy = structuredClone(object);
    return deepFreeze({
      ...copy,
      metadata: { ...copy.metadata, resourceVersion: String(this.#revision) },
    });
  }

  #tell(entry: LogEntry): void {
    this.#log.push(entry);
    for (const watch of this.#watches) watch.offer(entry);
  }
}

function unknownPath(): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
  });
}

function prefixOf(type: ResourceType): string {
  // Versions of a group share their objects; core and events.k8s.io share events.
  const group = type.group === "events.k8s.io" ? "" : type.group;
  return `${group}/${type.resource}`;
}

function keyOf(type: ResourceType, namespace: string, name: string): string {
  return `${prefixOf(type)}/${type.namespaced ? namespace : ""}/${name}`;
}

/** Only bound pods end with grace; others go at once. */
function graceOf(type: ResourceType, object: KubeObject, options: DeleteOptions): number {
  if (type.resource !== "pods" || type.group !== "") return 0;
  const { spec } = object as {
    spec?: { nodeName?: string; terminationGracePeriodSeconds?: number };
  };
  if (spec?.nodeName === undefined || spec.nodeName === "") return 0;
  return options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
}

/** Shared objects must not be changed; here a change throws. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
