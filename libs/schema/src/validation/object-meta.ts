/**
 * What holds for the metadata of every object.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go,
 * pkg/apis/meta/v1/validation/validation.go @1.36
 */
import type { JsonObject, JsonValue } from "@kubets/api";
import { isNil, isZero, itemsAt, numberAt, objectAt, textAt, textsAt } from "../json-fields.ts";
import { dns1123Label, type Format, labelValue, pathSegment, qualifiedName } from "./formats.ts";
import { METADATA, type Path } from "./path.ts";
import { NOT_NEGATIVE, type Problems } from "./problems.ts";
import { semanticEqual } from "./semantic-equal.ts";

const ANNOTATIONS_BYTES_MAX = 256 * 1024;
const MANAGER_BYTES_MAX = 128;
const SUBRESOURCE_BYTES_MAX = 256;
const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

export interface ObjectMetaRules {
  readonly namespaced: boolean;
  readonly name: Format;
}

/** What a kind asks of the metadata of a new object. */
export function validateObjectMeta(
  object: JsonObject,
  rules: ObjectMetaRules,
  problems: Problems,
): void {
  validateMeta(objectAt(object, "metadata") ?? {}, rules, problems);
  validateStandardFinalizers(object, problems);
}

/** What holds for every kind alike, whatever a kind itself asks. Upstream: rest/update.go validateCommonFields @1.36 */
export function validateCommonMeta(
  object: JsonObject,
  namespaced: boolean,
  problems: Problems,
): void {
  validateMeta(objectAt(object, "metadata") ?? {}, { namespaced, name: pathSegment }, problems);
}

function validateMeta(metadata: JsonObject, rules: ObjectMetaRules, problems: Problems): void {
  const generateName = textAt(metadata, "generateName");
  if (generateName !== "") {
    // A suffix will be added, so one dash at the end does not make the name wrong.
    const messages = rules.name(
      generateName.endsWith("-") ? `${generateName.slice(0, -1)}a` : generateName,
    );
    problems.invalidEach(METADATA.child("generateName"), generateName, messages);
  }
  const name = textAt(metadata, "name");
  if (name === "") problems.required(METADATA.child("name"), "name or generateName is required");
  else {
    const messages = rules.name(name);
    if (messages.length > 0) problems.invalidEach(METADATA.child("name"), name, messages);
  }
  validateNamespace(textAt(metadata, "namespace"), rules.namespaced, problems);
  const generation = numberAt(metadata, "generation");
  if (generation < 0) problems.invalid(METADATA.child("generation"), generation, NOT_NEGATIVE);
  validateSharedMeta(metadata, problems, true);
}

/** Without a slash a finalizer must be one of the server's own. */
export function validateStandardFinalizers(object: JsonObject, problems: Problems): void {
  const metadata = objectAt(object, "metadata") ?? {};
  if (isZero(metadata.finalizers)) return;
  textsAt(metadata, "finalizers").forEach((finalizer, i) => {
    validateStandardFinalizer(finalizer, METADATA.child("finalizers").index(i), problems);
  });
}

function validateNamespace(namespace: string, namespaced: boolean, problems: Problems): void {
  const at = (): Path => METADATA.child("namespace");
  if (!namespaced) {
    if (namespace !== "") problems.forbidden(at(), "not allowed on this type");
  } else if (namespace === "") {
    problems.required(at());
  } else {
    const messages = dns1123Label(namespace);
    if (messages.length > 0) problems.invalidEach(at(), namespace, messages);
  }
}

/** What is checked on create and on update alike, but for the finalizers, which only a whole check looks at. */
function validateSharedMeta(metadata: JsonObject, problems: Problems, whole: boolean): void {
  const labels = objectAt(metadata, "labels");
  if (labels !== undefined) validateLabels(labels, METADATA.child("labels"), problems);
  const annotations = objectAt(metadata, "annotations");
  if (annotations !== undefined)
    validateAnnotations(annotations, METADATA.child("annotations"), problems);
  if (!isZero(metadata.ownerReferences)) validateOwnerReferences(metadata, problems);
  if (whole && !isZero(metadata.finalizers)) validateFinalizers(metadata, problems);
  if (!isZero(metadata.managedFields)) validateManagedFields(metadata, problems);
}

export function validateLabels(labels: JsonObject, at: Path, problems: Problems): void {
  for (const key in labels) {
    const keyMessages = qualifiedName(key);
    if (keyMessages.length > 0) problems.invalidEach(at, key, keyMessages);
    const value = labels[key];
    if (typeof value !== "string") continue;
    const messages = labelValue(value);
    if (messages.length > 0) problems.invalidEach(at, value, messages);
  }
}

export function validateAnnotations(annotations: JsonObject, at: Path, problems: Problems): void {
  let size = 0;
  for (const key in annotations) {
    // The case of a key does not count.
    const messages = qualifiedName(key.toLowerCase());
    if (messages.length > 0) problems.invalidEach(at, key, messages);
    const value = annotations[key];
    size += sizeOf(key) + (typeof value === "string" ? sizeOf(value) : 0);
  }
  if (size > ANNOTATIONS_BYTES_MAX) problems.tooLong(at, ANNOTATIONS_BYTES_MAX);
}

/** Counting bytes is slow for long texts; only what could be over the limit is counted exactly. */
function sizeOf(text: string): number {
  return text.length * 3 <= 4_096 && /^[\x20-\x7e]*$/.test(text)
    ? text.length
    : Buffer.byteLength(text);
}

function validateOwnerReferences(metadata: JsonObject, problems: Problems): void {
  const at = METADATA.child("ownerReferences");
  let controller = "";
  for (const owner of itemsAt(metadata, "ownerReferences")) {
    const apiVersion = textAt(owner, "apiVersion");
    const kind = textAt(owner, "kind");
    const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
    if (version === "" || apiVersion.split("/").length > 2) {
      problems.invalid(at.child("apiVersion"), apiVersion, "version must not be empty");
    }
    for (const field of ["kind", "name", "uid"]) {
      if (textAt(owner, field) === "") problems.invalid(at.child(field), "", "must not be empty");
    }
    if (apiVersion === "v1" && kind === "Event") {
      problems.invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner");
    }
    if (owner.controller !== true) continue;
    const name = `${kind}/${textAt(owner, "name")}`;
    if (controller === "") {
      controller = name;
    } else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      problems.invalid(at, metadata.ownerReferences, detail);
    }
  }
}

function validateFinalizers(metadata: JsonObject, problems: Problems): void {
  const at = METADATA.child("finalizers");
  const finalizers = textsAt(metadata, "finalizers");
  for (const finalizer of finalizers) problems.invalidEach(at, finalizer, qualifiedName(finalizer));
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    const detail = `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`;
    problems.invalid(at, metadata.finalizers, detail);
  }
}

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(["kubernetes", ORPHAN, FOREGROUND]);

/** Without a slash a finalizer must be one of the server's own. */
export function validateStandardFinalizer(finalizer: string, at: Path, problems: Problems): void {
  if (!finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer)) {
    problems.invalid(
      at,
      finalizer,
      "name is neither a standard finalizer name nor is it fully qualified",
    );
  }
}

function validateManagedFields(metadata: JsonObject, problems: Problems): void {
  const list = itemsAt(metadata, "managedFields");
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    const { operation } = entry ?? {};
    const at = (field: string): Path => METADATA.child("managedFields").index(i).child(field);
    if (operation !== "Apply" && operation !== "Update") {
      problems.invalid(at("operation"), operation ?? "", "must be `Apply` or `Update`");
    }
    const fieldsType = textAt(entry, "fieldsType");
    if (fieldsType !== "" && fieldsType !== "FieldsV1") {
      problems.invalid(at("fieldsType"), fieldsType, "must be `FieldsV1`");
    }
    validateFieldManager(textAt(entry, "manager"), at, problems);
    if (Buffer.byteLength(textAt(entry, "subresource")) > SUBRESOURCE_BYTES_MAX) {
      problems.tooLong(at("subresource"), SUBRESOURCE_BYTES_MAX);
    }
  }
}

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

function validateFieldManager(
  manager: string,
  at: (field: string) => Path,
  problems: Problems,
): void {
  if (Buffer.byteLength(manager) > MANAGER_BYTES_MAX)
    problems.tooLong(at("manager"), MANAGER_BYTES_MAX);
  if (PRINTABLE.test(manager)) return;
  let position = 0;
  for (const char of manager) {
    if (!PRINTABLE.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      problems.invalid(
        at("manager"),
        manager,
        `invalid character U+${code} (at position ${position})`,
      );
    }
    position += Buffer.byteLength(char);
  }
}

const IMMUTABLE_META = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What a change of metadata must keep to; `isSound`: the rest of it is known to be right. */
export function validateMetaChange(
  object: JsonObject,
  old: JsonObject,
  problems: Problems,
  isSound: boolean,
): void {
  const metadata = objectAt(object, "metadata") ?? {};
  const before = objectAt(old, "metadata") ?? {};
  if (!isNil(before.deletionTimestamp)) validateNoNewFinalizers(metadata, before, problems);
  if (textAt(metadata, "resourceVersion") === "") {
    problems.invalid(METADATA.child("resourceVersion"), "", "must be specified for an update");
  }
  const generation = numberAt(metadata, "generation");
  if (generation < numberAt(before, "generation")) {
    problems.invalid(METADATA.child("generation"), generation, "must not be decremented");
  }
  for (const field of IMMUTABLE_META) {
    if (!semanticEqual(metadata[field], before[field]))
      problems.immutable(METADATA.child(field), metadata[field]);
  }
  if (!isSound) validateSharedMeta(metadata, problems, false);
}

function validateNoNewFinalizers(
  metadata: JsonObject,
  before: JsonObject,
  problems: Problems,
): void {
  const old = new Set(textsAt(before, "finalizers"));
  const added = [...new Set(textsAt(metadata, "finalizers"))]
    .filter((finalizer) => !old.has(finalizer))
    .sort();
  if (added.length === 0) return;
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  problems.forbidden(
    METADATA.child("finalizers"),
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  );
}

/** A selector's own form; an absent one is fine. */
export function validateLabelSelector(
  value: JsonValue | undefined,
  at: Path,
  problems: Problems,
): void {
  const selector = objectAt({ selector: value ?? null }, "selector");
  if (selector === undefined) return;
  const labels = objectAt(selector, "matchLabels");
  if (labels !== undefined) validateLabels(labels, at.child("matchLabels"), problems);
  itemsAt(selector, "matchExpressions").forEach((expression, i) => {
    validateRequirement(expression, at.child("matchExpressions").index(i), problems);
  });
}

function validateRequirement(expression: JsonObject, at: Path, problems: Problems): void {
  const values = textsAt(expression, "values");
  switch (expression.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        problems.required(
          at.child("values"),
          "must be specified when `operator` is 'In' or 'NotIn'",
        );
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        problems.forbidden(at.child("values"), detail);
      }
      break;
    default:
      problems.invalid(
        at.child("operator"),
        expression.operator ?? "",
        "not a valid selector operator",
      );
  }
  const key = textAt(expression, "key");
  problems.invalidEach(at.child("key"), key, qualifiedName(key));
  values.forEach((value, i) => {
    problems.invalidEach(at.child("values").index(i), value, labelValue(value));
  });
}
