/** Objects and calls that several tests need. */
import {
  isStatusError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  type StatusError,
  schemas,
  type TypeSchema,
} from "@kubets/api";
import type { ManagedFieldsEntry } from "@kubets/api/meta/v1";
import { applyDefaults, cloneJson, decodeStrict } from "@kubets/schema";
import { applyServerSide, type FieldSet, recordUpdate } from "../index.ts";

export function typeNamed(apiVersion: string, kind: string): TypeSchema {
  const [group = "", version] = apiVersion.split("/");
  const type =
    version === undefined ? schemas.kind("", group, kind) : schemas.kind(group, version, kind);
  if (type === undefined) throw new TypeError(`no kind ${kind} in ${apiVersion}`);
  return type;
}

/** Decoded and defaulted, of a copy. */
export function typed(object: JsonObject): KubeObject {
  const type = typeNamed(String(object.apiVersion), String(object.kind));
  const draft: unknown = decodeStrict(type, cloneJson(object)).object;
  applyDefaults(draft as KubeObject);
  return draft as KubeObject;
}

export function configMap(data: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "n", namespace: "ns", ...metadata },
    data,
  };
}

export interface Write {
  readonly live?: KubeObject | undefined;
  readonly manager?: string;
  readonly subresource?: string;
  readonly nowMs?: number;
  readonly resetFields?: FieldSet;
}

/** The object with the managedFields that an update gives it. */
export function written(object: JsonObject, write: Write = {}): KubeObject {
  const updated = typed(object);
  const managedFields = recordUpdate({
    live: write.live,
    updated,
    manager: write.manager ?? "m",
    apiVersion: String(object.apiVersion),
    subresource: write.subresource ?? "",
    nowMs: write.nowMs ?? 0,
    type: typeNamed(String(object.apiVersion), String(object.kind)),
    resetFields: write.resetFields,
  });
  return { ...updated, metadata: { ...updated.metadata, managedFields } };
}

export function applied(
  object: JsonObject,
  write: Write & { readonly force?: boolean } = {},
): KubeObject {
  return applyServerSide({
    live: write.live,
    applied: object,
    manager: write.manager ?? "applier",
    force: write.force ?? false,
    apiVersion: String(object.apiVersion),
    subresource: write.subresource ?? "",
    nowMs: write.nowMs ?? 0,
    type: typeNamed(String(object.apiVersion), String(object.kind)),
    resetFields: write.resetFields,
  });
}

export function entriesOf(object: KubeObject): readonly ManagedFieldsEntry[] {
  return object.metadata.managedFields ?? [];
}

/** By manager: the time and the set. */
export function ownersOf(object: KubeObject): Record<string, [time: string, set: unknown]> {
  return Object.fromEntries(
    entriesOf(object).map((entry) => [
      `${entry.manager} ${entry.operation}${entry.subresource === undefined ? "" : ` ${entry.subresource}`}`,
      [entry.time ?? "", entry.fieldsV1],
    ]),
  );
}

export function refusal(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    if (isStatusError(error)) return error;
    throw error;
  }
  throw new TypeError("nothing was refused");
}

/** Changes to it throw, at any depth. */
export function frozen<T extends JsonValue>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) frozen(child as JsonValue);
    Object.freeze(value);
  }
  return value;
}
