/**
 * A rollback that an annotation asks for, as clients of the first API versions do; `kubectl rollout undo` writes the old
 * template itself. In every case the annotation goes.
 *
 * Upstream: pkg/controller/deployment/rollback.go @1.36
 */
import type { Deployment, ReplicaSet } from "@kubets/api/apps/v1";
import {
  compareRevisions,
  HASH_LABEL,
  hasTemplateOf,
  isOwnAnnotation,
  ROLLBACK_ANNOTATION,
  revisionOf,
} from "./revisions.ts";

export interface Rollback {
  readonly after: Deployment;
  readonly event: {
    readonly type: "Normal" | "Warning";
    readonly reason: string;
    readonly message: string;
  };
}

/** Undefined: nobody asks for one. */
export function planRollback(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): Rollback | undefined {
  const wanted = deployment.metadata.annotations?.[ROLLBACK_ANNOTATION] ?? "";
  if (!/^-?\d{1,19}$/.test(wanted)) return undefined;
  const revision = BigInt(wanted) === 0n ? lastRevision(replicaSets) : BigInt(wanted);
  if (revision === 0n) {
    return refused(
      deployment,
      "DeploymentRollbackRevisionNotFound",
      "Unable to find last revision.",
    );
  }
  const target = replicaSets.find((replicaSet) => revisionOf(replicaSet) === revision);
  if (target === undefined) {
    return refused(
      deployment,
      "DeploymentRollbackRevisionNotFound",
      "Unable to find the revision to rollback to.",
    );
  }
  if (hasTemplateOf(target, deployment)) {
    return refused(
      deployment,
      "DeploymentRollbackTemplateUnchanged",
      `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`,
    );
  }
  return {
    after: withTemplateOf(withoutRequest(deployment), target),
    event: {
      type: "Normal",
      reason: "DeploymentRollback",
      message: `Rolled back deployment "${deployment.metadata.name}" to revision ${revision}`,
    },
  };
}

/** The second highest; 0 where there is none. */
function lastRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return replicaSets.map(revisionOf).toSorted((a, b) => compareRevisions(b, a))[1] ?? 0n;
}

function refused(deployment: Deployment, reason: string, message: string): Rollback {
  return { after: withoutRequest(deployment), event: { type: "Warning", reason, message } };
}

function withoutRequest(deployment: Deployment): Deployment {
  const { [ROLLBACK_ANNOTATION]: _, ...annotations } = deployment.metadata.annotations ?? {};
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}

/** The set's template, and its annotations in the place of the Deployment's: they tell of the template's change. */
function withTemplateOf(deployment: Deployment, target: ReplicaSet): Deployment {
  const template = target.spec?.template;
  if (deployment.spec === undefined || template === undefined) return deployment;
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) =>
    isOwnAnnotation(key),
  );
  const taken = Object.entries(target.metadata.annotations ?? {}).filter(
    ([key]) => !isOwnAnnotation(key),
  );
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: Object.fromEntries([...kept, ...taken]) },
    spec: {
      ...deployment.spec,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
