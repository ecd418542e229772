/**
 * autoscaling/v1 over v2: what the older version has no field for travels in annotations.
 *
 * Upstream: pkg/apis/autoscaling/v1/conversion.go @1.36
 */
import { isStatusError, type JsonObject, type KubeObject, parseJson, schemas } from "@kubets/api";
import { decodeStrict } from "@kubets/schema";
import { fieldsOf, isRecord, listField, objectField } from "../draft.ts";
import type { Conversion } from "./conversion.ts";
import { metricFromV1, metricToV1, type V1Field } from "./hpa-metrics.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io";
const METRICS = `${PREFIX}/metrics`;
const CURRENT_METRICS = `${PREFIX}/current-metrics`;
const CONDITIONS = `${PREFIX}/conditions`;
const BEHAVIOR = `${PREFIX}/behavior`;
const ANNOTATIONS = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

type Fields = { readonly [field: string]: unknown };

/** v1 is served, v2 is stored. */
export const horizontalPodAutoscalerConversion: Conversion = {
  fromStored: toV1,
  toStored: toV2,
  validatesStored: true,
};

function toV1(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = fieldsOf(object);
  const { metrics: _metrics, behavior, ...plain } = (isRecord(spec) ? spec : {}) as Fields;
  const metrics = listField(spec, "metrics").filter(isRecord);
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const current = listField(status, "currentMetrics").filter(isRecord);
  const conditions = listField(status, "conditions");
  const annotations = {
    ...metadata.annotations,
    ...encoded(
      METRICS,
      others.map((metric) => metricToV1(metric, "target")),
    ),
    ...encoded(
      CURRENT_METRICS,
      current.map((metric) => metricToV1(metric, "current")),
    ),
    ...encoded(CONDITIONS, conditions),
    ...(isRecord(behavior) ? { [BEHAVIOR]: JSON.stringify(behavior) } : undefined),
  };
  return {
    ...rest,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: withOptional(plain, "targetCPUUtilizationPercentage", utilization(cpu, "target")),
    ...(isRecord(status) && { status: statusToV1(status, current) }),
  } as KubeObject;
}

function statusToV1(status: Fields, current: readonly Fields[]): Fields {
  const { currentMetrics: _current, conditions: _conditions, ...plain } = status;
  const cpu = current.find(isCpuCurrent);
  return withOptional(
    { currentReplicas: 0, desiredReplicas: 0, ...plain },
    "currentCPUUtilizationPercentage",
    utilization(cpu, "current"),
  );
}

function toV2(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = fieldsOf(object);
  const { targetCPUUtilizationPercentage: target, ...plain } = (
    isRecord(spec) ? spec : {}
  ) as Fields;
  const annotations = metadata.annotations ?? {};
  const metrics = decoded(annotations[METRICS], "target");
  if (typeof target === "number") metrics.push(cpuMetric("target", target));
  const behavior = decodedObject(annotations[BEHAVIOR], types.behavior);
  return {
    ...rest,
    apiVersion: "autoscaling/v2",
    metadata: withoutAnnotations(metadata),
    spec: {
      ...plain,
      ...(metrics.length > 0 && { metrics }),
      ...(behavior && { behavior }),
    },
    ...(isRecord(status) && { status: statusToV2(status, annotations) }),
  } as KubeObject;
}

function statusToV2(status: Fields, annotations: { readonly [key: string]: string }): Fields {
  const { currentCPUUtilizationPercentage: cpu, ...plain } = status;
  const currentMetrics = decoded(annotations[CURRENT_METRICS], "current");
  if (currentMetrics.length === 0 && typeof cpu === "number") {
    currentMetrics.push(cpuMetric("current", cpu));
  }
  const conditions = decodedList(annotations[CONDITIONS], types.condition);
  return {
    ...plain,
    currentMetrics: currentMetrics.length > 0 ? currentMetrics : null,
    ...(conditions.length > 0 && { conditions }),
  };
}

function isCpuUtilization(metric: Fields): boolean {
  return isCpu(metric) && utilization(metric, "target") !== undefined;
}
function isCpuCurrent(metric: Fields): boolean {
  return isCpu(metric) && utilization(metric, "current") !== undefined;
}
function isCpu(metric: Fields): boolean {
  return metric.type === "Resource" && objectField(metric, "resource")?.name === "cpu";
}

function utilization(metric: Fields | undefined, field: V1Field): number | undefined {
  const value = objectField(objectField(metric, "resource"), field)?.averageUtilization;
  return typeof value === "number" ? value : undefined;
}

function cpuMetric(field: V1Field, averageUtilization: number): Fields {
  const value =
    field === "target" ? { type: "Utilization", averageUtilization } : { averageUtilization };
  return { type: "Resource", resource: { name: "cpu", [field]: value } };
}

function withOptional(fields: Fields, name: string, value: number | undefined): Fields {
  return value === undefined ? fields : { ...fields, [name]: value };
}

function encoded(annotation: string, values: readonly unknown[]): { [key: string]: string } {
  return values.length === 0 ? {} : { [annotation]: JSON.stringify(values) };
}

const types = {
  target: "k8s.io.api.autoscaling.v1.MetricSpec",
  current: "k8s.io.api.autoscaling.v1.MetricStatus",
  condition: "k8s.io.api.autoscaling.v1.HorizontalPodAutoscalerCondition",
  behavior: "k8s.io.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
} as const;

function decoded(text: string | undefined, field: V1Field): Fields[] {
  return decodedList(text, types[field]).map((metric) => metricFromV1(metric, field));
}

function decodedList(text: string | undefined, type: string): readonly Fields[] {
  const value = decodedValue(text);
  if (!Array.isArray(value)) return [];
  const items = value.map((item) => typed(item, type));
  return items.every((item) => item !== undefined) ? items : [];
}
function decodedObject(text: string | undefined, type: string): Fields | undefined {
  const value = typed(decodedValue(text), type);
  return value === undefined || Object.keys(value).length === 0 ? undefined : value;
}

/** What has a value of a wrong type says nothing either: it would be stored where readers rely on the type. */
function typed(value: unknown, name: string): Fields | undefined {
  const type = schemas.type(name);
  if (type === undefined || !isRecord(value)) return undefined;
  try {
    return decodeStrict(type, value as JsonObject).object;
  } catch (error) {
    if (isStatusError(error, "BadRequest")) return undefined;
    throw error;
  }
}

/** What somebody wrote into the annotation by hand may be no JSON: then it says nothing. */
function decodedValue(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parseJson(Buffer.from(text));
  } catch {
    return undefined;
  }
}

function withoutAnnotations(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  const { annotations } = metadata;
  if (annotations === undefined || !ANNOTATIONS.some((name) => Object.hasOwn(annotations, name))) {
    return metadata;
  }
  const kept = Object.entries(annotations).filter(([name]) => !ANNOTATIONS.includes(name));
  return { ...metadata, annotations: kept.length > 0 ? Object.fromEntries(kept) : undefined };
}
