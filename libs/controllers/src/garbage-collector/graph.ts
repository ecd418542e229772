/**
 * Who owns whom, kept from the events of every resource. Objects are known by uid; an owner that is only named by a
 * dependent and was never seen itself is a virtual node until somebody looks whether it exists.
 *
 * Upstream: pkg/controller/garbagecollector/graph_builder.go @1.36
 */
import type { KubeObject, ResourceInfo } from "@kubets/api";
import type { OwnerReference } from "@kubets/api/meta/v1";

export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

export interface GraphNode {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Named by a dependent, never seen itself. */
  readonly virtual: boolean;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
}

export const isDeletingDependents = (node: GraphNode): boolean =>
  node.deleting && node.finalizers.includes(FOREGROUND_FINALIZER);
export const isOrphaning = (node: GraphNode): boolean =>
  node.deleting && node.finalizers.includes(ORPHAN_FINALIZER);

/** What an event asks the collector to look at: uids to delete perhaps, uids to orphan from. */
export interface GraphChange {
  readonly attemptToDelete: readonly string[];
  readonly attemptToOrphan: readonly string[];
}

export function nodeOf(
  info: Pick<ResourceInfo, "group" | "version" | "kind">,
  object: KubeObject,
): GraphNode {
  const { uid = "", namespace = "", name = "" } = object.metadata;
  return {
    uid,
    apiVersion: info.group === "" ? info.version : `${info.group}/${info.version}`,
    kind: info.kind,
    namespace,
    name,
    virtual: false,
    owners: object.metadata.ownerReferences ?? [],
    finalizers: object.metadata.finalizers ?? [],
    deleting: object.metadata.deletionTimestamp !== undefined,
  };
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }
  get size(): number {
    return this.#nodes.size;
  }
  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])]
      .map((dependent) => this.#nodes.get(dependent))
      .filter((node) => node !== undefined);
  }

  /** An object was seen, new or changed. */
  observe(node: GraphNode): GraphChange {
    const old = this.#nodes.get(node.uid);
    this.#nodes.set(node.uid, node);
    const attemptToDelete = new Set<string>();
    for (const { uid } of old?.owners ?? []) {
      if (!node.owners.some((owner) => owner.uid === uid)) {
        this.#forgetDependent(uid, node.uid);
        // An owner that waits for its dependents may be free now.
        const owner = this.#nodes.get(uid);
        if (owner !== undefined && isDeletingDependents(owner)) attemptToDelete.add(uid);
      }
    }
    for (const owner of node.owners) {
      this.#dependentSet(owner.uid).add(node.uid);
      const known = this.#nodes.get(owner.uid);
      if (known === undefined) {
        this.#nodes.set(owner.uid, ownerNode(owner, node));
        attemptToDelete.add(owner.uid);
      } else if (!isOwnerScope(known, node)) {
        attemptToDelete.add(node.uid);
      }
    }
    if (isDeletingDependents(node)) {
      attemptToDelete.add(node.uid);
      for (const dependent of this.#dependents.get(node.uid) ?? []) attemptToDelete.add(dependent);
    }
    // Owner references may have changed to owners that are gone.
    if (node.owners.length > 0 && old !== undefined && !sameOwners(old, node)) {
      attemptToDelete.add(node.uid);
    }
    return {
      attemptToDelete: [...attemptToDelete],
      attemptToOrphan: isOrphaning(node) ? [node.uid] : [],
    };
  }

  /** An object is gone, or a virtual owner was looked for and is not there. */
  remove(uid: string): GraphChange {
    const node = this.#nodes.get(uid);
    if (node === undefined) return { attemptToDelete: [], attemptToOrphan: [] };
    this.#nodes.delete(uid);
    const attemptToDelete: string[] = [];
    for (const owner of node.owners) {
      this.#forgetDependent(owner.uid, uid);
      const known = this.#nodes.get(owner.uid);
      if (known !== undefined && isDeletingDependents(known)) attemptToDelete.push(owner.uid);
    }
    // Not pushed all at once: so many arguments as an owner may have dependents no call takes.
    for (const dependent of this.#dependents.get(uid) ?? []) attemptToDelete.push(dependent);
    return { attemptToDelete, attemptToOrphan: [] };
  }

  /** An owner that is known only from its dependents goes with the last of them. */
  #forgetDependent(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size !== 0) return;
    this.#dependents.delete(owner);
    if (this.#nodes.get(owner)?.virtual === true) this.#nodes.delete(owner);
  }

  #dependentSet(uid: string): Set<string> {
    let set = this.#dependents.get(uid);
    if (set === undefined) {
      set = new Set();
      this.#dependents.set(uid, set);
    }
    return set;
  }
}

/** An owner as its dependent names it. */
export function ownerNode(owner: OwnerReference, dependent: GraphNode): GraphNode {
  return {
    uid: owner.uid,
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    // Owners of namespaced objects are in the same namespace or in none; the look-up decides by kind.
    namespace: dependent.namespace,
    name: owner.name,
    virtual: true,
    owners: [],
    finalizers: [],
    deleting: false,
  };
}

/** An owner must be cluster-scoped or in its dependent's namespace; others count as absent. */
export function isOwnerScope(owner: GraphNode, dependent: GraphNode): boolean {
  return owner.namespace === "" || owner.namespace === dependent.namespace;
}

function sameOwners(a: GraphNode, b: GraphNode): boolean {
  return (
    a.owners.length === b.owners.length &&
    a.owners.every(({ uid }, position) => b.owners[position]?.uid === uid)
  );
}
