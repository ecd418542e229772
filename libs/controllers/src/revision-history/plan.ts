/**
 * ControllerRevisions: the templates that a DaemonSet or StatefulSet has had.
 *
 * Upstream: pkg/controller/history/controller_history.go @1.36
 */
import { controllerReference, type KubeObject } from "@kubets/api";
import type { ControllerRevision } from "@kubets/api/apps/v1";
import type { PodTemplateSpec } from "@kubets/api/core/v1";
import { canonicalJson, isSemanticallyEqual } from "../ownership/canonical-json.ts";
import { templateHash } from "../ownership/template-hash.ts";

const NAME_PREFIX_MAX = 223;

export interface RevisionOwner extends KubeObject {
  readonly spec?:
    | { readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number | undefined }
    | undefined;
  readonly status?: { readonly collisionCount?: number | undefined } | undefined;
}

export interface HistoryPlan {
  /** The revision of the present template, new or known. */
  readonly current: ControllerRevision;
  readonly action: "none" | "create" | "renumber";
  /** All others, the oldest first. */
  readonly old: readonly ControllerRevision[];
}

/** `hashLabel`: the label that carries the hash. */
export function planHistory(
  owner: RevisionOwner,
  revisions: readonly ControllerRevision[],
  hashLabel: string,
): HistoryPlan {
  const data = revisionData(owner.spec?.template);
  const sorted = byRevision(revisions);
  const equal = sorted.filter((revision) => isSemanticallyEqual(revision.data, data));
  const known = equal.at(-1);
  const others = sorted.filter((revision) => revision !== known);
  const next = (others.at(-1)?.revision ?? 0) + 1;
  if (known === undefined) {
    return { current: newRevision(owner, data, next, hashLabel), action: "create", old: others };
  }
  if (known.revision >= next) return { current: known, action: "none", old: others };
  return { current: { ...known, revision: next }, action: "renumber", old: others };
}

/** The old ones that nobody uses, beyond the limit. */
export function surplusRevisions(
  old: readonly ControllerRevision[],
  isLive: (revision: ControllerRevision) => boolean,
  limit: number,
): readonly ControllerRevision[] {
  const unused = old.filter((revision) => !isLive(revision));
  return unused.slice(0, Math.max(0, unused.length - limit));
}

/**
 * A strategic merge patch that brings the template back: what `kubectl rollout undo` applies. Its keys are sorted as in
 * upstream's, because clients find a template's revision by comparing bytes.
 */
export function revisionData(template: PodTemplateSpec | undefined): object {
  return JSON.parse(canonicalJson({ spec: { template: { ...template, $patch: "replace" } } }));
}

export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (revision.data ?? {}) as { spec?: { template?: PodTemplateSpec } };
  if (spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = spec.template as PodTemplateSpec & { $patch?: string };
  return template;
}

function newRevision(
  owner: RevisionOwner,
  data: object,
  revision: number,
  hashLabel: string,
): ControllerRevision {
  const { name = "", namespace, annotations } = owner.metadata;
  // No collision yet and none ever are the same, whatever the status says so far: the name must not change.
  const hash = templateHash(data, owner.status?.collisionCount ?? 0);
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name.slice(0, NAME_PREFIX_MAX)}-${hash}`,
      namespace,
      labels: { ...owner.spec?.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations: withoutApplied(annotations) }),
      ownerReferences: [controllerReference(owner)],
    },
    data,
    revision,
  };
}

function withoutApplied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...kept } = annotations;
  return kept;
}

function byRevision(revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return revisions.toSorted((a, b) => {
    const [createdA, createdB] = [a, b].map(
      ({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") || 0,
    );
    return (
      a.revision - b.revision ||
      (createdA ?? 0) - (createdB ?? 0) ||
      ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1)
    );
  });
}
