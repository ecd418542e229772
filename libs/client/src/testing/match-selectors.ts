import { type KubeObject, parseFieldSelector, parseLabelSelector } from "@kubets/api";

/** Whether an object lies in the namespace and matches both selectors. */
export function selectionOf(selection: {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}): (object: KubeObject) => boolean {
  const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
  const labels = labelSelector === "" ? undefined : parseLabelSelector(labelSelector);
  const fields = fieldSelector === "" ? undefined : parseFieldSelector(fieldSelector);
  return (object) =>
    (namespace === "" || object.metadata.namespace === namespace) &&
    (labels === undefined || labels.matches(object.metadata.labels ?? {})) &&
    (fields === undefined || fields.matches(fieldsOf(object, fields.requirements)));
}

/** The fields that are asked for, by their paths: the model does not restrict which ones may be selected by. */
function fieldsOf(
  object: KubeObject,
  requirements: readonly { readonly field: string }[],
): Record<string, string> {
  return Object.fromEntries(requirements.map(({ field }) => [field, fieldText(object, field)]));
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) {
    const fields = typeof value === "object" && value !== null ? Object.entries(value) : [];
    value = new Map<string, unknown>(fields).get(part);
  }
  return value === undefined || value === null ? "" : String(value);
}
