/** One metric between the nested form of autoscaling/v2 and the flat one of v1. */
import { objectField } from "../draft.ts";

type Fields = { readonly [field: string]: unknown };
/** A metric's wanted values or its present ones. */
export type V1Field = "target" | "current";

/** Upstream: pkg/apis/autoscaling/v1/conversion.go Convert_autoscaling_*MetricSource_To_v1_* @1.36 */
export function metricToV1(metric: Fields, field: V1Field): Fields {
  const kind = kindOf(metric);
  const source = kind === undefined ? undefined : objectField(metric, kind);
  if (kind === undefined || source === undefined) return { type: metric.type };
  const value = objectField(source, field) ?? {};
  const id = objectField(source, "metric") ?? {};
  return { type: metric.type, [kind]: compact(flat(kind, field, { source, value, id })) };
}

function flat(
  kind: Kind,
  field: V1Field,
  { source, value, id }: { source: Fields; value: Fields; id: Fields },
): Fields {
  const average = `${field}AverageValue`;
  switch (kind) {
    case "object":
      return {
        target: source.describedObject,
        metricName: id.name,
        [`${field}Value`]: value.value ?? "0",
        selector: id.selector,
        averageValue: value.averageValue,
      };
    case "pods":
      return { metricName: id.name, [average]: value.averageValue, selector: id.selector };
    case "external":
      return {
        metricName: id.name,
        metricSelector: id.selector,
        [`${field}Value`]: value.value,
        [average]: value.averageValue,
      };
    default:
      return {
        name: source.name,
        [`${field}AverageUtilization`]: value.averageUtilization,
        [average]: value.averageValue,
        container: source.container,
      };
  }
}

export function metricFromV1(metric: Fields, field: V1Field): Fields {
  const kind = kindOf(metric);
  const source = kind === undefined ? undefined : objectField(metric, kind);
  if (kind === undefined || source === undefined) return { type: metric.type };
  return { type: metric.type, [kind]: compact(nested(kind, field, source)) };
}

function nested(kind: Kind, field: V1Field, source: Fields): Fields {
  const average = source[`${field}AverageValue`];
  switch (kind) {
    case "object": {
      const value =
        source.averageValue === undefined
          ? { value: source[`${field}Value`] }
          : { averageValue: source.averageValue };
      return {
        describedObject: source.target,
        metric: compact({ name: source.metricName, selector: source.selector }),
        [field]: typed(field, value),
      };
    }
    case "pods":
      return {
        metric: compact({ name: source.metricName, selector: source.selector }),
        [field]: typed(field, { averageValue: average }),
      };
    case "external":
      return {
        metric: compact({ name: source.metricName, selector: source.metricSelector }),
        [field]: typed(field, { value: source[`${field}Value`], averageValue: average }),
      };
    default:
      return {
        name: source.name,
        [field]: typed(field, {
          averageUtilization: source[`${field}AverageUtilization`],
          averageValue: average,
        }),
        container: source.container,
      };
  }
}

/** Targets say which of their values counts; present values have all of them. */
function typed(field: V1Field, value: Fields): Fields {
  if (field === "current") return compact(value);
  let type = "Value";
  if (value.averageUtilization !== undefined) type = "Utilization";
  else if (value.averageValue !== undefined) type = "AverageValue";
  return compact({ type, ...value });
}

const kinds = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  ContainerResource: "containerResource",
  External: "external",
} as const;
type Kind = (typeof kinds)[keyof typeof kinds];

function kindOf(metric: Fields): Kind | undefined {
  const { type } = metric;
  return typeof type === "string" && Object.hasOwn(kinds, type)
    ? kinds[type as keyof typeof kinds]
    : undefined;
}

function compact(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
