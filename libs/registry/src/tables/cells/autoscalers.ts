/** Upstream: pkg/printers/internalversion/printers.go formatHPAMetrics @1.36 */
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "@kubets/api/autoscaling/v2";
import { since } from "../human-duration.ts";
import { NONE, UNKNOWN, UNSET } from "../text-cells.ts";

export function horizontalPodAutoscalerCells(
  { metadata, spec, status }: HorizontalPodAutoscaler,
  nowMs: number,
): unknown[] {
  const { kind = "", name = "" } = spec?.scaleTargetRef ?? {};
  return [
    metadata.name,
    `${kind}/${name}`,
    metricsText(spec?.metrics ?? [], status?.currentMetrics ?? []),
    spec?.minReplicas === undefined ? UNSET : `${spec.minReplicas}`,
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    since(metadata.creationTimestamp, nowMs),
  ];
}

const SHOWN_MAX = 2;

function metricsText(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return NONE;
  const all = specs.map((spec, i) => metricText(spec, statuses[i]));
  const shown = all.slice(0, SHOWN_MAX).join(", ");
  return all.length > SHOWN_MAX ? `${shown} + ${all.length - SHOWN_MAX} more...` : shown;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "External":
      return valueText(spec.external?.target, status?.external?.current);
    case "Object":
      return valueText(spec.object?.target, status?.object?.current);
    case "Pods": {
      const current = status?.pods?.current.averageValue ?? UNKNOWN;
      return `${current}/${spec.pods?.target.averageValue ?? ""}`;
    }
    case "Resource":
      return resourceText(spec.resource, status?.resource?.current);
    case "ContainerResource":
      return resourceText(spec.containerResource, status?.containerResource?.current);
    default:
      return "<unknown type>";
  }
}

function valueText(
  target: MetricTarget | undefined,
  current: MetricValueStatus | undefined,
): string {
  if (target?.averageValue !== undefined) {
    return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  }
  return `${current?.value ?? UNKNOWN}/${target?.value ?? ""}`;
}

function resourceText(
  source: { readonly name: string; readonly target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  const { name = "", target } = source ?? {};
  if (target?.averageValue !== undefined) {
    return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  }
  const now = percent(current?.averageUtilization, UNKNOWN);
  return `${name}: ${now}/${percent(target?.averageUtilization, "<auto>")}`;
}

function percent(value: number | undefined, absent: string): string {
  return value === undefined ? absent : `${value}%`;
}
