/** Upstream: pkg/apis/core/validation/validation.go ValidateVolumeMounts, ValidateVolumeDevices @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { hasBacksteps, validateDescendingPath } from "./local-path.ts";
import type { PodContext } from "./pod-context.ts";

const PROPAGATIONS: readonly string[] = ["Bidirectional", "HostToContainer", "None"];
const RECURSIVE_READ_ONLY: readonly string[] = ["Disabled", "Enabled", "IfPossible"];

export function validateVolumeMounts(container: JsonObject, at: Path, context: PodContext): void {
  const mounts = itemsAt(container, "volumeMounts");
  if (mounts.length === 0) return;
  const devices = itemsAt(container, "volumeDevices");
  const paths = new Set<string>();
  const listAt = at.child("volumeMounts");
  const privileged = objectAt(container, "securityContext")?.privileged === true;
  mounts.forEach((mount, i) => {
    validateMount(mount, listAt.index(i), { context, devices, paths });
    validateMountOptions(mount, listAt, { privileged, problems: context.problems });
  });
}

interface MountRules {
  readonly context: PodContext;
  readonly devices: readonly JsonObject[];
  readonly paths: Set<string>;
}

function validateMount(mount: JsonObject, at: Path, { context, devices, paths }: MountRules): void {
  const { problems, volumes } = context;
  const name = textAt(mount, "name");
  const mountPath = textAt(mount, "mountPath");
  if (name === "") problems.required(at.child("name"));
  const volume = volumes.get(name);
  if (volume === undefined) problems.notFound(at.child("name"), name);
  if (mountPath === "") problems.required(at.child("mountPath"));
  if (paths.has(mountPath)) problems.invalid(at.child("mountPath"), mountPath, "must be unique");
  paths.add(mountPath);
  if (devices.some((device) => textAt(device, "name") === name)) {
    problems.invalid(at.child("name"), name, "must not already exist in volumeDevices");
  }
  if (devices.some((device) => textAt(device, "devicePath") === mountPath)) {
    problems.invalid(
      at.child("mountPath"),
      mountPath,
      "must not already exist as a path in volumeDevices",
    );
  }
  if (textAt(mount, "subPath") !== "" && textAt(mount, "subPathExpr") !== "") {
    const detail = "subPathExpr and subPath are mutually exclusive";
    problems.invalid(at.child("subPathExpr"), textAt(mount, "subPathExpr"), detail);
  }
}

/** Upstream reports these at the list, not at the item. */
function validateMountOptions(
  mount: JsonObject,
  listAt: Path,
  { privileged, problems }: { readonly privileged: boolean; readonly problems: Problems },
): void {
  for (const field of ["subPath", "subPathExpr"]) {
    const path = textAt(mount, field);
    if (path !== "") validateDescendingPath(path, listAt.child(field), problems);
  }
  const propagation = maybeTextAt(mount, "mountPropagation");
  if (propagation !== undefined) {
    const at = listAt.child("mountPropagation");
    if (!PROPAGATIONS.includes(propagation)) problems.notSupported(at, propagation, PROPAGATIONS);
    if (propagation === "Bidirectional" && !privileged) {
      problems.forbidden(
        at,
        "Bidirectional mount propagation is available only to privileged containers",
      );
    }
  }
  const recursive = maybeTextAt(mount, "recursiveReadOnly");
  if (recursive === undefined || recursive === "Disabled") return;
  const at = listAt.child("recursiveReadOnly");
  if (!RECURSIVE_READ_ONLY.includes(recursive)) {
    problems.notSupported(at, recursive, RECURSIVE_READ_ONLY);
    return;
  }
  if (mount.readOnly !== true)
    problems.forbidden(at, "may only be specified when readOnly is true");
  if (propagation !== undefined && propagation !== "None") {
    problems.forbidden(at, "may only be specified when mountPropagation is None or not specified");
  }
}

export function validateVolumeDevices(
  container: JsonObject,
  at: Path,
  { problems, volumes }: PodContext,
): void {
  const devices = itemsAt(container, "volumeDevices");
  if (devices.length === 0) return;
  const mounts = itemsAt(container, "volumeMounts");
  const names = new Set<string>();
  const paths = new Set<string>();
  devices.forEach((device, i) => {
    const here = at.child("volumeDevices").index(i);
    const name = textAt(device, "name");
    const path = textAt(device, "devicePath");
    if (name === "") problems.required(here.child("name"));
    if (names.has(name)) problems.invalid(here.child("name"), name, "must be unique");
    const volume = volumes.get(name);
    if (volume === undefined) problems.notFound(here.child("name"), name);
    else if (!objectAt(volume, "persistentVolumeClaim") && !objectAt(volume, "ephemeral")) {
      const detail =
        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      problems.invalid(here.child("name"), name, detail);
    }
    if (path === "") problems.required(here.child("devicePath"));
    if (paths.has(path)) problems.invalid(here.child("devicePath"), path, "must be unique");
    if (hasBacksteps(path)) {
      problems.invalid(here.child("devicePath"), path, "can not contain backsteps ('..')");
    } else {
      paths.add(path);
    }
    if (mounts.some((mount) => textAt(mount, "name") === name)) {
      problems.invalid(here.child("name"), name, "must not already exist in volumeMounts");
    }
    if (mounts.some((mount) => textAt(mount, "mountPath") === path)) {
      problems.invalid(
        here.child("devicePath"),
        path,
        "must not already exist as a path in volumeMounts",
      );
    }
    if (name !== "") names.add(name);
  });
}
