/** Upstream: pkg/apis/core/validation/validation.go validateOS, validateLinux, validateWindows @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, isZero, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

const NOT_ON_WINDOWS = "cannot be set for a windows pod";
const NOT_ON_LINUX = "windows options cannot be set for a linux pod";
const POD_FIELDS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];
const CONTAINER_FIELDS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

export function validateOperatingSystem(spec: JsonObject, at: Path, problems: Problems): void {
  const os = objectAt(spec, "os");
  if (os === undefined) return;
  const name = textAt(os, "name");
  if (name === "") problems.required(at.child("os").child("name"));
  else if (name === "linux") validateLinux(spec, at, problems);
  else if (name === "windows") validateWindows(spec, at, problems);
  else problems.notSupported(at.child("os"), name, ["linux", "windows"]);
}

function validateLinux(spec: JsonObject, at: Path, problems: Problems): void {
  forEachSecurityContext(spec, at, (security, here) => {
    if (!isNil(security.windowsOptions))
      problems.forbidden(here.child("windowsOptions"), NOT_ON_LINUX);
  });
}

function validateWindows(spec: JsonObject, at: Path, problems: Problems): void {
  const security = at.child("securityContext");
  if (!isNil(spec.hostUsers)) problems.forbidden(at.child("hostUsers"), NOT_ON_WINDOWS);
  if (spec.hostPID === true) problems.forbidden(security.child("hostPID"), NOT_ON_WINDOWS);
  if (spec.hostIPC === true) problems.forbidden(security.child("hostIPC"), NOT_ON_WINDOWS);
  if (!isNil(spec.shareProcessNamespace)) {
    problems.forbidden(security.child("shareProcessNamespace"), NOT_ON_WINDOWS);
  }
  forEachSecurityContext(spec, at, (context, here, isPod) => {
    for (const field of isPod ? POD_FIELDS : CONTAINER_FIELDS) {
      if (!isNil(context[field]) && !(field === "sysctls" && isZero(context[field]))) {
        problems.forbidden(here.child(field), NOT_ON_WINDOWS);
      }
    }
  });
}

function forEachSecurityContext(
  spec: JsonObject,
  at: Path,
  visit: (security: JsonObject, at: Path, isPod: boolean) => void,
): void {
  const pod = objectAt(spec, "securityContext");
  if (pod !== undefined) visit(pod, at.child("securityContext"), true);
  for (const field of ["initContainers", "containers", "ephemeralContainers"]) {
    itemsAt(spec, field).forEach((container, i) => {
      const security = objectAt(container, "securityContext");
      if (security !== undefined)
        visit(security, at.child(field).index(i).child("securityContext"), false);
    });
  }
}
