/**
 * The annotation in which kubectl keeps what it applied from its own side. Server-side apply by kubectl keeps
 * it up to date, and takes over the fields it names.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{lastapplied,lastappliedmanager,
 * lastappliedupdater}.go @1.36
 */
import {
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  parseJsonText,
  stringifyJson,
} from "@kubets/api";
import { isJsonObject, withoutKeys } from "@kubets/schema";
import { MissingKeyError } from "../managed-fields/compare.ts";
import type { StructKind } from "../managed-fields/field-kind.ts";
import type { FieldSet } from "../managed-fields/field-set.ts";
import { fieldSetOf } from "./typed-object.ts";

export const KUBECTL_MANAGER = "kubectl";
const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
/** All annotations of an object together. */
const ANNOTATIONS_BYTES_MAX = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = isJsonObject(object.metadata) ? object.metadata : undefined;
  return isJsonObject(metadata?.annotations) ? metadata.annotations : undefined;
}

/** The fields that the annotation of the live object names; none when there is none that can be read. */
export function clientSideApplied(kind: StructKind, live: JsonObject): FieldSet {
  const text = annotationsOf(live)?.[ANNOTATION];
  if (typeof text !== "string") return {};
  try {
    const last: JsonValue = parseJsonText(text);
    // An annotation of another version says nothing about this one's fields.
    if (!isJsonObject(last) || last.apiVersion !== live.apiVersion) return {};
    return fieldSetOf(kind, last);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof MissingKeyError) return {};
    throw error;
  }
}

/** The object with the annotation brought up to date, where kubectl applied and it has one. */
export function withLastApplied(
  object: JsonObject,
  options: { readonly manager: string; readonly applied: JsonObject },
): JsonObject {
  const annotations = annotationsOf(object);
  const metadata = object.metadata;
  if (
    options.manager !== KUBECTL_MANAGER ||
    annotations?.[ANNOTATION] === undefined ||
    !isJsonObject(metadata)
  ) {
    return object;
  }
  const text = `${stringifyJson(withoutAnnotation(options.applied))}\n`;
  const updated = { ...annotations, [ANNOTATION]: text };
  const size = Object.entries(updated).reduce(
    (sum, [key, value]) => sum + key.length + String(value).length,
    0,
  );
  const kept =
    size > ANNOTATIONS_BYTES_MAX ? withoutKeys(annotations, new Set([ANNOTATION])) : updated;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const { metadata } = applied;
  if (!isJsonObject(metadata) || !isJsonObject(metadata.annotations)) return applied;
  const annotations = withoutKeys(metadata.annotations, new Set([ANNOTATION]));
  return { ...applied, metadata: { ...metadata, annotations } };
}
