/** Upstream: pkg/apis/core/validation/validation.go ValidateVolumes, validateVolumeSource @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { nanosOf } from "../resource-names.ts";
import { validateDescendingPath, validateNoBacksteps } from "./local-path.ts";
import { validateProjectedVolume } from "./projected-volume.ts";
import { validateClaimTemplate, validateOtherVolume } from "./storage-volumes.ts";
import { validateDownwardFile, validateKeyToPath, validateMode } from "./volume-files.ts";

const SOURCE_ORDER: readonly string[] = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];
/** How upstream writes these where there is another source already … */
const NAMES_OF_SECOND: Readonly<Record<string, string>> = {
  cephfs: "cephFS",
  downwardAPI: "downwarAPI",
};
/** … and above what is wrong inside. */
const NAMES_ABOVE: Readonly<Record<string, string>> = { gcePersistentDisk: "persistentDisk" };
const HOST_PATH_TYPES: readonly string[] = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];
export const PULL_POLICIES: readonly string[] = ["Always", "IfNotPresent", "Never"];

export interface VolumeRules {
  /** "" in templates. */
  readonly podName: string;
  readonly isPod: boolean;
  readonly problems: Problems;
}

/** The volumes by name, of which each name counts once. */
export function validateVolumes(
  spec: JsonObject,
  at: Path,
  rules: VolumeRules,
): Map<string, JsonObject> {
  const volumes = new Map<string, JsonObject>();
  const list = itemsAt(spec, "volumes");
  const { problems } = rules;
  let ephemeralClaims: ReadonlySet<string> | undefined;
  list.forEach((volume, i) => {
    const here = at.child("volumes").index(i);
    const name = textAt(volume, "name");
    const count = problems.causes.length;
    validateSource(volume, here, rules);
    if (name === "") problems.required(here.child("name"));
    else problems.invalidEach(here.child("name"), name, dns1123Label(name));
    if (volumes.has(name)) problems.duplicate(here.child("name"), name);
    // A volume that something is wrong with is none to the mounts.
    if (problems.causes.length === count) volumes.set(name, volume);
    const claim = textAt(objectAt(volume, "persistentVolumeClaim"), "claimName");
    if (claim === "" || rules.podName === "") return;
    ephemeralClaims ??= ephemeralClaimsOf(list, rules.podName);
    if (ephemeralClaims.has(claim)) {
      const detail = "must not reference a PVC that gets created for an ephemeral volume";
      problems.invalid(here.child("persistentVolumeClaim").child("claimName"), claim, detail);
    }
  });
  return volumes;
}

/** The names of the claims that are made for the volumes of a pod. */
function ephemeralClaimsOf(volumes: readonly JsonObject[], podName: string): ReadonlySet<string> {
  const ephemeral = volumes.filter((volume) => objectAt(volume, "ephemeral") !== undefined);
  return new Set(ephemeral.map((volume) => `${podName}-${textAt(volume, "name")}`));
}

function validateSource(volume: JsonObject, at: Path, rules: VolumeRules): void {
  const { problems } = rules;
  const given: string[] = [];
  for (const field in volume) {
    if (field !== "name" && objectAt(volume, field) !== undefined) given.push(field);
  }
  if (given.length === 0) problems.required(at, "must specify a volume type");
  // The first in upstream's order is the one that counts.
  if (given.length > 1) given.sort((a, b) => SOURCE_ORDER.indexOf(a) - SOURCE_ORDER.indexOf(b));
  given.forEach((field, i) => {
    const source = objectAt(volume, field);
    if (i > 0) {
      const name = NAMES_OF_SECOND[field] ?? field;
      problems.forbidden(at.child(name), "may not specify more than 1 volume type");
    } else if (source !== undefined) {
      const here = at.child(NAMES_ABOVE[field] ?? field);
      validateVolumeType(field, { source, volume, at: here, volumeAt: at }, rules);
    }
  });
}

interface Source {
  readonly source: JsonObject;
  readonly volume: JsonObject;
  readonly at: Path;
  readonly volumeAt: Path;
}

function validateVolumeType(type: string, of: Source, rules: VolumeRules): void {
  const { source, at } = of;
  const { problems } = rules;
  switch (type) {
    case "emptyDir": {
      const limit = nanosOf(source.sizeLimit);
      if (limit !== undefined && limit < 0n) {
        problems.forbidden(
          at.child("sizeLimit"),
          "SizeLimit field must be a valid resource quantity",
        );
      }
      break;
    }
    case "hostPath":
      validateHostPath(source, at, problems);
      break;
    case "secret":
      if (textAt(source, "secretName") === "") problems.required(at.child("secretName"));
      validateFiles(source, at, problems);
      break;
    case "configMap":
      if (textAt(source, "name") === "") problems.required(at.child("name"));
      validateFiles(source, at, problems);
      break;
    case "downwardAPI":
      validateMode(source, "defaultMode", at, problems);
      for (const file of itemsAt(source, "items")) validateDownwardFile(file, at, problems);
      break;
    case "projected":
      validateMode(source, "defaultMode", at, problems);
      validateProjectedVolume(source, at, problems);
      break;
    case "persistentVolumeClaim":
      if (textAt(source, "claimName") === "") problems.required(at.child("claimName"));
      break;
    case "image":
      validateImage(source, at, rules);
      break;
    case "gitRepo":
      if (textAt(source, "repository") === "") problems.required(at.child("repository"));
      validateDescendingPath(textAt(source, "directory"), at.child("directory"), problems);
      break;
    case "ephemeral":
      validateEphemeral(of, rules);
      break;
    default:
      validateOtherVolume(type, source, {
        name: textAt(of.volume, "name"),
        at,
        volumeAt: of.volumeAt,
        problems,
      });
  }
}

function validateHostPath(source: JsonObject, at: Path, problems: Problems): void {
  const path = textAt(source, "path");
  if (path === "") {
    problems.required(at.child("path"));
    return;
  }
  validateNoBacksteps(path, at.child("path"), problems);
  const type = maybeTextAt(source, "type");
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
    problems.notSupported(at.child("type"), type, HOST_PATH_TYPES);
  }
}

function validateFiles(source: JsonObject, at: Path, problems: Problems): void {
  validateMode(source, "defaultMode", at, problems);
  itemsAt(source, "items").forEach((item, i) => {
    validateKeyToPath(item, at.child("items").index(i), problems);
  });
}

function validateImage(source: JsonObject, at: Path, { isPod, problems }: VolumeRules): void {
  // A template may leave the image to what fills it in.
  if (isPod && textAt(source, "reference") === "") problems.required(at.child("reference"));
  const policy = textAt(source, "pullPolicy");
  if (policy === "") problems.required(at.child("pullPolicy"));
  else if (!PULL_POLICIES.includes(policy))
    problems.notSupported(at.child("pullPolicy"), policy, PULL_POLICIES);
}

function validateEphemeral({ source, volume, at, volumeAt }: Source, rules: VolumeRules): void {
  const template = objectAt(source, "volumeClaimTemplate");
  if (template === undefined) rules.problems.required(at.child("volumeClaimTemplate"));
  else validateClaimTemplate(template, at.child("volumeClaimTemplate"), rules.problems);
  const name = textAt(volume, "name");
  if (rules.podName === "" || name === "") return;
  const claim = `${rules.podName}-${name}`;
  for (const message of dns1123Subdomain(claim)) {
    rules.problems.invalid(
      volumeAt.child("name"),
      name,
      `PVC name ${JSON.stringify(claim)}: ${message}`,
    );
  }
}
