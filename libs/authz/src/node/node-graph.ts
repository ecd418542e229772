/**
 * Which objects a node may read, because a pod on it refers to them. Kept in step from the cache; a pod costs work when
 * it is bound and when it goes, not for each change of its status.
 *
 * Upstream: plugin/pkg/auth/authorizer/node/graph.go and graph_populator.go @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { PersistentVolume, Pod } from "@kubets/api/core/v1";
import type { ResourceSlice } from "@kubets/api/resource/v1";
import type { VolumeAttachment } from "@kubets/api/storage/v1";
import type { ObjectIndex } from "../follow-objects.ts";
import { visitPodReferences } from "../pod-references.ts";

const MIRROR_POD_ANNOTATION = "kubernetes.io/config.mirror";

interface PodRecord {
  readonly uid: string;
  readonly nodeName: string;
  readonly ephemeralContainers: number;
  readonly claimStatuses: string;
  /** "secrets/ns/name" and the like. */
  readonly references: readonly string[];
}

interface VolumeRecord {
  /** "ns/name" of the claim; empty while there is none. */
  readonly claim: string;
  /** "ns/name". */
  readonly secrets: readonly string[];
}

export class NodeGraph {
  readonly #pods = new Map<string, PodRecord>();
  /** "secrets/ns/name" → node → number of pods there that refer to it. */
  readonly #nodesByReference = new Map<string, Map<string, number>>();
  readonly #volumes = new Map<string, VolumeRecord>();
  /** "ns/name" of a secret → names of volumes. */
  readonly #volumesBySecret = new Map<string, Set<string>>();
  readonly #nodeByAttachment = new Map<string, string>();
  readonly #nodeBySlice = new Map<string, string>();

  hasPod(nodeName: string, namespace: string, name: string): boolean {
    return this.#pods.get(`${namespace}/${name}`)?.nodeName === nodeName;
  }

  /** A pod of the node refers to it. `kind` is the resource. */
  refersTo(nodeName: string, kind: string, namespace: string, name: string): boolean {
    if (this.#nodesByReference.get(`${kind}/${namespace}/${name}`)?.has(nodeName)) return true;
    if (kind !== "secrets") return false;
    for (const volume of this.#volumesBySecret.get(`${namespace}/${name}`) ?? []) {
      if (this.usesVolume(nodeName, volume)) return true;
    }
    return false;
  }

  /** A pod of the node refers to the claim that the volume is bound to. */
  usesVolume(nodeName: string, name: string): boolean {
    const claim = this.#volumes.get(name)?.claim ?? "";
    const key = `persistentvolumeclaims/${claim}`;
    return claim !== "" && this.#nodesByReference.get(key)?.has(nodeName) === true;
  }

  hasAttachment(nodeName: string, name: string): boolean {
    return this.#nodeByAttachment.get(name) === nodeName;
  }

  hasSlice(nodeName: string, name: string): boolean {
    return this.#nodeBySlice.get(name) === nodeName;
  }

  readonly podFeed: ObjectIndex = {
    replace: (objects) => {
      this.#pods.clear();
      this.#nodesByReference.clear();
      for (const object of objects) this.podFeed.upsert(object);
    },
    upsert: (object) => {
      if (isPod(object)) this.#setPod(object);
    },
    remove: (object) => this.#removePod(keyOf(object)),
  };

  readonly volumeFeed: ObjectIndex = {
    replace: (objects) => {
      this.#volumes.clear();
      this.#volumesBySecret.clear();
      for (const object of objects) this.volumeFeed.upsert(object);
    },
    upsert: (object) => {
      if (!isVolume(object)) return;
      this.#removeVolume(object.metadata.name ?? "");
      this.#setVolume(object);
    },
    remove: (object) => this.#removeVolume(object.metadata.name ?? ""),
  };

  readonly attachmentFeed: ObjectIndex = nameFeed(this.#nodeByAttachment, (object) =>
    isAttachment(object) ? object.spec.nodeName : "",
  );

  readonly sliceFeed: ObjectIndex = nameFeed(this.#nodeBySlice, (object) =>
    isSlice(object) ? (object.spec.nodeName ?? "") : "",
  );

  #setPod(pod: Pod): void {
    const key = keyOf(pod);
    const nodeName = pod.spec?.nodeName ?? "";
    const uid = pod.metadata.uid ?? "";
    const ephemeralContainers = pod.spec?.ephemeralContainers?.length ?? 0;
    const claims = pod.status?.resourceClaimStatuses;
    const claimStatuses = claims === undefined ? "" : JSON.stringify(claims);
    const known = this.#pods.get(key);
    if (
      known !== undefined &&
      known.uid === uid &&
      known.nodeName === nodeName &&
      known.ephemeralContainers === ephemeralContainers &&
      known.claimStatuses === claimStatuses
    ) {
      return;
    }
    if (known !== undefined) this.#removePod(key);
    if (nodeName === "") return;
    const references = referencesOf(pod);
    for (const reference of references) {
      let nodes = this.#nodesByReference.get(reference);
      if (nodes === undefined) {
        nodes = new Map();
        this.#nodesByReference.set(reference, nodes);
      }
      nodes.set(nodeName, (nodes.get(nodeName) ?? 0) + 1);
    }
    this.#pods.set(key, { uid, nodeName, ephemeralContainers, claimStatuses, references });
  }

  #removePod(key: string): void {
    const known = this.#pods.get(key);
    if (known === undefined) return;
    this.#pods.delete(key);
    for (const reference of known.references) {
      const nodes = this.#nodesByReference.get(reference);
      const count = nodes?.get(known.nodeName) ?? 0;
      if (count > 1) nodes?.set(known.nodeName, count - 1);
      else nodes?.delete(known.nodeName);
      if (nodes?.size === 0) this.#nodesByReference.delete(reference);
    }
  }

  #setVolume(volume: PersistentVolume): void {
    const name = volume.metadata.name ?? "";
    const claimRef = volume.spec?.claimRef;
    const record: VolumeRecord = {
      claim: claimRef === undefined ? "" : `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`,
      secrets: volumeSecrets(volume),
    };
    this.#volumes.set(name, record);
    for (const secret of record.secrets) {
      const volumes = this.#volumesBySecret.get(secret);
      if (volumes === undefined) this.#volumesBySecret.set(secret, new Set([name]));
      else volumes.add(name);
    }
  }

  #removeVolume(name: string): void {
    for (const secret of this.#volumes.get(name)?.secrets ?? []) {
      const volumes = this.#volumesBySecret.get(secret);
      volumes?.delete(name);
      if (volumes?.size === 0) this.#volumesBySecret.delete(secret);
    }
    this.#volumes.delete(name);
  }
}

/** A mirror pod's files are on the node already: it gives its node nothing to read. */
function referencesOf(pod: Pod): string[] {
  const { namespace = "", annotations } = pod.metadata;
  if (annotations !== undefined && Object.hasOwn(annotations, MIRROR_POD_ANNOTATION)) return [];
  const references = new Set<string>();
  visitPodReferences(pod, (kind, name) => references.add(`${kind}/${namespace}/${name}`));
  const statuses = pod.status?.resourceClaimStatuses ?? [];
  for (const claim of pod.spec?.resourceClaims ?? []) {
    const made = statuses.find((status) => status.name === claim.name)?.resourceClaimName;
    const name = claim.resourceClaimName ?? made ?? "";
    if (name !== "") references.add(`resourceclaims/${namespace}/${name}`);
  }
  return [...references];
}

/** Upstream: pkg/api/v1/persistentvolume/util.go VisitPVSecretNames, those that the kubelet sees @1.36 */
function volumeSecrets({ spec }: PersistentVolume): string[] {
  if (spec === undefined) return [];
  const claimNamespace = spec.claimRef?.namespace ?? "";
  const { azureFile } = spec;
  const named = [
    spec.cephfs?.secretRef,
    spec.cinder?.secretRef,
    spec.flexVolume?.secretRef,
    spec.rbd?.secretRef,
    spec.scaleIO?.secretRef,
    spec.iscsi?.secretRef,
    spec.storageos?.secretRef,
    spec.csi?.nodePublishSecretRef,
    spec.csi?.nodeStageSecretRef,
    spec.csi?.nodeExpandSecretRef,
    azureFile === undefined
      ? undefined
      : { namespace: azureFile.secretNamespace, name: azureFile.secretName },
  ];
  return named.flatMap((reference) => {
    const name = reference?.name ?? "";
    const namespace = (reference?.namespace ?? "") || claimNamespace;
    return name === "" || namespace === "" ? [] : [`${namespace}/${name}`];
  });
}

function nameFeed(into: Map<string, string>, nodeOf: (object: KubeObject) => string): ObjectIndex {
  const set = (object: KubeObject) => into.set(object.metadata.name ?? "", nodeOf(object));
  return {
    replace: (objects) => {
      into.clear();
      for (const object of objects) set(object);
    },
    upsert: (object) => void set(object),
    remove: (object) => void into.delete(object.metadata.name ?? ""),
  };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
function isPod(object: KubeObject): object is Pod {
  return object.kind === "Pod";
}
function isVolume(object: KubeObject): object is PersistentVolume {
  return object.kind === "PersistentVolume";
}
function isAttachment(object: KubeObject): object is VolumeAttachment {
  return object.kind === "VolumeAttachment";
}
function isSlice(object: KubeObject): object is ResourceSlice {
  return object.kind === "ResourceSlice";
}
