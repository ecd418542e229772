/** Upstream: pkg/api/pod/warnings.go warningsForPodSpecAndMeta, the parts about containers @1.36 */
import type { JsonObject } from "@kubets/api";
import { entryOf, isNil, itemsAt, numberAt, objectAt, textAt } from "../json-fields.ts";
import { goQuote } from "../validation/go-quote.ts";
import type { Path } from "../validation/path.ts";
import { semanticEqual } from "../validation/semantic-equal.ts";
import { warnOfFraction } from "./fraction-warnings.ts";
import type { PodPlaces } from "./pod-places.ts";
import type { Warn } from "./warn.ts";

const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
const LOCALHOST = "localhost/";

interface PlacedContainer {
  readonly container: JsonObject;
  readonly at: Path;
}

export function warnOfContainers(
  annotations: JsonObject | undefined,
  spec: JsonObject,
  places: PodPlaces,
  warn: Warn,
): void {
  const security = objectAt(spec, "securityContext");
  if (isNil(security?.seccompProfile) && entryOf(annotations, SECCOMP_POD) !== undefined) {
    warn(`${places.annotations.key(SECCOMP_POD)}: ${SECCOMP}`);
  }
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((field) =>
    itemsAt(spec, field).map(
      (container, i): PlacedContainer => ({ container, at: places.spec.child(field).index(i) }),
    ),
  );
  for (const placed of containers) {
    warnOfAnnotations(placed.container, { annotations, security, places }, warn);
    warnOfResources(placed, warn);
    warnOfEnvironment(placed, warn);
  }
  warnOfPorts(containers, warn);
  warnOfPortNames(containers, warn);
}

function warnOfAnnotations(
  container: JsonObject,
  of: {
    readonly annotations: JsonObject | undefined;
    readonly security: JsonObject | undefined;
    readonly places: PodPlaces;
  },
  warn: Warn,
): void {
  const { annotations, security, places } = of;
  if (annotations === undefined) return;
  const name = textAt(container, "name");
  const own = objectAt(container, "securityContext");
  const seccomp = `${SECCOMP_CONTAINER}${name}`;
  if (isNil(own?.seccompProfile) && entryOf(annotations, seccomp) !== undefined) {
    warn(`${places.annotations.key(seccomp)}: ${SECCOMP}`);
  }
  // Of pods themselves this is told when the annotation is made into the field.
  if (!places.isTemplate || !isNil(own?.appArmorProfile)) return;
  const key = `${APP_ARMOR}${name}`;
  const annotation = entryOf(annotations, key);
  if (annotation === undefined) return;
  const profile = security?.appArmorProfile;
  if (!isNil(profile) && semanticEqual(profile, profileOf(annotation))) return;
  warn(
    `${places.annotations.key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`,
  );
}

function profileOf(annotation: string): JsonObject | null {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  if (!annotation.startsWith(LOCALHOST)) return null;
  const localhostProfile = annotation.slice(LOCALHOST.length);
  return localhostProfile === "" ? null : { type: "Localhost", localhostProfile };
}

function warnOfResources({ container, at }: PlacedContainer, warn: Warn): void {
  const resources = objectAt(container, "resources");
  for (const resource of ["memory", "ephemeral-storage"]) {
    for (const kind of ["limits", "requests"]) {
      const here = at.child("resources").child(kind);
      warnOfFraction(objectAt(resources, kind), resource, here, warn);
    }
  }
}

function warnOfEnvironment({ container, at }: PlacedContainer, warn: Warn): void {
  const names = new Set<string>();
  itemsAt(container, "env").forEach((variable, i) => {
    const name = textAt(variable, "name");
    const reference = `$(${name})`;
    const value = textAt(variable, "value");
    // One that builds on the earlier value is meant so.
    const builds = isNil(variable.valueFrom) && value !== reference && value.includes(reference);
    if (names.has(name) && !builds) {
      warn(
        `${at.child("env").index(i)}: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`,
      );
    }
    names.add(name);
  });
}

/** So many definitions of one port are held against each other, and so many that overlap are told; more help nobody. */
const COMPARED_MAX = 100;

function warnOfPorts(containers: readonly PlacedContainer[], warn: Warn): void {
  const all = new Map<string, { readonly port: JsonObject; readonly at: Path }[]>();
  let told = 0;
  for (const { container, at: containerAt } of containers) {
    itemsAt(container, "ports").forEach((port, i) => {
      const at = containerAt.child("ports").index(i);
      const hostIp = textAt(port, "hostIP");
      const hostPort = numberAt(port, "hostPort");
      if (hostIp !== "" && hostPort === 0) {
        warn(`${at}: hostIP set without hostPort: ${goPort(port)}`);
      }
      const key = `${numberAt(port, "containerPort")}/${textAt(port, "protocol")}`;
      const others = all.get(key) ?? [];
      for (const other of told < COMPARED_MAX ? others : []) {
        const how = overlap(port, other.port);
        if (how === undefined) continue;
        warn(`${at}: ${how} port definition with ${other.at}`);
        told += 1;
      }
      if (others.length < COMPARED_MAX) others.push({ port, at });
      all.set(key, others);
    });
  }
}

function overlap(one: JsonObject, other: JsonObject): string | undefined {
  const [ip, otherIp] = [textAt(one, "hostIP"), textAt(other, "hostIP")];
  const [port, otherPort] = [numberAt(one, "hostPort"), numberAt(other, "hostPort")];
  if (ip === otherIp && port === otherPort) return "duplicate";
  if (port === 0 || otherPort === 0) return "overlapping";
  return port === otherPort && (ip === "") !== (otherIp === "")
    ? "dangerously ambiguous"
    : undefined;
}

/** As Go's "%+v" prints the port. */
function goPort(port: JsonObject): string {
  return `{Name:${textAt(port, "name")} HostPort:${numberAt(port, "hostPort")} ContainerPort:${numberAt(port, "containerPort")} Protocol:${textAt(port, "protocol")} HostIP:${textAt(port, "hostIP")}}`;
}

function warnOfPortNames(containers: readonly PlacedContainer[], warn: Warn): void {
  const names = new Map<string, Path>();
  for (const { container, at: containerAt } of containers) {
    itemsAt(container, "ports").forEach((port, i) => {
      const name = textAt(port, "name");
      if (name === "") return;
      const at = containerAt.child("ports").index(i);
      const other = names.get(name);
      if (other === undefined) names.set(name, at);
      else {
        warn(
          `${at}: duplicate port name ${goQuote(name)} with ${other}, services and probes that select ports by name will use ${other}`,
        );
      }
    });
  }
}
