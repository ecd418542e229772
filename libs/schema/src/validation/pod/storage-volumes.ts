/**
 * Volume sources of storage systems, and the template of a generic ephemeral volume's claim.
 *
 * Upstream: pkg/apis/core/validation/validation.go @1.36
 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  maybeNumberAt,
  maybeTextAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { byteLength, dns1123Label, dns1123Subdomain, rangeError } from "../formats.ts";
import { validateClaimSpec } from "../kinds/persistent-volume-claim.ts";
import { validateAnnotations, validateLabels } from "../object-meta.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const LUN_MAX = 255;
const PORTAL_LENGTH_MAX = 64;
const DRIVER_LENGTH_MAX = 63;
const TENANT_LENGTH_MAX = 64;
/** An IPv6 address stands in brackets, other hosts have no colon. */
const HOST_AND_PORT = /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/;
const AZURE_OPTIONS: readonly (readonly [field: string, supported: readonly string[]])[] = [
  ["cachingMode", ["None", "ReadOnly", "ReadWrite"]],
  ["kind", ["Dedicated", "Managed", "Shared"]],
];
const AZURE_MANAGED_DISK = [
  "/subscriptions/",
  "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
] as const;
const AZURE_BLOB_DISK = [
  "https://",
  "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
] as const;
const IQN_FORMS: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

export interface VolumeAt {
  readonly name: string;
  readonly at: Path;
  readonly volumeAt: Path;
  readonly problems: Problems;
}

/** Fields that must be set, for the sources that need no more. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  glusterfs: ["endpoints", "path"],
  rbd: ["monitors", "image"],
  cinder: ["volumeID"],
  cephfs: ["monitors"],
  flexVolume: ["driver"],
  azureFile: ["secretName", "shareName"],
  vsphereVolume: ["volumePath"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  azureDisk: ["diskName", "diskURI"],
  scaleIO: ["gateway", "system", "volumeName"],
  storageos: ["volumeName"],
  gcePersistentDisk: ["pdName"],
  awsElasticBlockStore: ["volumeID"],
  nfs: ["server", "path"],
};

export function validateOtherVolume(type: string, source: JsonObject, of: VolumeAt): void {
  const { at, problems } = of;
  for (const field of REQUIRED[type] ?? []) {
    if (isZero(source[field])) problems.required(at.child(field));
  }
  switch (type) {
    case "nfs":
      if (!textAt(source, "path").startsWith("/")) {
        problems.invalid(at.child("path"), textAt(source, "path"), "must be an absolute path");
      }
      break;
    case "iscsi":
      validateIscsi(source, of);
      break;
    case "fc":
      validateFibreChannel(source, at, problems);
      break;
    case "csi":
      validateCsi(source, at, problems);
      break;
    case "flocker":
      validateFlocker(source, at, problems);
      break;
    case "quobyte":
      validateQuobyte(source, at, problems);
      break;
    case "azureDisk":
      validateAzureDisk(source, at, problems);
      break;
    case "gcePersistentDisk":
    case "awsElasticBlockStore": {
      const partition = numberAt(source, "partition");
      if (partition < 0 || partition > 255)
        problems.invalid(at.child("partition"), partition, rangeError(1, 255));
      break;
    }
    case "storageos": {
      const name = textAt(source, "volumeName");
      if (name !== "") problems.invalidEach(at.child("volumeName"), name, dns1123Label(name));
      const space = textAt(source, "volumeNamespace");
      if (space !== "")
        problems.invalidEach(at.child("volumeNamespace"), space, dns1123Label(space));
      const secret = objectAt(source, "secretRef");
      if (secret !== undefined && textAt(secret, "name") === "")
        problems.required(at.child("secretRef").child("name"));
      break;
    }
  }
}

function validateIscsi(source: JsonObject, { name, at, volumeAt, problems }: VolumeAt): void {
  const portal = textAt(source, "targetPortal");
  if (portal === "") problems.required(at.child("targetPortal"));
  const iqn = textAt(source, "iqn");
  if (iqn === "") problems.required(at.child("iqn"));
  else validateIqn(iqn, at.child("iqn"), problems);
  const lun = numberAt(source, "lun");
  if (lun < 0 || lun > LUN_MAX) problems.invalid(at.child("lun"), lun, rangeError(0, LUN_MAX));
  const usesChap = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  if (usesChap && isNil(source.secretRef)) problems.required(at.child("secretRef"));
  const initiator = textAt(source, "initiatorName");
  if (initiator === "") return;
  validateIqn(initiator, at.child("initiatorname"), problems);
  if (byteLength(`${name}:${portal}`) > PORTAL_LENGTH_MAX) {
    const detail =
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
    problems.invalid(volumeAt.child("name"), name, detail);
  }
}

function validateIqn(name: string, at: Path, problems: Problems): void {
  const form = IQN_FORMS[name.slice(0, 3)];
  if (form === undefined)
    problems.invalid(at, name, "must be valid format starting with iqn, eui, or naa");
  else if (name.length > 1_024 || !form.test(name))
    problems.invalid(at, name, "must be valid format");
}

function validateFibreChannel(source: JsonObject, at: Path, problems: Problems): void {
  const hasNames = !isZero(source.targetWWNs);
  const hasIds = !isZero(source.wwids);
  if (!hasNames && !hasIds) {
    problems.required(
      at.child("targetWWNs"),
      "must specify either targetWWNs or wwids, but not both",
    );
  }
  if (hasNames && hasIds) {
    const detail = "targetWWNs and wwids can not be specified simultaneously";
    problems.invalid(at.child("targetWWNs"), source.targetWWNs, detail);
  }
  if (!hasNames) return;
  const lun = maybeNumberAt(source, "lun");
  if (lun === undefined)
    problems.required(at.child("lun"), "lun is required if targetWWNs is specified");
  else if (lun < 0 || lun > LUN_MAX) problems.invalid(at.child("lun"), lun, rangeError(0, LUN_MAX));
}

function validateCsi(source: JsonObject, at: Path, problems: Problems): void {
  validateCsiDriverName(textAt(source, "driver"), at.child("driver"), problems);
  const secret = objectAt(source, "nodePublishSecretRef");
  if (secret === undefined) return;
  const name = textAt(secret, "name");
  if (name === "") problems.required(at.child("nodePublishSecretRef").child("name"));
  else problems.invalidEach(at.child("name"), name, dns1123Subdomain(name));
}

export function validateCsiDriverName(name: string, at: Path, problems: Problems): void {
  if (name === "") problems.required(at);
  if (byteLength(name) > DRIVER_LENGTH_MAX) problems.tooLong(at, DRIVER_LENGTH_MAX);
  if (name !== "") problems.invalidEach(at, name, dns1123Subdomain(name.toLowerCase()));
}

function validateFlocker(source: JsonObject, at: Path, problems: Problems): void {
  const name = textAt(source, "datasetName");
  const uuid = textAt(source, "datasetUUID");
  if (name === "" && uuid === "")
    problems.required(at, "one of datasetName and datasetUUID is required");
  if (name !== "" && uuid !== "") {
    problems.invalid(
      at,
      "resource",
      "datasetName and datasetUUID can not be specified simultaneously",
    );
  }
  if (name.includes("/")) problems.invalid(at.child("datasetName"), name, "must not contain '/'");
}

function validateQuobyte(source: JsonObject, at: Path, problems: Problems): void {
  const registry = textAt(source, "registry");
  const registryAt = at.child("registry");
  const detail = "must be a host:port pair or multiple pairs separated by commas";
  if (registry === "") problems.required(registryAt, detail);
  else if (byteLength(textAt(source, "tenant")) > TENANT_LENGTH_MAX) {
    problems.required(
      at.child("tenant"),
      `must be a UUID and may not exceed a length of ${TENANT_LENGTH_MAX} characters`,
    );
  } else {
    for (const pair of registry.split(",")) {
      if (!HOST_AND_PORT.test(pair)) problems.invalid(registryAt, registry, detail);
    }
  }
  if (textAt(source, "volume") === "") problems.required(at.child("volume"));
}

function validateAzureDisk(source: JsonObject, at: Path, problems: Problems): void {
  for (const [field, supported] of AZURE_OPTIONS) {
    const value = maybeTextAt(source, field);
    if (value !== undefined && !supported.includes(value))
      problems.notSupported(at.child(field), value, supported);
  }
  const kind = maybeTextAt(source, "kind");
  if (kind === undefined) return;
  const uri = textAt(source, "diskURI");
  const [start, form] = kind === "Managed" ? AZURE_MANAGED_DISK : AZURE_BLOB_DISK;
  if (!uri.startsWith(start)) problems.notSupported(at.child("diskURI"), uri, [form]);
}

/** Only labels and annotations of the claim may be said. */
export function validateClaimTemplate(template: JsonObject, at: Path, problems: Problems): void {
  const metadata = objectAt(template, "metadata") ?? {};
  const here = at.child("metadata");
  for (const field in metadata) {
    if (field === "labels")
      validateLabels(objectAt(metadata, field) ?? {}, here.child(field), problems);
    else if (field === "annotations")
      validateAnnotations(objectAt(metadata, field) ?? {}, here.child(field), problems);
    else if (isSaid(metadata, field)) {
      // Upstream makes the name from that of Go's field.
      problems.forbidden(here.child(field === "uid" ? "uID" : field), "cannot be set");
    }
  }
  validateClaimSpec(objectAt(template, "spec") ?? {}, at.child("spec"), problems);
}

/** A pointer to zero counts as set. */
function isSaid(metadata: JsonObject, field: string): boolean {
  if (field === "deletionGracePeriodSeconds") return !isNil(metadata[field]);
  return !isZero(metadata[field]);
}
