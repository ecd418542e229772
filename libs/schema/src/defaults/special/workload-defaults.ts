/** Upstream: pkg/apis/{apps,batch,autoscaling}/VERSION/defaults.go @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  madeAt,
  objectAt,
  setIfNil,
  setIfZero,
} from "../../json-fields.ts";
import { cloneJson } from "../../plain-object.ts";

const BACKOFF_LIMIT = 6;
const BACKOFF_LIMIT_PER_INDEX = 2_147_483_647;

export function deploymentDefaults(deployment: JsonObject): void {
  const strategy = objectAt(objectAt(deployment, "spec"), "strategy");
  if (strategy?.type !== "RollingUpdate") return;
  const rolling = madeAt(strategy, "rollingUpdate");
  setIfNil(rolling, "maxUnavailable", "25%");
  setIfNil(rolling, "maxSurge", "25%");
}

export function daemonSetDefaults(daemonSet: JsonObject): void {
  const strategy = objectAt(objectAt(daemonSet, "spec"), "updateStrategy");
  if (strategy?.type !== "RollingUpdate") return;
  const rolling = madeAt(strategy, "rollingUpdate");
  setIfNil(rolling, "maxUnavailable", 1);
  setIfNil(rolling, "maxSurge", 0);
}

export function statefulSetDefaults(statefulSet: JsonObject): void {
  const spec = objectAt(statefulSet, "spec");
  if (spec === undefined) return;
  const strategy = madeAt(spec, "updateStrategy");
  if (isZero(strategy.type)) {
    strategy.type = "RollingUpdate";
    madeAt(strategy, "rollingUpdate");
  }
  const rolling = objectAt(strategy, "rollingUpdate");
  if (strategy.type === "RollingUpdate" && rolling !== undefined) setIfNil(rolling, "partition", 0);
  for (const claim of itemsAt(spec, "volumeClaimTemplates")) {
    // Whatever the client calls them, they are claims.
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
  }
  const retention = madeAt(spec, "persistentVolumeClaimRetentionPolicy");
  setIfZero(retention, "whenDeleted", "Retain");
  setIfZero(retention, "whenScaled", "Retain");
}

export function jobDefaults(job: JsonObject): void {
  const spec = objectAt(job, "spec");
  const metadata = objectAt(job, "metadata");
  if (spec === undefined) return;
  if (isNil(spec.completions) && isNil(spec.parallelism)) spec.completions = 1;
  setIfNil(spec, "parallelism", 1);
  setIfNil(
    spec,
    "backoffLimit",
    isNil(spec.backoffLimitPerIndex) ? BACKOFF_LIMIT : BACKOFF_LIMIT_PER_INDEX,
  );
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  if (metadata !== undefined && labels !== undefined && isZero(metadata.labels)) {
    metadata.labels = cloneJson(labels);
  }
  const replacement = isNil(spec.podFailurePolicy) ? "TerminatingOrFailed" : "Failed";
  setIfNil(spec, "podReplacementPolicy", replacement);
}

export function horizontalPodAutoscalerDefaults(autoscaler: JsonObject): void {
  const behavior = objectAt(objectAt(autoscaler, "spec"), "behavior");
  if (behavior === undefined) return;
  const up = madeAt(behavior, "scaleUp");
  setIfNil(up, "stabilizationWindowSeconds", 0);
  setIfNil(up, "selectPolicy", "Max");
  setIfNil(up, "policies", [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ]);
  const down = madeAt(behavior, "scaleDown");
  setIfNil(down, "selectPolicy", "Max");
  setIfNil(down, "policies", [{ type: "Percent", value: 100, periodSeconds: 15 }]);
}
