/** Upstream: pkg/api/pod/warnings.go warningsForPodSpecAndMeta, pkg/api/node/util.go @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  entryOf,
  isNil,
  itemsAt,
  maybeNumberAt,
  objectAt,
  textAt,
  textsAt,
} from "../json-fields.ts";
import { labelValue } from "../validation/formats.ts";
import { goQuote } from "../validation/go-quote.ts";
import type { Path } from "../validation/path.ts";
import { warnOfContainers } from "./container-warnings.ts";
import { warnOfFraction, warnOfFractions } from "./fraction-warnings.ts";
import { warnOfIp } from "./ip-warnings.ts";
import { warnOfOverlappingPaths } from "./overlapping-paths.ts";
import type { PodPlaces } from "./pod-places.ts";
import type { Warn } from "./warn.ts";

const NODE_LABELS: ReadonlyMap<string, string> = new Map([
  ["beta.kubernetes.io/arch", 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ["beta.kubernetes.io/os", 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  [
    "failure-domain.beta.kubernetes.io/region",
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  ],
  [
    "failure-domain.beta.kubernetes.io/zone",
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ],
  [
    "beta.kubernetes.io/instance-type",
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  ],
  ["app.kubernetes.io/created-by", "deprecated since v1.9"],
  [
    "scheduler.alpha.kubernetes.io/preferAvoidPods",
    "deprecated since v1.22; use Taints and Tolerations instead",
  ],
  ["node-role.kubernetes.io/master", 'use "node-role.kubernetes.io/control-plane" instead'],
]);

const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead';
const ANNOTATIONS: readonly (readonly [string, string])[] = [
  [
    "scheduler.alpha.kubernetes.io/critical-pod",
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  ["security.alpha.kubernetes.io/sysctls", SYSCTLS],
  ["security.alpha.kubernetes.io/unsafe-sysctls", SYSCTLS],
];

const VOLUMES: readonly (readonly [string, string])[] = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["ephemeral", ""],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** The places of two volumes are named by their Go fields. */
const SHOWN_VOLUMES: ReadonlyMap<string, string> = new Map([["storageos", "storageOS"]]);

export const NO_SELECTOR = "a null labelSelector results in matching no pod";

export function warnOfPod(
  metadata: JsonObject | undefined,
  spec: JsonObject,
  places: PodPlaces,
  warn: Warn,
): void {
  const at = places.spec;
  for (const key in objectAt(spec, "nodeSelector")) {
    const text = NODE_LABELS.get(key);
    if (text !== undefined) warn(`${at.child("nodeSelector").key(key)}: ${text}`);
  }
  const affinity = objectAt(spec, "affinity");
  if (affinity !== undefined) warnOfNodeAffinity(affinity, at.child("affinity"), warn);
  itemsAt(spec, "topologySpreadConstraints").forEach((constraint, i) => {
    const here = at.child("topologySpreadConstraints").index(i);
    warnOfLabel(textAt(constraint, "topologyKey"), here.child("topologyKey"), warn);
    if (isNil(constraint.labelSelector)) warn(`${here.child("labelSelector")}: ${NO_SELECTOR}`);
  });
  const annotations = objectAt(metadata, "annotations");
  for (const [key, text] of ANNOTATIONS) {
    if (entryOf(annotations, key) !== undefined) warn(`${places.annotations.key(key)}: ${text}`);
  }
  warnOfVolumes(itemsAt(spec, "volumes"), at.child("volumes"), warn);
  warnOfRepeats(spec, at, warn);
  warnOfFractions(objectAt(spec, "overhead"), at.child("overhead"), warn);
  warnOfContainers(annotations, spec, places, warn);
  if ((maybeNumberAt(spec, "terminationGracePeriodSeconds") ?? 0) < 0) {
    warn(
      `${at.child("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  if (affinity !== undefined) warnOfPodAffinity(affinity, at.child("affinity"), warn);
  const nameservers = at.child("dnsConfig").child("nameservers");
  textsAt(objectAt(spec, "dnsConfig"), "nameservers").forEach((server, i) => {
    warnOfIp(server, nameservers.index(i), warn);
  });
  itemsAt(spec, "hostAliases").forEach((alias, i) => {
    warnOfIp(textAt(alias, "ip"), at.child("hostAliases").index(i).child("ip"), warn);
  });
}

function warnOfLabel(key: string, at: Path, warn: Warn): void {
  const text = NODE_LABELS.get(key);
  if (text !== undefined) warn(`${at}: ${key} is ${text}`);
}

function warnOfNodeAffinity(affinity: JsonObject, affinityAt: Path, warn: Warn): void {
  const node = objectAt(affinity, "nodeAffinity");
  const at = affinityAt.child("nodeAffinity");
  const required = objectAt(node, "requiredDuringSchedulingIgnoredDuringExecution");
  const termsAt = at
    .child("requiredDuringSchedulingIgnoredDuringExecution")
    .child("nodeSelectorTerms");
  itemsAt(required, "nodeSelectorTerms").forEach((term, i) => {
    warnOfTerm(term, false, termsAt.index(i), warn);
  });
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  itemsAt(node, preferred).forEach((term, i) => {
    const here = at.child(preferred).index(i).child("preference");
    warnOfTerm(objectAt(term, "preference") ?? {}, true, here, warn);
  });
}

function warnOfTerm(term: JsonObject, withValues: boolean, at: Path, warn: Warn): void {
  itemsAt(term, "matchExpressions").forEach((expression, i) => {
    const here = at.child("matchExpressions").index(i);
    warnOfLabel(textAt(expression, "key"), here.child("key"), warn);
    if (!withValues) return;
    textsAt(expression, "values").forEach((value, j) => {
      for (const text of labelValue(value)) {
        warn(`${here.child("values").index(j)}: ${value} is invalid, ${text}`);
      }
    });
  });
}

function warnOfPodAffinity(affinity: JsonObject, affinityAt: Path, warn: Warn): void {
  for (const kind of ["podAffinity", "podAntiAffinity"]) {
    const terms = objectAt(affinity, kind);
    const required = "requiredDuringSchedulingIgnoredDuringExecution";
    const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    const at = affinityAt.child(kind);
    itemsAt(terms, required).forEach((term, i) => {
      if (isNil(term.labelSelector))
        warn(`${at.child(required).index(i).child("labelSelector")}: ${NO_SELECTOR}`);
    });
    itemsAt(terms, preferred).forEach((term, i) => {
      if (!isNil(objectAt(term, "podAffinityTerm")?.labelSelector)) return;
      const here = at.child(preferred).index(i).child("podAffinityTerm").child("labelSelector");
      warn(`${here}: ${NO_SELECTOR}`);
    });
  }
}

function warnOfVolumes(volumes: readonly JsonObject[], at: Path, warn: Warn): void {
  volumes.forEach((volume, i) => {
    for (const [field, text] of VOLUMES) {
      if (isNil(volume[field])) continue;
      const here = at.index(i).child(SHOWN_VOLUMES.get(field) ?? field);
      if (text !== "") warn(`${here}: ${text}`);
      else {
        const template = objectAt(objectAt(volume, field), "volumeClaimTemplate");
        const specAt = here.child("volumeClaimTemplate").child("spec");
        warnOfClaim(objectAt(template, "spec"), specAt, warn);
      }
    }
  });
  warnOfOverlappingPaths(volumes, warn);
}

/** Upstream: pkg/api/persistentvolumeclaim/util.go GetWarningsForPersistentVolumeClaimSpec @1.36 */
export function warnOfClaim(spec: JsonObject | undefined, at: Path, warn: Warn): void {
  const resources = objectAt(spec, "resources");
  for (const kind of ["requests", "limits"]) {
    warnOfFraction(objectAt(resources, kind), "storage", at.child("resources").child(kind), warn);
  }
}

function warnOfRepeats(spec: JsonObject, at: Path, warn: Warn): void {
  const addresses = new Set<string>();
  itemsAt(spec, "hostAliases").forEach((alias, i) => {
    const ip = textAt(alias, "ip");
    const here = at.child("hostAliases").index(i).child("ip");
    if (addresses.has(ip)) warn(`${here}: duplicate ip ${goQuote(ip)}`);
    addresses.add(ip);
  });
  const names = new Set<string>();
  const secretAt = at.child("imagePullSecrets");
  const secrets = itemsAt(spec, "imagePullSecrets").map((secret) => textAt(secret, "name"));
  secrets.forEach((name, i) => {
    if (names.has(name))
      warn(`${secretAt.index(i).child("name")}: duplicate name ${goQuote(name)}`);
    names.add(name);
  });
  secrets.forEach((name, i) => {
    if (name === "") warn(`${secretAt.index(i).child("name")}: invalid empty name ""`);
  });
}
