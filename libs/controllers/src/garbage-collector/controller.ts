/**
 * Deletes objects whose owners are all gone, in the background or the foreground, or lets them be orphans.
 *
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go @1.36
 */
import { isStatusError, type KubeObject, parseApiVersion, type ResourceInfo } from "@kubets/api";
import {
  type Client,
  controllerRunnable,
  DONE,
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
  /** uids; insertion order is age. */
  readonly #absent = new Set<string>();
  readonly #deleteQueue;
  readonly #orphanQueue;
  readonly #informers: Informer<KubeObject>[];

  constructor(context: ControllerContext, resources: readonly ResourceInfo[]) {
    this.#context = context;
    this.#client = context.client("generic-garbage-collector");
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
    // The graph may be behind; what is deleted is decided on the server's state.
    const latest = await this.#read(node, signal);
    if (latest === undefined || latest.metadata.uid !== uid) {
      this.#enqueue(this.#graph.remove(uid));
      this.#rememberAbsent(uid);
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
    const owners = await Promise.all(
      (latest.metadata.ownerReferences ?? []).map(
        async (reference): Promise<OwnerWithState> => ({
          reference,
          state: await this.#ownerState(reference, node, signal),
        }),
      ),
    );
    const plan = planOwned(latest.metadata.finalizers ?? [], owners, dependents);
    return this.#perform(node, latest, plan, signal);
  }

  async #ownerState(
    reference: {
      readonly uid: string;
      readonly apiVersion: string;
      readonly kind: string;
      readonly name: string;
    },
    dependent: GraphNode,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    if (this.#absent.has(reference.uid)) return "absent";
    const known = this.#graph.get(reference.uid);
    const target: GraphNode = known ?? {
      ...reference,
      namespace: dependent.namespace,
      virtual: true,
      owners: [],
      finalizers: [],
      deleting: false,
    };
    const owner = await this.#read(
      { ...target, apiVersion: reference.apiVersion, kind: reference.kind, name: reference.name },
      signal,
    );
    const isThere =
      owner !== undefined &&
      owner.metadata.uid === reference.uid &&
      isOwnerScope({ ...target, namespace: owner.metadata.namespace ?? "" }, dependent);
    if (!isThere) {
      if (owner === undefined) this.#rememberAbsent(reference.uid);
      return "absent";
    }
    const waits =
      owner.metadata.deletionTimestamp !== undefined &&
      (owner.metadata.finalizers ?? []).includes(FOREGROUND_FINALIZER);
    return waits ? "waitingForDependents" : "solid";
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
        if (plan.unblock) {
          const ownerReferences = (latest.metadata.ownerReferences ?? []).map((owner) => ({
            ...owner,
            blockOwnerDeletion: false,
          }));
          await this.#patchMetadata(node, latest, { ownerReferences }, signal);
        }
        await this.#delete(node, plan.policy, signal);
        return DONE;
    }
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

  /** A merge patch that applies only to the version that was read. */
  async #patchMetadata(
    node: GraphNode,
    latest: KubeObject,
    change: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const info = this.#infoOf(node);
    if (info === undefined) return;
    const { uid, resourceVersion } = latest.metadata;
    try {
      await this.#client.patch(
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
    }
  }

  async #delete(
    node: GraphNode,
    propagationPolicy: "Orphan" | "Background" | "Foreground",
    signal: AbortSignal,
  ) {
    const info = this.#infoOf(node);
    if (info === undefined) return;
    try {
      await this.#client.delete(
        resourceTypeOf(info),
        info.namespaced ? node.namespace : "",
        node.name,
        {
          propagationPolicy,
          preconditions: { uid: node.uid },
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
      // Another object of this name, or none: nothing of ours is left.
      if (!isStatusError(error, "NotFound") && !isStatusError(error, "Conflict")) throw error;
    }
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

  #infoOf({ apiVersion, kind }: GraphNode): ResourceInfo | undefined {
    const parsed = parseApiVersion(apiVersion);
    if (parsed === undefined) return undefined;
    return this.#resources.find(
      (info) =>
        info.kind === kind && info.group === parsed.group && info.version === parsed.version,
    );
  }

  #rememberAbsent(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size <= ABSENT_MAX) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      break;
    }
  }
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
