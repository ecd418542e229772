/**
 * Deletes objects whose owners are all gone, in the background or the foreground, or lets them be orphans.
 *
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go @1.36
 */
import { isStatusError, type KubeObject, parseApiVersion, type ResourceInfo } from "@kubets/api";
import type { OwnerReference } from "@kubets/api/meta/v1";
import {
  type Client,
  controllerRunnable,
  DONE,
  type EventSource,
  Informer,
  type ReconcileResult,
  resourceTypeOf,
} from "@kubets/client";
import type { Logger, Runnable } from "@kubets/service";
import type { ControllerContext, ControllerDefinition } from "../controller-context.ts";
import {
  FOREGROUND_FINALIZER,
  type GraphChange,
  type GraphNode,
  isDeletingDependents,
  isOrphaning,
  isOwnerScope,
  nodeOf,
  ORPHAN_FINALIZER,
  OwnerGraph,
  ownerNode,
} from "./graph.ts";
import {
  type DeletePlan,
  type OwnerState,
  type OwnerWithState,
  planForeground,
  planOwned,
} from "./plan.ts";

/** --concurrent-gc-syncs */
const WORKERS = 20;
/** Upstream: ignoredResources; events have no owners and come in great numbers. */
const IGNORED = new Set(["events", "events.events.k8s.io"]);
/** Owners found to be absent, remembered so that a thousand orphans ask once. */
const ABSENT_MAX = 500;

export function garbageCollectorController(
  resources: () => readonly ResourceInfo[],
): ControllerDefinition {
  return {
    name: "garbage-collector-controller",
    build: (context) => new GarbageCollector(context, resources()).runnables(),
  };
}

/** Watchable, deletable resources once each, in their preferred version. */
function collectable(resources: readonly ResourceInfo[]): ResourceInfo[] {
  const seen = new Set<string>();
  return resources.filter((info) => {
    const name = info.group === "" ? info.resource : `${info.resource}.${info.group}`;
    const fits = ["delete", "list", "watch"].every((verb) =>
      info.verbs.some((has) => has === verb),
    );
    if (!fits || !info.servedByDefault || IGNORED.has(name) || seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #logger: Logger;
  readonly #graph = new OwnerGraph();
  readonly #resources: readonly ResourceInfo[];
  /** `absentKey`s; insertion order is age. */
  readonly #absent = new Set<string>();
  readonly #recorder: EventSource;
  readonly #deleteQueue;
  readonly #orphanQueue;
  readonly #informers: Informer<KubeObject>[];

  constructor(context: ControllerContext, resources: readonly ResourceInfo[]) {
    this.#context = context;
    this.#client = context.client("generic-garbage-collector");
    this.#recorder = context.recorder("garbage-collector-controller", this.#client);
    this.#logger = context.logger;
    this.#resources = resources;
    this.#deleteQueue = context.queue("garbage_collector_attempt_to_delete");
    this.#orphanQueue = context.queue("garbage_collector_attempt_to_orphan");
    this.#informers = collectable(resources).map((info) => this.#follow(info));
  }

  runnables(): Runnable[] {
    const workers = this.#context.workers("garbage-collector-controller", WORKERS);
    const shared = { informers: this.#informers, logger: this.#logger, workers };
    return [
      ...this.#informers,
      controllerRunnable({
        ...shared,
        name: "garbage-collector-controller",
        queue: this.#deleteQueue,
        reconcile: (uid, signal) => this.#attemptToDelete(uid, signal),
      }),
      controllerRunnable({
        ...shared,
        name: "garbage-collector-controller-orphan",
        queue: this.#orphanQueue,
        reconcile: (uid, signal) => this.#attemptToOrphan(uid, signal),
      }),
    ];
  }

  #follow(info: ResourceInfo): Informer<KubeObject> {
    const informer = new Informer<KubeObject>({
      client: this.#context.reader,
      type: resourceTypeOf(info),
      clock: this.#context.clock,
      logger: this.#logger,
      random: this.#context.random,
      transform: onlyOwnership,
    });
    informer.onChange(({ old, current }) => {
      if (current !== undefined) this.#enqueue(this.#graph.observe(nodeOf(info, current)));
      else if (old?.metadata.uid !== undefined) this.#enqueue(this.#graph.remove(old.metadata.uid));
    });
    return informer;
  }

  #enqueue({ attemptToDelete, attemptToOrphan }: GraphChange): void {
    for (const uid of attemptToDelete) this.#deleteQueue.add(uid);
    for (const uid of attemptToOrphan) this.#orphanQueue.add(uid);
  }

  async #attemptToDelete(uid: string, signal: AbortSignal): Promise<ReconcileResult> {
    const node = this.#graph.get(uid);
    if (node === undefined) return DONE;
    if (node.deleting && !isDeletingDependents(node)) return DONE;
    if (node.virtual && this.#isUnresolvable({ ...node }, node.namespace)) return DONE;
    // The graph may be behind; what is deleted is decided on the server's state.
    const latest = await this.#read(node, signal);
    if (latest === undefined || latest.metadata.uid !== uid) {
      this.#enqueue(this.#graph.remove(uid));
      this.#rememberAbsent(absentKey(uid, node.namespace));
      return DONE;
    }
    if (node.virtual) {
      const info = this.#infoOf(node);
      if (info !== undefined) this.#enqueue(this.#graph.observe(nodeOf(info, latest)));
      return DONE;
    }
    const dependents = this.#graph.dependentsOf(uid);
    if (isDeletingDependents(node))
      return this.#perform(node, latest, planForeground(node, dependents), signal);
    const references = latest.metadata.ownerReferences ?? [];
    if (references.some((reference) => this.#isUnresolvable(reference, node.namespace)))
      return DONE;
    const owners = await Promise.all(
      references.map(
        async (reference): Promise<OwnerWithState> => ({
          reference,
          state: await this.#ownerState(reference, node, signal),
        }),
      ),
    );
    const plan = planOwned(latest.metadata.finalizers ?? [], owners, dependents);
    return this.#perform(node, latest, plan, signal);
  }

  /** An owner is looked for where an owner can be: in the object's namespace, or in none. */
  async #ownerState(
    reference: OwnerReference,
    dependent: GraphNode,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    const key = absentKey(reference.uid, dependent.namespace);
    if (this.#absent.has(key)) return "absent";
    const owner = await this.#read(ownerNode(reference, dependent), signal);
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      this.#rememberAbsent(key);
      this.#tellElsewhere(reference, dependent);
      return "absent";
    }
    const waits =
      owner.metadata.deletionTimestamp !== undefined &&
      (owner.metadata.finalizers ?? []).includes(FOREGROUND_FINALIZER);
    return waits ? "waitingForDependents" : "solid";
  }

  /** The owner is there, but in another namespace: whoever wrote the reference should know that it means nothing. */
  #tellElsewhere(reference: OwnerReference, dependent: GraphNode): void {
    const known = this.#graph.get(reference.uid);
    if (known === undefined || known.virtual || isOwnerScope(known, dependent)) return;
    const { apiVersion, kind, name, uid } = reference;
    const { namespace } = dependent;
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    this.#recorder.event(
      {
        apiVersion: dependent.apiVersion,
        kind: dependent.kind,
        namespace,
        name: dependent.name,
        uid: dependent.uid,
      },
      "Warning",
      "OwnerRefInvalidNamespace",
      `ownerRef ${owner} does not exist in namespace "${namespace}"`,
    );
  }

  /** A reference of a cluster's object to something in a namespace cannot be followed, so nothing follows from it. */
  #isUnresolvable({ apiVersion, kind }: OwnerReference, namespace: string): boolean {
    return namespace === "" && this.#infoOf({ apiVersion, kind })?.namespaced === true;
  }

  async #perform(
    node: GraphNode,
    latest: KubeObject,
    plan: DeletePlan,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    switch (plan.action) {
      case "keep":
        return DONE;
      case "deleteDependents":
        for (const uid of plan.uids) this.#deleteQueue.add(uid);
        return DONE;
      case "releaseForeground":
        await this.#dropFinalizer(node, latest, FOREGROUND_FINALIZER, signal);
        return DONE;
      case "dropOwners":
        await this.#patchMetadata(
          node,
          latest,
          {
            ownerReferences: (latest.metadata.ownerReferences ?? []).filter(
              ({ uid }) => !plan.uids.includes(uid),
            ),
          },
          signal,
        );
        return DONE;
      case "delete":
        if (!plan.unblock) return this.#delete(node, latest, plan.policy, signal);
        return this.#delete(node, await this.#unblock(node, latest, signal), plan.policy, signal);
    }
  }

  /** The object, which no longer keeps its owners from going. */
  async #unblock(node: GraphNode, latest: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const ownerReferences = (latest.metadata.ownerReferences ?? []).map((owner) => ({
      ...owner,
      blockOwnerDeletion: false,
    }));
    return (await this.#patchMetadata(node, latest, { ownerReferences }, signal)) ?? latest;
  }

  /** Frees the dependents first, then the owner, so that none is deleted in between. */
  async #attemptToOrphan(uid: string, signal: AbortSignal): Promise<ReconcileResult> {
    const node = this.#graph.get(uid);
    if (node === undefined || !isOrphaning(node)) return DONE;
    for (const dependent of this.#graph.dependentsOf(uid)) {
      const latest = await this.#read(dependent, signal);
      if (latest === undefined || latest.metadata.uid !== dependent.uid) continue;
      const ownerReferences = (latest.metadata.ownerReferences ?? []).filter(
        (owner) => owner.uid !== uid,
      );
      await this.#patchMetadata(dependent, latest, { ownerReferences }, signal);
    }
    const latest = await this.#read(node, signal);
    if (latest?.metadata.uid === uid)
      await this.#dropFinalizer(node, latest, ORPHAN_FINALIZER, signal);
    return DONE;
  }

  async #dropFinalizer(
    node: GraphNode,
    latest: KubeObject,
    finalizer: string,
    signal: AbortSignal,
  ): Promise<void> {
    const finalizers = latest.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    await this.#patchMetadata(
      node,
      latest,
      { finalizers: finalizers.filter((name) => name !== finalizer) },
      signal,
    );
  }

  /** A merge patch that applies only to the version that was read; undefined when the object is gone. */
  async #patchMetadata(
    node: GraphNode,
    latest: KubeObject,
    change: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const info = this.#infoOf(node);
    if (info === undefined) return undefined;
    const { uid, resourceVersion } = latest.metadata;
    try {
      return await this.#client.patch(
        resourceTypeOf(info),
        { namespace: info.namespaced ? node.namespace : "", name: node.name },
        {
          type: "application/merge-patch+json",
          body: { metadata: { uid, resourceVersion, ...change } },
        },
        { signal },
      );
    } catch (error) {
      if (!isStatusError(error, "NotFound")) throw error;
      return undefined;
    }
  }

  /** Only the version that was judged: it may have got another owner since. */
  async #delete(
    node: GraphNode,
    latest: KubeObject,
    propagationPolicy: "Orphan" | "Background" | "Foreground",
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const info = this.#infoOf(node);
    if (info === undefined) return DONE;
    const { resourceVersion } = latest.metadata;
    try {
      await this.#client.delete(
        resourceTypeOf(info),
        info.namespaced ? node.namespace : "",
        node.name,
        {
          propagationPolicy,
          preconditions: {
            uid: node.uid,
            ...(resourceVersion === undefined ? {} : { resourceVersion }),
          },
          signal,
        },
      );
      this.#logger.info("deleted", {
        kind: node.kind,
        namespace: node.namespace,
        name: node.name,
        propagationPolicy,
      });
    } catch (error) {
      // Changed since, or another object of this name: judged anew.
      if (isStatusError(error, "Conflict")) return { kind: "error", error };
      if (!isStatusError(error, "NotFound")) throw error;
    }
    return DONE;
  }

  async #read(node: GraphNode, signal: AbortSignal): Promise<KubeObject | undefined> {
    const info = this.#infoOf(node);
    // Nothing is deleted on a guess: an owner of a kind that nobody serves now may be served again.
    if (info === undefined)
      throw new Error(`no resource for kind ${node.kind} in ${node.apiVersion}`);
    try {
      return await this.#client.get(
        resourceTypeOf(info),
        info.namespaced ? node.namespace : "",
        node.name,
        { signal },
      );
    } catch (error) {
      if (isStatusError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #infoOf({ apiVersion, kind }: Pick<GraphNode, "apiVersion" | "kind">): ResourceInfo | undefined {
    const parsed = parseApiVersion(apiVersion);
    if (parsed === undefined) return undefined;
    return this.#resources.find(
      (info) =>
        info.kind === kind && info.group === parsed.group && info.version === parsed.version,
    );
  }

  #rememberAbsent(key: string): void {
    this.#absent.add(key);
    if (this.#absent.size <= ABSENT_MAX) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      break;
    }
  }
}

/** An owner that is in no namespace, or not in this one, may still be in another. */
function absentKey(uid: string, namespace: string): string {
  return `${namespace}/${uid}`;
}

/** Keeps what the graph needs, so that following everything costs little memory. */
function onlyOwnership(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences, finalizers, deletionTimestamp } =
    object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      ownerReferences,
      finalizers,
      deletionTimestamp,
    },
  };
}
