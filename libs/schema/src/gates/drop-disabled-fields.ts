/**
 * Takes out fields whose feature gate is off, unless the stored object has such a field already.
 *
 * Upstream: the dropDisabledFields functions of pkg/registry and pkg/api @1.36
 */
import {
  type FieldType,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  schemas,
  type TypeSchema,
} from "@kubets/api";
import { isJsonObject } from "../plain-object.ts";
import { DISABLED_GATES, UNMARKED_FIELDS } from "./disabled-gates.ts";

/** What of a type is guarded: fields themselves, and fields with something guarded inside. */
interface Plan {
  readonly guarded: readonly { readonly field: string; readonly gate: string }[];
  readonly inner: readonly { readonly field: string; readonly plan: Plan }[];
}

const plans = new Map<string, Plan | undefined>();

/** In place; a part that both objects share has no such field. */
export function dropDisabledFields(object: KubeObject, old: KubeObject | undefined): void {
  const plan = planOfKind(object.apiVersion ?? "", object.kind ?? "");
  if (plan === undefined) return;
  const json: unknown = object;
  const before: unknown = old;
  if (!isJson(json)) return;
  const used = new Set<string>();
  if (isJson(before)) visit(before, plan, (_holder, _field, gate) => used.add(gate));
  visit(json, plan, (holder, field, gate) => {
    if (!used.has(gate)) delete holder[field];
  });
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value as JsonObject);
}

type Found = (holder: JsonObject, field: string, gate: string) => void;

function visit(value: JsonValue | undefined, plan: Plan, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, plan, found);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const { field, gate } of plan.guarded) {
    if (Object.hasOwn(value, field) && value[field] !== undefined) found(value, field, gate);
  }
  for (const inner of plan.inner) visit(value[inner.field], inner.plan, found);
}

/** Only served kinds are remembered: the names of others come from clients. */
function planOfKind(apiVersion: string, kind: string): Plan | undefined {
  const key = `${apiVersion}.${kind}`;
  if (plans.has(key)) return plans.get(key);
  const [group = "", version] = apiVersion.split("/");
  const type =
    version === undefined ? schemas.kind("", group, kind) : schemas.kind(group, version, kind);
  if (type === undefined) return undefined;
  const plan = planOf(type, []);
  plans.set(key, plan);
  return plan;
}

function planOf(type: TypeSchema, above: readonly string[]): Plan | undefined {
  // A type within itself (JSON schemas) guards nothing that it does not guard here.
  if (above.includes(type.name)) return undefined;
  const guarded: { field: string; gate: string }[] = [];
  const inner: { field: string; plan: Plan }[] = [];
  const unmarked = new Map(UNMARKED_FIELDS.get(type.name) ?? []);
  for (const { json, type: fieldType, featureGates = [] } of type.fields) {
    const gate = featureGates.find((name) => DISABLED_GATES.has(name)) ?? unmarked.get(json);
    const isGuarded = gate !== undefined && featureGates.every((name) => DISABLED_GATES.has(name));
    if (isGuarded) guarded.push({ field: json, gate });
    const message = messageOf(fieldType);
    const plan = message === undefined ? undefined : planOf(message, [...above, type.name]);
    if (!isGuarded && plan !== undefined) inner.push({ field: json, plan });
  }
  return guarded.length + inner.length === 0 ? undefined : { guarded, inner };
}

function messageOf(type: FieldType): TypeSchema | undefined {
  if (type.kind === "message") return schemas.type(type.ref);
  return type.kind === "list" ? messageOf(type.elem) : undefined;
}
