/**
 * Annotations of pods that mean something to the server.
 *
 * Upstream: pkg/apis/core/validation/validation.go ValidatePodSpecificAnnotations and
 * validateSeccompAnnotationsAndFields @1.36
 */
import type { JsonObject } from "@kubets/api";
import { entryOf, itemsAt, objectAt, textAt } from "../../json-fields.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateDescendingPath } from "./local-path.ts";

const MIRROR = "kubernetes.io/config.mirror";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
const INT32_MAX = 2_147_483_647;

export function validatePodAnnotations(
  metadata: JsonObject | undefined,
  spec: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const annotations = objectAt(metadata, "annotations");
  if (annotations === undefined) return;
  for (const key in annotations) {
    const value = annotations[key];
    if (typeof value !== "string") continue;
    if (key === MIRROR) {
      if (textAt(spec, "nodeName") === "") {
        problems.invalid(
          at.key(key),
          value,
          "must set spec.nodeName if mirror pod annotation is set",
        );
      }
    } else if (key === DELETION_COST) {
      if (!isInt32(value)) problems.invalid(at.key(key), value, "must be a 32bit integer");
    } else if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) {
      validateSeccomp(value, at.child(key), problems);
    } else if (key.startsWith(APP_ARMOR)) {
      validateAppArmor(key, value, { spec, at: at.key(key), problems });
    }
  }
}

/** Written as Go reads it: no plus sign, no leading zeros. */
function isInt32(text: string): boolean {
  return (
    /^(?:0|-?[1-9]\d{0,9})$/.test(text) &&
    Math.abs(Number(text)) <= INT32_MAX + (text.startsWith("-") ? 1 : 0)
  );
}

function validateSeccomp(profile: string, at: Path, problems: Problems): void {
  if (profile === "runtime/default" || profile === "docker/default" || profile === "unconfined")
    return;
  if (profile.startsWith("localhost/")) {
    validateDescendingPath(profile.slice("localhost/".length), at, problems);
  } else {
    problems.invalid(at, profile, "must be a valid seccomp profile");
  }
}

function validateAppArmor(
  key: string,
  profile: string,
  {
    spec,
    at,
    problems,
  }: { readonly spec: JsonObject; readonly at: Path; readonly problems: Problems },
): void {
  const name = key.slice(APP_ARMOR.length);
  const found = ["containers", "initContainers", "ephemeralContainers"].some((field) =>
    itemsAt(spec, field).some((container) => textAt(container, "name") === name),
  );
  if (!found) problems.invalid(at, name, "container not found");
  const isKnown = profile === "" || profile === "runtime/default" || profile === "unconfined";
  if (!isKnown && !profile.startsWith("localhost/")) {
    problems.invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`);
  }
}

/** An annotation and the field that replaced it must agree. */
export function validateSeccompAnnotations(
  metadata: JsonObject | undefined,
  spec: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const annotations = objectAt(metadata, "annotations");
  if (annotations === undefined) return;
  const check = (holder: JsonObject, key: string, here: Path): void => {
    const profile = objectAt(objectAt(holder, "securityContext"), "seccompProfile");
    const annotation = entryOf(annotations, key);
    if (profile === undefined || annotation === undefined) return;
    validateMatch(
      annotation,
      profile,
      here.child("securityContext").child("seccompProfile"),
      problems,
    );
  };
  check(spec, SECCOMP_POD, at);
  for (const field of ["initContainers", "containers", "ephemeralContainers"]) {
    itemsAt(spec, field).forEach((container, i) => {
      check(container, SECCOMP_CONTAINER + textAt(container, "name"), at.child(field).index(i));
    });
  }
}

function validateMatch(
  annotation: string,
  profile: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const type = textAt(profile, "type");
  const matches =
    type === "Unconfined"
      ? annotation === "unconfined"
      : type === "RuntimeDefault"
        ? annotation === "runtime/default" || annotation === "docker/default"
        : type !== "Localhost" || annotation.startsWith("localhost/");
  if (!matches)
    problems.forbidden(at.child("type"), "seccomp type in annotation and field must match");
  else if (
    type === "Localhost" &&
    annotation !== `localhost/${textAt(profile, "localhostProfile")}`
  ) {
    problems.forbidden(
      at.child("localhostProfile"),
      "seccomp profile in annotation and field must match",
    );
  }
}

/** Mirror pods stay mirror pods, and AppArmor annotations stay as they are. */
export function validateAnnotationUpdates(
  object: JsonObject,
  old: JsonObject,
  at: Path,
  problems: Problems,
): void {
  const after = objectAt(objectAt(object, "metadata"), "annotations") ?? {};
  const before = objectAt(objectAt(old, "metadata"), "annotations") ?? {};
  for (const key in before) {
    if (entryOf(after, key) === entryOf(before, key)) continue;
    if (key.startsWith(APP_ARMOR))
      problems.forbidden(at.key(key), "may not remove or update AppArmor annotations");
    if (key === MIRROR)
      problems.forbidden(at.key(key), "may not remove or update mirror pod annotation");
  }
  for (const key in after) {
    if (Object.hasOwn(before, key)) continue;
    if (key.startsWith(APP_ARMOR))
      problems.forbidden(at.key(key), "may not add AppArmor annotations");
    if (key === MIRROR) problems.forbidden(at.key(key), "may not add mirror pod annotation");
  }
}

export function isMirrorPod(pod: JsonObject): boolean {
  return entryOf(objectAt(objectAt(pod, "metadata"), "annotations"), MIRROR) !== undefined;
}
