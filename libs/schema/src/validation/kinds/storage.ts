/** Upstream: pkg/apis/storage/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, isZero, objectAt } from "../../json-fields.ts";
import { byteLength } from "../formats.ts";
import { Path, SPEC } from "../path.ts";
import type { Problems } from "../problems.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";
import { validateVolumeSpec } from "./persistent-volume.ts";

const PARAMETER_BYTES_MAX = 256 * 1_024;

function validateStorageClass(storageClass: JsonObject, problems: Problems): void {
  const parameters = objectAt(storageClass, "parameters") ?? {};
  let bytes = 0;
  for (const key of Object.keys(parameters)) {
    if (key === "") problems.invalid(Path.of("parameters"), key, "field can not be empty.");
    bytes += byteLength(key) + byteLength(String(parameters[key]));
  }
  if (bytes > PARAMETER_BYTES_MAX) problems.tooLong(Path.of("parameters"), PARAMETER_BYTES_MAX);
}

function validateAttachment(attachment: JsonObject, problems: Problems): void {
  const source = objectAt(objectAt(attachment, "spec"), "source");
  const at = SPEC.child("source");
  const inline = objectAt(source, "inlineVolumeSpec");
  const hasName = !isZero(source?.persistentVolumeName);
  if (inline === undefined && isNil(source?.persistentVolumeName)) {
    const detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    problems.required(at, detail);
  } else if (inline !== undefined && hasName) {
    const detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    problems.forbidden(at, detail);
  }
  if (inline !== undefined) {
    validateVolumeSpec(inline, at.child("inlineVolumeSpec"), { name: "", problems });
  }
}

export const STORAGE_RULES: readonly KindEntry[] = [
  kindFromTable("storage.k8s.io/v1.StorageClass", { create: validateStorageClass }),
  kindFromTable("storage.k8s.io/v1.CSIDriver"),
  kindFromTable("storage.k8s.io/v1.VolumeAttachment", { create: validateAttachment }),
];
