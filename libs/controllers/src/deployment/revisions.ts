/**
 * Which ReplicaSet is the newest, which numbers they have, and the annotations that go from a Deployment to them.
 *
 * Upstream: pkg/controller/deployment/util/deployment_util.go @1.36
 */
import { controllerReference } from "@kubets/api";
import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import type { PodTemplateSpec } from "@kubets/api/core/v1";
import { canonicalJson } from "../ownership/canonical-json.ts";
import { templateHash } from "../ownership/template-hash.ts";

export const HASH_LABEL = "pod-template-hash";
export const REVISION_ANNOTATION = "deployment.kubernetes.io/revision";
export const REVISION_HISTORY_ANNOTATION = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS_ANNOTATION = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS_ANNOTATION = "deployment.kubernetes.io/max-replicas";
const REVISION_HISTORY_CHARS = 2000;
const MOST_REVISION = 2n ** 63n - 1n;
/** The longest name of an object. */
const NAME_CHARS = 253;

/** Asks for a rollback to this revision; 0: to the last one. Clients of the first API versions set it. */
export const ROLLBACK_ANNOTATION = "deprecated.deployment.rollback.to";

/** These belong to one object and are not handed on. */
const OWN_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  ROLLBACK_ANNOTATION,
  REVISION_ANNOTATION,
  REVISION_HISTORY_ANNOTATION,
  DESIRED_REPLICAS_ANNOTATION,
  MAX_REPLICAS_ANNOTATION,
]);

export const isOwnAnnotation = (key: string): boolean => OWN_ANNOTATIONS.has(key);

type Annotations = Readonly<Record<string, string>>;

const templates = new WeakMap<object, string>();

/** The template as a text, without the hash that tells ReplicaSets apart. */
function templateText(template: PodTemplateSpec | undefined): string {
  if (template === undefined) return "";
  const known = templates.get(template);
  if (known !== undefined) return known;
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  const { metadata, ...rest } = template;
  const { creationTimestamp: __, ...meta } = metadata ?? {};
  const text = canonicalJson({ ...rest, metadata: { ...meta, labels } });
  templates.set(template, text);
  return text;
}

export function hasTemplateOf(replicaSet: ReplicaSet, deployment: Deployment): boolean {
  return templateText(replicaSet.spec?.template) === templateText(deployment.spec?.template);
}

/** The oldest of those with the Deployment's template. */
export function findNewReplicaSet(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return byAge(replicaSets).find((replicaSet) => hasTemplateOf(replicaSet, deployment));
}

/** Oldest first, then by name. */
export function byAge(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.toSorted((a, b) => {
    const [timeA, timeB] = [createdAt(a), createdAt(b)];
    return timeA - timeB || compareText(a.metadata.name ?? "", b.metadata.name ?? "");
  });
}

function createdAt({ metadata }: ReplicaSet): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 0 where there is none. An int64 upstream, and users annotate sets of their own with any: a number would round it. */
export function revisionOf({ metadata }: ReplicaSet | Deployment): bigint {
  return parseRevision(metadata.annotations?.[REVISION_ANNOTATION]);
}

function parseRevision(text = ""): bigint {
  const revision = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  return revision <= MOST_REVISION ? revision : 0n;
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return replicaSets.map(revisionOf).toSorted(compareRevisions).at(-1) ?? 0n;
}

export function compareRevisions(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The annotations of a ReplicaSet that is the Deployment's newest with this revision. */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  existing: Annotations | undefined,
  revision: bigint,
): Record<string, string> {
  const annotations: Record<string, string> = { ...existing };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!isOwnAnnotation(key)) annotations[key] = value;
  }
  const before = existing?.[REVISION_ANNOTATION];
  if (parseRevision(before) >= revision) return annotations;
  annotations[REVISION_ANNOTATION] = String(revision);
  if (before !== undefined && before !== "") {
    // What was its number before: undoing an undo finds it.
    const history = annotations[REVISION_HISTORY_ANNOTATION];
    const numbers = history === undefined ? [] : history.split(",");
    numbers.push(before);
    while (numbers.join(",").length > REVISION_HISTORY_CHARS) numbers.shift();
    annotations[REVISION_HISTORY_ANNOTATION] = numbers.join(",");
  }
  return annotations;
}

/** The figures that proportional scaling is reckoned from. */
export function scaleAnnotations(
  annotations: Annotations | undefined,
  desired: number,
  max: number,
): Record<string, string> {
  return {
    ...annotations,
    [DESIRED_REPLICAS_ANNOTATION]: String(desired),
    [MAX_REPLICAS_ANNOTATION]: String(max),
  };
}

export function annotatedCount(replicaSet: ReplicaSet, annotation: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[annotation];
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The Deployment's name, cut where both together would be too long, and the hash. */
export function replicaSetName(deployment: Deployment, hash = hashOf(deployment)): string {
  const most = NAME_CHARS - 1 - hash.length;
  return `${deployment.metadata.name?.slice(0, most)}-${hash}`;
}

function hashOf(deployment: Deployment): string {
  const template = templateText(deployment.spec?.template);
  return templateHash(JSON.parse(template || "{}"), deployment.status?.collisionCount);
}

export function newReplicaSet(
  deployment: Deployment,
  values: { readonly replicas: number; readonly maxReplicas: number; readonly revision: bigint },
): ReplicaSet {
  const { spec } = deployment;
  const hash = hashOf(deployment);
  const labels = { ...spec?.template.metadata?.labels, [HASH_LABEL]: hash };
  const annotations = scaleAnnotations(
    newReplicaSetAnnotations(deployment, undefined, values.revision),
    spec?.replicas ?? 1,
    values.maxReplicas,
  );
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: replicaSetName(deployment, hash),
      namespace: deployment.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: values.replicas,
      minReadySeconds: spec?.minReadySeconds,
      selector: {
        ...spec?.selector,
        matchLabels: { ...spec?.selector.matchLabels, [HASH_LABEL]: hash },
      },
      template: {
        ...spec?.template,
        metadata: { ...spec?.template.metadata, labels },
      },
    },
  };
}
