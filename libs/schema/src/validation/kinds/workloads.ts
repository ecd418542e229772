/** Upstream: pkg/apis/apps/validation/validation.go, pkg/apis/core/validation/validation.go @1.36 */
import type { JsonObject } from "@kubets/api";
import {
  isNil,
  isZero,
  itemsAt,
  maybeNumberAt,
  numberAt,
  objectAt,
  textAt,
} from "../../json-fields.ts";
import { dns1123Label } from "../formats.ts";
import type { KindRules } from "../kind-rules.ts";
import { validateNonNegativeNumbers } from "../numbers.ts";
import { validateAnnotations, validateLabelSelector, validateLabels } from "../object-meta.ts";
import { Path, SPEC, STATUS } from "../path.ts";
import { validatePodAnnotations } from "../pod/pod-annotations.ts";
import { validatePodTemplate } from "../pod/pod-template.ts";
import type { Problems } from "../problems.ts";
import { selectorMatches, shownSelector } from "../selector-match.ts";
import { semanticEqual } from "../semantic-equal.ts";
import {
  validateDaemonSetStrategy,
  validateDeploymentStrategy,
  validateStatefulSetStrategy,
} from "./rollout-strategies.ts";

const TEMPLATE = SPEC.child("template");
const SELECTOR = SPEC.child("selector");
const NOT_OVER_REPLICAS = "cannot be greater than status.replicas";

/** Gives what a workload finds by its selector: undefined when the selector is wrong. */
function validateSelector(
  spec: JsonObject,
  options: {
    readonly emptyDetail: string;
    readonly invalidDetail: string;
    readonly problems: Problems;
  },
): PodFinder | undefined {
  const { problems } = options;
  const selector = objectAt(spec, "selector");
  if (selector === undefined) {
    problems.required(SELECTOR);
    return () => false;
  }
  const count = problems.causes.length;
  validateLabelSelector(selector, SELECTOR, problems);
  const isValid = problems.causes.length === count;
  if (isZero(selector.matchLabels) && isZero(selector.matchExpressions)) {
    problems.invalid(SELECTOR, shownSelector(selector), options.emptyDetail);
  }
  if (isValid) return (labels) => selectorMatches(selector, labels);
  problems.invalid(SELECTOR, shownSelector(selector), options.invalidDetail);
  return undefined;
}

/** Whether a pod with these labels is found. */
type PodFinder = (labels: JsonObject) => boolean;

/** Its labels must be found by the selector, and its pods must run for ever. */
function validateTemplate(
  spec: JsonObject,
  owner: string,
  finds: PodFinder,
  problems: Problems,
): void {
  const template = objectAt(spec, "template");
  if (template === undefined) {
    problems.required(TEMPLATE);
    return;
  }
  validateFound(template, finds, problems);
  validatePodTemplate(template, TEMPLATE, problems);
  validateEndless(template, owner, problems);
}

function validateFound(template: JsonObject, finds: PodFinder, problems: Problems): void {
  const labels = objectAt(objectAt(template, "metadata"), "labels");
  if (finds(labels ?? {})) return;
  const at = TEMPLATE.child("metadata").child("labels");
  problems.invalid(at, labels, "`selector` does not match template `labels`");
}

function validateEndless(template: JsonObject, owner: string, problems: Problems): void {
  const podSpec = objectAt(template, "spec");
  const policy = textAt(podSpec, "restartPolicy");
  const at = TEMPLATE.child("spec");
  if (policy !== "Always") problems.notSupported(at.child("restartPolicy"), policy, ["Always"]);
  if (!isNil(podSpec?.activeDeadlineSeconds)) {
    problems.forbidden(
      at.child("activeDeadlineSeconds"),
      `activeDeadlineSeconds in ${owner} is not Supported`,
    );
  }
}

/** Counts that cannot be more than the whole. */
function validateCounts(
  object: JsonObject,
  old: JsonObject,
  fields: readonly string[],
  problems: Problems,
  notOverReady = "cannot be greater than readyReplicas",
): void {
  const status = objectAt(object, "status");
  const all = [
    "replicas",
    ...fields,
    "observedGeneration",
    "terminatingReplicas",
    "collisionCount",
  ];
  validateNonNegativeNumbers(status, all, STATUS, problems);
  const replicas = numberAt(status, "replicas");
  for (const field of fields) {
    const count = numberAt(status, field);
    if (field !== "unavailableReplicas" && count > replicas) {
      problems.invalid(STATUS.child(field), count, NOT_OVER_REPLICAS);
    }
  }
  const available = numberAt(status, "availableReplicas");
  if (available > numberAt(status, "readyReplicas")) {
    problems.invalid(STATUS.child("availableReplicas"), available, notOverReady);
  }
  validateCollisions(object, old, problems);
}

function validateCollisions(object: JsonObject, old: JsonObject, problems: Problems): void {
  const collisions = maybeNumberAt(objectAt(old, "status"), "collisionCount");
  if (collisions === undefined) return;
  const now = maybeNumberAt(objectAt(object, "status"), "collisionCount");
  if (now === undefined || now < collisions) {
    problems.invalid(STATUS.child("collisionCount"), now ?? 0, "cannot be decremented");
  }
}

function immutableSelector(object: JsonObject, old: JsonObject, problems: Problems): void {
  const selector = objectAt(object, "spec")?.selector;
  if (!semanticEqual(selector, objectAt(old, "spec")?.selector))
    problems.immutable(SELECTOR, selector === undefined ? null : shownSelector(selector));
}

/** A kind whose update repeats the checks of a create, with a selector that stays. */
function rulesOf(
  create: (object: JsonObject, problems: Problems) => void,
  counts: readonly string[],
): KindRules {
  return {
    create,
    update(object, old, problems) {
      create(object, problems);
      immutableSelector(object, old, problems);
    },
    subresources: {
      status: (object, old, problems) => validateCounts(object, old, counts, problems),
    },
  };
}

function validateDeployment(deployment: JsonObject, problems: Problems): void {
  const spec = objectAt(deployment, "spec") ?? {};
  validateNonNegativeNumbers(spec, ["replicas"], SPEC, problems);
  const finds = validateSelector(spec, {
    emptyDetail: "empty selector is invalid for deployment",
    invalidDetail: "invalid label selector",
    problems,
  });
  if (finds !== undefined) validateTemplate(spec, "ReplicaSet", finds, problems);
  validateDeploymentStrategy(objectAt(spec, "strategy") ?? {}, SPEC.child("strategy"), problems);
  validateNonNegativeNumbers(
    spec,
    ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"],
    SPEC,
    problems,
  );
  const deadline = maybeNumberAt(spec, "progressDeadlineSeconds");
  if (deadline !== undefined && deadline <= numberAt(spec, "minReadySeconds")) {
    problems.invalid(
      SPEC.child("progressDeadlineSeconds"),
      deadline,
      "must be greater than minReadySeconds",
    );
  }
}

function validateReplicaSet(replicaSet: JsonObject, problems: Problems): void {
  const spec = objectAt(replicaSet, "spec") ?? {};
  validateNonNegativeNumbers(spec, ["replicas", "minReadySeconds"], SPEC, problems);
  const finds = validateSelector(spec, {
    emptyDetail: "empty selector is invalid for deployment",
    invalidDetail: "invalid label selector",
    problems,
  });
  if (finds !== undefined) validateTemplate(spec, "ReplicaSet", finds, problems);
}

function validateDaemonSet(daemonSet: JsonObject, problems: Problems): void {
  const spec = objectAt(daemonSet, "spec") ?? {};
  const selector = objectAt(spec, "selector");
  const template = objectAt(spec, "template") ?? {};
  const count = problems.causes.length;
  validateLabelSelector(selector, SELECTOR, problems);
  if (problems.causes.length === count) {
    const finds: PodFinder = (labels) =>
      selector !== undefined && selectorMatches(selector, labels);
    validateFound(template, finds, problems);
  }
  if (selector !== undefined && isZero(selector.matchLabels) && isZero(selector.matchExpressions)) {
    problems.invalid(SELECTOR, shownSelector(selector), "empty selector is invalid for daemonset");
  }
  validatePodTemplate(template, TEMPLATE, problems);
  validateEndless(template, "DaemonSet", problems);
  validateNonNegativeNumbers(spec, ["minReadySeconds"], SPEC, problems);
  validateDaemonSetStrategy(
    objectAt(spec, "updateStrategy") ?? {},
    SPEC.child("updateStrategy"),
    problems,
  );
  validateNonNegativeNumbers(spec, ["revisionHistoryLimit"], SPEC, problems);
}

const DAEMON_COUNTS = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
];

const daemonSetRules: KindRules = {
  create: validateDaemonSet,
  update(daemonSet, old, problems) {
    immutableSelector(daemonSet, old, problems);
    validateDaemonSet(daemonSet, problems);
  },
  subresources: {
    status(daemonSet, old, problems) {
      validateNonNegativeNumbers(objectAt(daemonSet, "status"), DAEMON_COUNTS, STATUS, problems);
      validateCollisions(daemonSet, old, problems);
    },
  },
};

const POD_MANAGEMENT: readonly string[] = ["OrderedReady", "Parallel"];
const RETENTION: readonly string[] = ["Retain", "Delete"];

function validateStatefulSet(statefulSet: JsonObject, isNew: boolean, problems: Problems): void {
  const spec = objectAt(statefulSet, "spec") ?? {};
  const management = textAt(spec, "podManagementPolicy");
  const managementAt = SPEC.child("podManagementPolicy");
  if (management === "") problems.required(managementAt);
  else if (!POD_MANAGEMENT.includes(management)) {
    problems.invalid(managementAt, management, `must be '${POD_MANAGEMENT.join("' or '")}'`);
  }
  validateStatefulSetStrategy(
    objectAt(spec, "updateStrategy") ?? {},
    SPEC.child("updateStrategy"),
    problems,
  );
  const retention = objectAt(spec, "persistentVolumeClaimRetentionPolicy");
  for (const field of retention === undefined ? [] : ["whenDeleted", "whenScaled"]) {
    const policy = textAt(retention, field);
    if (RETENTION.includes(policy)) continue;
    problems.notSupported(
      SPEC.child("persistentVolumeClaimRetentionPolicy").child(field),
      policy,
      RETENTION,
    );
  }
  validateNonNegativeNumbers(spec, ["replicas", "minReadySeconds"], SPEC, problems);
  validateNonNegativeNumbers(
    objectAt(spec, "ordinals"),
    ["start"],
    SPEC.child("ordinals"),
    problems,
  );
  if (isNew) {
    const name = textAt(spec, "serviceName");
    if (name !== "") problems.invalidEach(SPEC.child("serviceName"), name, dns1123Label(name));
  }
  const finds = validateSelector(spec, {
    emptyDetail: "empty selector is invalid for statefulset",
    invalidDetail: "",
    problems,
  });
  const template = objectAt(withClaimVolumes(spec), "template");
  if (finds !== undefined && template !== undefined) {
    validateFound(template, finds, problems);
    validatePodTemplate(template, TEMPLATE, problems);
    validateTemplateAgain(template, problems);
  }
  validateEndless(template ?? {}, "StatefulSet", problems);
}

/** Upstream looks at a StatefulSet's template metadata a second time. */
function validateTemplateAgain(template: JsonObject, problems: Problems): void {
  const metadata = objectAt(template, "metadata");
  const labels = objectAt(metadata, "labels");
  if (labels !== undefined) validateLabels(labels, TEMPLATE.child("labels"), problems);
  const annotations = objectAt(metadata, "annotations");
  if (annotations === undefined) return;
  const at = TEMPLATE.child("annotations");
  validateAnnotations(annotations, at, problems);
  validatePodAnnotations(metadata, objectAt(template, "spec") ?? {}, at, problems);
}

/** The template as pods will have it: claims that the set makes stand in for the volumes of their names. */
function withClaimVolumes(spec: JsonObject): JsonObject {
  const template = objectAt(spec, "template");
  const claims = itemsAt(spec, "volumeClaimTemplates").map((claim) =>
    textAt(objectAt(claim, "metadata"), "name"),
  );
  const podSpec = objectAt(template, "spec");
  if (podSpec === undefined) return spec;
  const volumes = itemsAt(podSpec, "volumes").filter(
    (volume) => !claims.includes(textAt(volume, "name")),
  );
  const added = [...new Set(claims)].map(
    (name): JsonObject => ({ name, persistentVolumeClaim: { claimName: name } }),
  );
  // The controller sets both names of each pod itself.
  const { hostname: _, subdomain: __, ...rest } = podSpec;
  return {
    ...spec,
    template: { ...template, spec: { ...rest, volumes: [...added, ...volumes] } },
  };
}

const STATEFUL_SET_MAY_CHANGE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];
const STATEFUL_SET_COUNTS = [
  "readyReplicas",
  "currentReplicas",
  "updatedReplicas",
  "availableReplicas",
];

const statefulSetRules: KindRules = {
  create: (statefulSet, problems) => validateStatefulSet(statefulSet, true, problems),
  update(statefulSet, old, problems) {
    validateStatefulSet(statefulSet, false, problems);
    const spec = objectAt(statefulSet, "spec") ?? {};
    const before = objectAt(old, "spec") ?? {};
    const munged: JsonObject = { ...spec };
    for (const field of STATEFUL_SET_MAY_CHANGE) munged[field] = before[field] ?? null;
    if (semanticEqual(munged, before)) return;
    const list = STATEFUL_SET_MAY_CHANGE.map((field) => `'${field}'`);
    const shown = `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
    problems.forbidden(
      SPEC,
      `updates to statefulset spec for fields other than ${shown} are forbidden`,
    );
  },
  subresources: {
    status: (object, old, problems) =>
      validateCounts(
        object,
        old,
        STATEFUL_SET_COUNTS,
        problems,
        "cannot be greater than status.readyReplicas",
      ),
  },
};

function validateReplicationController(controller: JsonObject, problems: Problems): void {
  const spec = objectAt(controller, "spec") ?? {};
  validateNonNegativeNumbers(spec, ["minReadySeconds"], SPEC, problems);
  const selector = objectAt(spec, "selector");
  if (isZero(selector)) problems.required(SELECTOR);
  if (isNil(spec.replicas)) problems.required(SPEC.child("replicas"));
  validateNonNegativeNumbers(spec, ["replicas"], SPEC, problems);
  const finds: PodFinder = (labels) => selectorMatches({ matchLabels: selector ?? null }, labels);
  validateTemplate(spec, "ReplicationController", finds, problems);
}

const REPLICA_COUNTS = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];

export const WORKLOAD_RULES: readonly (readonly [string, KindRules])[] = [
  [
    "apps/v1.Deployment",
    rulesOf(validateDeployment, [
      "updatedReplicas",
      "readyReplicas",
      "availableReplicas",
      "unavailableReplicas",
    ]),
  ],
  ["apps/v1.ReplicaSet", rulesOf(validateReplicaSet, REPLICA_COUNTS)],
  ["apps/v1.DaemonSet", daemonSetRules],
  ["apps/v1.StatefulSet", statefulSetRules],
  [
    "v1.ReplicationController",
    {
      create: validateReplicationController,
      subresources: {
        status: (object, old, problems) => validateCounts(object, old, REPLICA_COUNTS, problems),
      },
    },
  ],
  [
    "v1.PodTemplate",
    {
      create: (object, problems) =>
        validatePodTemplate(objectAt(object, "template") ?? {}, Path.of("template"), problems),
    },
  ],
];
