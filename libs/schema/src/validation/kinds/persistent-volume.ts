/** Upstream: pkg/apis/core/validation/validation.go ValidatePersistentVolume @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, objectAt, textAt, textsAt } from "../../json-fields.ts";
import { Path, SPEC } from "../path.ts";
import { validateNodeSelector } from "../pod/affinity.ts";
import { validateOtherVolume } from "../pod/storage-volumes.ts";
import type { Problems } from "../problems.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { type KindEntry, kindFromTable } from "../table/kind-from-table.ts";

const SOURCES: readonly string[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

function validateNewVolume(volume: JsonObject, problems: Problems): void {
  validateVolumeSpec(objectAt(volume, "spec") ?? {}, SPEC, {
    name: textAt(objectAt(volume, "metadata"), "name"),
    problems,
  });
}

interface Context {
  readonly name: string;
  readonly problems: Problems;
}

/** What the table's rules leave, for a volume and for one that an attachment carries. */
export function validateVolumeSpec(spec: JsonObject, at: Path, { name, problems }: Context): void {
  const modes = textsAt(spec, "accessModes");
  if (modes.includes("ReadWriteOncePod") && modes.length > 1) {
    const detail = "may not use ReadWriteOncePod with other access modes";
    problems.forbidden(at.child("accessModes"), detail);
  }
  const capacity = Object.keys(objectAt(spec, "capacity") ?? {});
  if (capacity.length > 0 && (capacity.length > 1 || capacity[0] !== "storage")) {
    problems.notSupported(at.child("capacity"), spec.capacity, ["storage"]);
  }
  const given = SOURCES.filter((source) => !isNil(spec[source]));
  if (given.length === 0) problems.required(at, "must specify a volume type");
  given.forEach((source, i) => {
    if (i > 0) {
      problems.forbidden(at.child(source), "may not specify more than 1 volume type");
    } else if (source !== "csi" && source !== "local") {
      // The table has the rules of these two.
      const here = { name, at: at.child(source), volumeAt: at, problems };
      validateOtherVolume(source, objectAt(spec, source) ?? {}, here);
    }
  });
  validateHostPath(objectAt(spec, "hostPath"), at.child("hostPath"), problems);
  const required = objectAt(objectAt(spec, "nodeAffinity"), "required");
  if (required !== undefined) {
    validateNodeSelector(required, at.child("nodeAffinity").child("required"), problems);
  }
}

function validateHostPath(source: JsonObject | undefined, at: Path, problems: Problems): void {
  if (source === undefined) return;
  const path = textAt(source, "path");
  if (path === "") problems.required(at.child("path"));
  else if (path.split("/").includes("..")) {
    problems.invalid(at.child("path"), path, "must not contain '..'");
  }
}

function sourceOf(spec: JsonObject | undefined): JsonObject {
  const sources: JsonObject = {};
  for (const source of SOURCES) sources[source] = spec?.[source] ?? null;
  return sources;
}

function validateChange(volume: JsonObject, old: JsonObject, problems: Problems): void {
  const spec = objectAt(volume, "spec");
  const before = objectAt(old, "spec");
  const source = sourceOf(spec);
  const sourceBefore = sourceOf(before);
  const csi = objectAt(source, "csi");
  const csiBefore = objectAt(sourceBefore, "csi");
  if (csi !== undefined && csiBefore !== undefined && isNil(csiBefore.controllerExpandSecretRef)) {
    // The secret for growing may be given later.
    source.csi = { ...csi, controllerExpandSecretRef: null };
  }
  if (!semanticEqual(source, sourceBefore)) {
    const detail = "spec.persistentvolumesource is immutable after creation";
    problems.forbidden(SPEC.child("persistentvolumesource"), detail);
  }
  if (!isNil(before?.nodeAffinity) && !semanticEqual(spec?.nodeAffinity, before.nodeAffinity)) {
    const detail = "field is immutable, except for updating from beta label to GA";
    problems.invalid(Path.of("nodeAffinity"), spec?.nodeAffinity ?? null, detail);
  }
}

export const persistentVolumeEntry: KindEntry = kindFromTable("v1.PersistentVolume", {
  create: validateNewVolume,
  change: validateChange,
});
