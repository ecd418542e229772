/** Upstream: pkg/apis/core/validation/validation.go validateContainers and its siblings @1.36 */
import type { JsonObject } from "@kubets/api";
import { isNil, isZero, itemsAt, maybeTextAt, objectAt, textAt } from "../../json-fields.ts";
import { dns1123Label } from "../formats.ts";
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";
import { validateEnv, validateEnvFrom } from "./env.ts";
import { validateVolumeDevices, validateVolumeMounts } from "./mounts.ts";
import type { PodContext } from "./pod-context.ts";
import { validateContainerPorts, validateHostPorts } from "./ports.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateResources } from "./resources.ts";
import { validateInitRestartRules, validateRestartRules } from "./restart-rules.ts";
import { validateContainerSecurityContext } from "./security-context.ts";
import { PULL_POLICIES } from "./volumes.ts";

const MESSAGE_POLICIES: readonly string[] = ["File", "FallbackToLogsOnError"];
const ONLY_SIDECARS = "may not be set for init containers without restartPolicy=Always";
const NOT_EPHEMERAL = "cannot be set for an Ephemeral Container";

export function validateContainers(spec: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  const containers = itemsAt(spec, "containers");
  const listAt = at.child("containers");
  if (containers.length === 0) {
    problems.required(listAt);
    return;
  }
  const names = new Set<string>();
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i];
    if (container === undefined) continue;
    const here = listAt.index(i);
    validateContainer(container, here, context);
    validateUniqueName(container, names, here, problems);
    validateLifecycle(container, here, context);
    validateProbes(container, here, context);
    validateRestartRules(container, here, problems);
  }
  validateHostPorts(containers, listAt, problems);
}

export function validateInitContainers(spec: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  const names = new Set(itemsAt(spec, "containers").map((container) => textAt(container, "name")));
  itemsAt(spec, "initContainers").forEach((container, i) => {
    const listAt = at.child("initContainers");
    const here = listAt.index(i);
    validateContainer(container, here, context);
    validateInitRestartRules(container, here, problems);
    validateUniqueName(container, names, here, problems);
    // They run one after another, so each is alone with its ports.
    validateHostPorts([container], listAt, problems);
    if (maybeTextAt(container, "restartPolicy") === "Always") {
      validateLifecycle(container, here, context);
      validateProbes(container, here, context);
      return;
    }
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]) {
      if (!isNil(container[field])) problems.forbidden(here.child(field), ONLY_SIDECARS);
    }
    itemsAt(container, "resizePolicy").forEach((policy, p) => {
      if (policy.restartPolicy !== "RestartContainer") return;
      const policyAt = here.child("resizePolicy").index(p).child("restartPolicy");
      problems.invalid(policyAt, "RestartContainer", "must not be set for init containers");
    });
  });
}

const FORBIDDEN_EPHEMERAL = [
  "ports",
  "resources",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
  "resizePolicy",
  "restartPolicy",
];

export function validateEphemeralContainers(spec: JsonObject, at: Path, context: PodContext): void {
  const containers = itemsAt(spec, "ephemeralContainers");
  if (containers.length === 0) return;
  const { problems } = context;
  const others = new Set(
    ["containers", "initContainers"].flatMap((field) =>
      itemsAt(spec, field).map((c) => textAt(c, "name")),
    ),
  );
  const names = new Set(others);
  containers.forEach((container, i) => {
    const here = at.child("ephemeralContainers").index(i);
    validateContainer(container, here, context);
    validateImageSpace(container, here, problems);
    validateUniqueName(container, names, here, problems);
    const target = textAt(container, "targetContainerName");
    if (target !== "" && !others.has(target))
      problems.notFound(here.child("targetContainerName"), target);
    for (const field of FORBIDDEN_EPHEMERAL) {
      if (!isZero(container[field])) problems.forbidden(here.child(field), NOT_EPHEMERAL);
    }
    itemsAt(container, "volumeMounts").forEach((mount, m) => {
      for (const field of ["subPath", "subPathExpr"]) {
        if (textAt(mount, field) !== "") {
          problems.forbidden(here.child("volumeMounts").index(m).child(field), NOT_EPHEMERAL);
        }
      }
    });
  });
}

function validateUniqueName(
  container: JsonObject,
  names: Set<string>,
  at: Path,
  problems: Problems,
): void {
  const name = textAt(container, "name");
  if (names.has(name)) problems.duplicate(at.child("name"), name);
  else if (name !== "") names.add(name);
}

/** What all sorts of containers have in common. */
function validateContainer(container: JsonObject, at: Path, context: PodContext): void {
  const { problems } = context;
  const name = textAt(container, "name");
  if (name === "") problems.required(at.child("name"));
  else {
    const messages = dns1123Label(name);
    if (messages.length > 0) problems.invalidEach(at.child("name"), name, messages);
  }
  if (textAt(container, "image") === "") problems.required(at.child("image"));
  requireOneOf(container, "terminationMessagePolicy", MESSAGE_POLICIES, at, problems);
  validateContainerPorts(container, at, problems);
  validateEnv(container, at, context);
  validateEnvFrom(container, at, problems);
  validateVolumeMounts(container, at, context);
  validateVolumeDevices(container, at, context);
  requireOneOf(container, "imagePullPolicy", PULL_POLICIES, at, problems);
  const resources = objectAt(container, "resources");
  if (resources !== undefined) validateResources(resources, at.child("resources"), context);
  validateResizePolicy(container, at, context);
  validateContainerSecurityContext(container, at, context);
  validateStopSignal(container, at, context);
}

export function requireOneOf(
  holder: JsonObject,
  field: string,
  supported: readonly string[],
  at: Path,
  problems: Problems,
): void {
  const value = textAt(holder, field);
  if (value === "") problems.required(at.child(field));
  else if (!supported.includes(value)) problems.notSupported(at.child(field), value, supported);
}

const RESIZE_RESOURCES: readonly string[] = ["cpu", "memory"];
const RESIZE_POLICIES: readonly string[] = ["NotRequired", "RestartContainer"];

function validateResizePolicy(
  container: JsonObject,
  at: Path,
  { restartPolicy, problems }: PodContext,
): void {
  const seen = new Set<string>();
  const here = at.child("resizePolicy");
  itemsAt(container, "resizePolicy").forEach((policy, i) => {
    const resource = textAt(policy, "resourceName");
    const restart = textAt(policy, "restartPolicy");
    if (seen.has(resource)) problems.duplicate(here.index(i), resource);
    seen.add(resource);
    if (resource === "") problems.required(here);
    else if (!RESIZE_RESOURCES.includes(resource))
      problems.notSupported(here, resource, RESIZE_RESOURCES);
    if (restart === "") problems.required(here);
    else if (!RESIZE_POLICIES.includes(restart))
      problems.notSupported(here, restart, RESIZE_POLICIES);
    if (restartPolicy === "Never" && restart !== "NotRequired") {
      problems.invalid(here, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
  });
}

/** Stop signals need the operating system to be known; their gate is off, so they are never kept unseen. */
function validateStopSignal(container: JsonObject, at: Path, { problems }: PodContext): void {
  const lifecycle = objectAt(container, "lifecycle");
  if (lifecycle !== undefined && !isNil(lifecycle.stopSignal)) {
    const detail = "may not be set for containers with empty `spec.os.name`";
    problems.forbidden(at.child("lifecycle").child("stopSignal"), detail);
  }
}

/** Templates keep images with space around them for the sake of old ones. */
export function validateImageSpace(container: JsonObject, at: Path, problems: Problems): void {
  const image = textAt(container, "image");
  if (image !== image.trim()) {
    problems.invalid(at.child("image"), image, "must not have leading or trailing whitespace");
  }
}
