/** Upstream: pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimSpec and its updates @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, isZero, maybeTextAt, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateLabelSelector, validateObjectMeta } from "../object-meta.ts";
import { Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { compareAmounts, nanosOf } from "../resource-names.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { namespacedSubdomain } from "./meta-rules.ts";

export const ACCESS_MODES: readonly string[] = [
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOnce",
  "ReadWriteOncePod",
];
export const VOLUME_MODES: readonly string[] = ["Block", "Filesystem"];
const IMMUTABLE_SPEC =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export const persistentVolumeClaimRules: KindRules = {
  create: (claim, problems) => validateClaimSpec(objectAt(claim, "spec") ?? {}, SPEC, problems),
  update(claim, old, problems) {
    validateObjectMeta(claim, namespacedSubdomain, problems);
    validateClaimSpec(objectAt(claim, "spec") ?? {}, SPEC, problems);
    validateClaimUpdate(claim, old, problems);
  },
  subresources: {
    status(claim, _old, problems) {
      const capacity = objectAt(objectAt(claim, "status"), "capacity");
      for (const name in capacity) {
        const amount = nanosOf(capacity[name]);
        if (amount !== undefined && amount < 0n) {
          const at = Path.of("status", "capacity").key(name);
          problems.invalid(at, capacity[name], "must be a valid resource quantity");
        }
      }
    },
  },
};

export function validateClaimSpec(spec: JsonObject, at: Path, problems: Problems): void {
  validateAccessModes(textsAt(spec, "accessModes"), at, problems);
  validateLabelSelector(spec.selector, at.child("selector"), problems);
  const storage = objectAt(objectAt(spec, "resources"), "requests")?.storage;
  const amount = nanosOf(storage);
  const storageAt = at.child("resources").key("storage");
  if (isNil(storage)) problems.required(storageAt);
  else if (amount !== undefined && amount <= 0n)
    problems.invalid(storageAt, storage, "must be greater than zero");
  validateClassName(spec, "storageClassName", at, problems);
  const mode = maybeTextAt(spec, "volumeMode");
  if (mode !== undefined && !VOLUME_MODES.includes(mode)) {
    problems.notSupported(at.child("volumeMode"), mode, VOLUME_MODES);
  }
  validateDataSources(spec, at, problems);
  validateClassName(spec, "volumeAttributesClassName", at, problems);
}

export function validateAccessModes(modes: readonly string[], at: Path, problems: Problems): void {
  const here = at.child("accessModes");
  if (modes.length === 0) problems.required(here, "at least 1 access mode is required");
  for (const mode of modes) {
    if (!ACCESS_MODES.includes(mode)) problems.notSupported(here, mode, ACCESS_MODES);
  }
  if (modes.includes("ReadWriteOncePod") && modes.length > 1) {
    problems.forbidden(here, "may not use ReadWriteOncePod with other access modes");
  }
}

function validateClassName(spec: JsonObject, field: string, at: Path, problems: Problems): void {
  const name = textAt(spec, field);
  if (name !== "") problems.invalidEach(at.child(field), name, dns1123Subdomain(name));
}

function validateDataSources(spec: JsonObject, at: Path, problems: Problems): void {
  const source = objectAt(spec, "dataSource");
  const ref = objectAt(spec, "dataSourceRef");
  if (source !== undefined) validateDataSource(source, at.child("dataSource"), problems);
  if (ref !== undefined) {
    validateDataSource(ref, at.child("dataSourceRef"), problems);
    const namespace = textAt(ref, "namespace");
    if (namespace !== "") {
      problems.invalidEach(
        at.child("dataSourceRef").child("namespace"),
        namespace,
        dns1123Label(namespace),
      );
    }
  }
  if (source === undefined || ref === undefined) return;
  if (textAt(ref, "namespace") !== "") {
    const detail = "may not be specified when dataSourceRef.namespace is specified";
    problems.invalid(at.child("dataSource"), source, detail);
  } else if (
    !["apiGroup", "kind", "name"].every((field) => textAt(source, field) === textAt(ref, field))
  ) {
    // Told of the whole spec, and without it, as upstream does.
    problems.invalid(at, {}, "must match dataSourceRef");
  }
}

function validateDataSource(source: JsonObject, at: Path, problems: Problems): void {
  const apiGroup = textAt(source, "apiGroup");
  const kind = textAt(source, "kind");
  if (textAt(source, "name") === "") problems.required(at.child("name"));
  if (kind === "") problems.required(at.child("kind"));
  if (apiGroup === "" && kind !== "PersistentVolumeClaim") {
    problems.invalid(
      at,
      kind,
      "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    );
  }
  if (apiGroup !== "")
    problems.invalidEach(at.child("apiGroup"), apiGroup, dns1123Subdomain(apiGroup));
}

function validateClaimUpdate(claim: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(claim, "spec") ?? {};
  const before = objectAt(old, "spec") ?? {};
  const isBound = textAt(objectAt(claim, "status"), "phase") === "Bound";
  const munged: JsonObject = { ...spec };
  if (isZero(before.volumeName)) copyField(munged, before, "volumeName", spec);
  if (isNil(before.storageClassName)) delete munged.storageClassName;
  if (isBound) {
    const requests = objectAt(objectAt(spec, "resources"), "requests") ?? {};
    const { storage } = objectAt(objectAt(before, "resources"), "requests") ?? {};
    const merged = storage === undefined ? requests : { ...requests, storage };
    munged.resources = { ...objectAt(spec, "resources"), requests: merged };
    if (!isNil(spec.volumeAttributesClassName)) {
      munged.volumeAttributesClassName = before.volumeAttributesClassName ?? null;
    }
  }
  const comparable: JsonObject = { ...before };
  if (isZero(before.volumeName)) delete comparable.volumeName;
  if (!semanticEqual(munged, comparable)) problems.forbidden(SPEC, IMMUTABLE_SPEC);
  validateResize(claim, old, problems);
  if (!semanticEqual(spec.volumeMode, before.volumeMode))
    problems.immutable(Path.of("volumeMode"), spec.volumeMode);
  if (!isNil(before.volumeAttributesClassName) && isNil(spec.volumeAttributesClassName)) {
    const detail = "update from non-nil value to nil is forbidden";
    problems.forbidden(SPEC.child("volumeAttributesClassName"), detail);
  }
}

/** A field that may be set once counts as unchanged. */
function copyField(munged: JsonObject, before: JsonObject, field: string, spec: JsonObject): void {
  if (spec[field] !== undefined && isZero(before[field])) delete munged[field];
}

function validateResize(claim: JsonObject, old: JsonObject, problems: Problems): void {
  const storageOf = (object: JsonObject) =>
    objectAt(objectAt(objectAt(object, "spec"), "resources"), "requests")?.storage;
  const size = storageOf(claim);
  if (compareAmounts(size, storageOf(old)) >= 0) return;
  const capacity = objectAt(objectAt(old, "status"), "capacity")?.storage ?? "0";
  if (compareAmounts(size, capacity) <= 0) {
    const at = SPEC.child("resources").child("requests").child("storage");
    problems.forbidden(at, "field can not be less than status.capacity");
  }
}
