/** Upstream: pkg/apis/core/validation/validation.go ValidateSecurityContext, validatePodSpecSecurityContext @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  maybeNumberAt,
  maybeTextAt,
  objectAt,
  textAt,
  textsAt,
} from "../../json-fields.ts";
import { byteLength, matches, userOrGroupId } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateDescendingPath } from "./local-path.ts";
import type { PodContext } from "./pod-context.ts";
import { validateWindowsOptions } from "./windows-options.ts";

const PROFILE_TYPES: readonly string[] = ["Localhost", "RuntimeDefault", "Unconfined"];
const APP_ARMOR_PROFILE_MAX = 4095;
const SYSCTL_MAX = 253;
const SYSCTL = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const SYSCTL_PATTERN = new RegExp(SYSCTL);

export function validateContainerSecurityContext(
  container: JsonObject,
  at: Path,
  context: PodContext,
): void {
  const security = objectAt(container, "securityContext");
  if (security === undefined) return;
  const { problems } = context;
  const here = at.child("securityContext");
  validateIds(security, ["runAsUser", "runAsGroup"], here, problems);
  const procMount = maybeTextAt(security, "procMount");
  if (procMount !== undefined) {
    if (procMount !== "Default" && procMount !== "Unmasked") {
      problems.notSupported(here.child("procMount"), procMount, ["Default", "Unmasked"]);
    }
    if (procMount === "Unmasked" && context.hostUsers) {
      problems.invalid(
        here.child("procMount"),
        procMount,
        "`hostUsers` must be false to use `Unmasked`",
      );
    }
  }
  validateSeccompProfile(security, here, problems);
  if (security.allowPrivilegeEscalation === false) {
    if (security.privileged === true) {
      const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
      problems.invalid(here, security, detail);
    }
    if (textsAt(objectAt(security, "capabilities"), "add").includes("CAP_SYS_ADMIN")) {
      const detail =
        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
      problems.invalid(here, security, detail);
    }
  }
  validateWindowsOptions(
    objectAt(security, "windowsOptions"),
    here.child("windowsOptions"),
    problems,
  );
  validateAppArmorProfile(security, here, problems);
}

/** Kernel settings of the namespaces that a pod may share with the host. Upstream: component-helpers node/util/sysctl */
const SHARED_NAMESPACES: readonly (readonly [field: string, settings: RegExp])[] = [
  ["hostNetwork", /^net\./],
  ["hostIPC", /^(?:kernel\.(?:sem$|shm|msg)|fs\.mqueue\.)/],
];

export function validatePodSecurityContext(spec: JsonObject, at: Path, problems: Problems): void {
  const security = objectAt(spec, "securityContext");
  if (security === undefined) return;
  const here = at.child("securityContext");
  validateIds(security, ["fsGroup", "runAsUser", "runAsGroup"], here, problems);
  const groups = security.supplementalGroups;
  if (Array.isArray(groups)) {
    groups.forEach((group, i) => {
      if (typeof group !== "number") return;
      problems.invalidEach(here.child("supplementalGroups").index(i), group, userOrGroupId(group));
    });
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    problems.invalid(here.child("shareProcessNamespace"), true, detail);
  }
  validateSysctls(spec, security, here.child("sysctls"), problems);
  validateOption(security, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], here, problems);
  validateSeccompProfile(security, here, problems);
  validateWindowsOptions(
    objectAt(security, "windowsOptions"),
    here.child("windowsOptions"),
    problems,
  );
  validateAppArmorProfile(security, here, problems);
  validateOption(security, "supplementalGroupsPolicy", ["Merge", "Strict"], here, problems);
  // With the gate SELinuxMount off.
  validateOption(security, "seLinuxChangePolicy", ["Recursive"], here, problems);
}

function validateIds(
  security: JsonObject,
  fields: readonly string[],
  at: Path,
  problems: Problems,
): void {
  for (const field of fields) {
    const id = maybeNumberAt(security, field);
    if (id !== undefined) problems.invalidEach(at.child(field), id, userOrGroupId(id));
  }
}

function validateOption(
  security: JsonObject,
  field: string,
  supported: readonly string[],
  at: Path,
  problems: Problems,
): void {
  const value = maybeTextAt(security, field);
  if (value !== undefined && !supported.includes(value))
    problems.notSupported(at.child(field), value, supported);
}

function validateSysctls(
  spec: JsonObject,
  security: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const names = new Set<string>();
  itemsAt(security, "sysctls").forEach((sysctl, i) => {
    const name = textAt(sysctl, "name");
    const here = at.index(i).child("name");
    if (name === "") problems.required(here);
    else if (name.length > SYSCTL_MAX || !matches(SYSCTL_PATTERN, name)) {
      problems.invalid(
        here,
        name,
        `must have at most ${SYSCTL_MAX} characters and match regex ${SYSCTL}`,
      );
    } else if (names.has(name)) problems.duplicate(here, name);
    names.add(name);
    for (const [field, of] of SHARED_NAMESPACES) {
      if (spec[field] === true && matches(of, name.replaceAll("/", ".")))
        problems.invalid(here, name, `may not be specified when '${field}' is true`);
    }
  });
}

export function validateSeccompProfile(security: JsonObject, at: Path, problems: Problems): void {
  const profile = objectAt(security, "seccompProfile");
  if (profile === undefined) return;
  const here = at.child("seccompProfile");
  const type = textAt(profile, "type");
  if (type === "")
    problems.required(here.child("type"), "type is required when seccompProfile is set");
  else if (!PROFILE_TYPES.includes(type))
    problems.notSupported(here.child("type"), type, PROFILE_TYPES);
  const localhost = maybeTextAt(profile, "localhostProfile");
  if (type !== "Localhost") {
    if (localhost !== undefined) {
      const detail = "can only be set when seccomp type is Localhost";
      const shown = { Type: type, LocalhostProfile: localhost };
      problems.invalid(here.child("localhostProfile"), shown, detail);
    }
  } else if (localhost === undefined) {
    problems.required(here.child("localhostProfile"), "must be set when seccomp type is Localhost");
  } else {
    validateDescendingPath(localhost, here.child("localhostProfile"), problems);
  }
}

function validateAppArmorProfile(security: JsonObject, at: Path, problems: Problems): void {
  const profile = objectAt(security, "appArmorProfile");
  if (profile === undefined) return;
  const here = at.child("appArmorProfile");
  const type = textAt(profile, "type");
  const localhostAt = here.child("localhostProfile");
  const localhost = maybeTextAt(profile, "localhostProfile");
  if (type === "")
    problems.required(here.child("type"), "type is required when appArmorProfile is set");
  else if (!PROFILE_TYPES.includes(type))
    problems.notSupported(here.child("type"), type, PROFILE_TYPES);
  else if (type !== "Localhost") {
    if (localhost !== undefined) {
      problems.invalid(localhostAt, localhost, "can only be set when AppArmor type is Localhost");
    }
  } else if (localhost === undefined || localhost === "") {
    problems.required(localhostAt, "must be set when AppArmor type is Localhost");
  } else {
    if (localhost.trim() !== localhost) {
      problems.invalid(localhostAt, localhost, "must not be padded with whitespace");
    }
    if (byteLength(localhost) > APP_ARMOR_PROFILE_MAX)
      problems.tooLong(localhostAt, APP_ARMOR_PROFILE_MAX);
  }
}

/** A user namespace of its own excludes the host's others. */
export function validateHostUsers(spec: JsonObject, at: Path, problems: Problems): void {
  if (spec.hostUsers !== false) return;
  const detail = "when `hostUsers` is false";
  if (spec.hostNetwork === true) problems.forbidden(at.child("hostNetwork"), detail);
  if (spec.hostPID === true) problems.forbidden(at.child("HostPID"), detail);
  if (spec.hostIPC === true) problems.forbidden(at.child("HostIPC"), detail);
  for (const list of ["initContainers", "containers", "ephemeralContainers"]) {
    itemsAt(spec, list).forEach((container, i) => {
      if (isZero(container.volumeDevices)) return;
      problems.forbidden(at.child(list).index(i).child("volumeDevices"), detail);
    });
  }
}

export function usesHostUsers(spec: JsonObject): boolean {
  return isNil(spec.hostUsers) || spec.hostUsers === true;
}
