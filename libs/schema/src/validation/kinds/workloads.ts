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
import { validateLabelSelector, validateObjectMeta } from "../object-meta.ts";
import { Path, SPEC, STATUS } from "../path.ts";
import { validatePodTemplate } from "../pod/pod-template.ts";
import type { Problems } from "../problems.ts";
import { selectorMatches } from "../selector-match.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { namespacedLabel, namespacedSubdomain } from "./meta-rules.ts";
import {
  validateDaemonSetStrategy,
  validateDeploymentStrategy,
  validateStatefulSetStrategy,
} from "./rollout-strategies.ts";

const TEMPLATE = SPEC.child("template");
const SELECTOR = SPEC.child("selector");
const NOT_OVER_REPLICAS = "cannot be greater than status.replicas";

function validateSelector(
  spec: JsonObject,
  options: {
    readonly required: boolean;
    readonly emptyDetail: string;
    readonly problems: Problems;
  },
): void {
  const { problems } = options;
  const selector = objectAt(spec, "selector");
  if (selector === undefined) {
    if (options.required) problems.required(SELECTOR);
    return;
  }
  validateLabelSelector(selector, SELECTOR, problems);
  if (isZero(selector.matchLabels) && isZero(selector.matchExpressions)) {
    problems.invalid(SELECTOR, selector, options.emptyDetail);
  }
}

/** Its labels must be found by the selector, and its pods must run for ever. */
function validateTemplate(spec: JsonObject, owner: string, problems: Problems): void {
  const template = objectAt(spec, "template");
  if (template === undefined) {
    problems.required(TEMPLATE);
    return;
  }
  const labels = objectAt(objectAt(template, "metadata"), "labels") ?? {};
  const selector = objectAt(spec, "selector");
  if (selector !== undefined && !isZero(selector) && !selectorMatches(selector, labels)) {
    const at = TEMPLATE.child("metadata").child("labels");
    problems.invalid(at, labels, "`selector` does not match template `labels`");
  }
  validatePodTemplate(template, TEMPLATE, problems);
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
): void {
  const status = objectAt(object, "status");
  const all = ["replicas", ...fields, "observedGeneration", "collisionCount"];
  validateNonNegativeNumbers(status, all, STATUS, problems);
  const replicas = numberAt(status, "replicas");
  for (const field of fields) {
    const count = numberAt(status, field);
    if (field !== "unavailableReplicas" && field !== "terminatingReplicas" && count > replicas) {
      problems.invalid(STATUS.child(field), count, NOT_OVER_REPLICAS);
    }
  }
  const available = numberAt(status, "availableReplicas");
  if (available > numberAt(status, "readyReplicas")) {
    problems.invalid(
      STATUS.child("availableReplicas"),
      available,
      "cannot be greater than readyReplicas",
    );
  }
  const collisions = maybeNumberAt(objectAt(old, "status"), "collisionCount");
  if (collisions === undefined) return;
  const now = maybeNumberAt(status, "collisionCount");
  if (now === undefined || now < collisions) {
    problems.invalid(STATUS.child("collisionCount"), now ?? null, "cannot be decremented");
  }
}

function immutableSelector(object: JsonObject, old: JsonObject, problems: Problems): void {
  const selector = objectAt(object, "spec")?.selector;
  if (!semanticEqual(selector, objectAt(old, "spec")?.selector))
    problems.immutable(SELECTOR, selector);
}

/** A kind whose update repeats the checks of a create, with a selector that stays. */
function rulesOf(
  create: (object: JsonObject, problems: Problems) => void,
  counts: readonly string[],
): KindRules {
  return {
    create,
    update(object, old, problems) {
      validateObjectMeta(object, namespacedSubdomain, problems);
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
  validateSelector(spec, {
    required: true,
    emptyDetail: "empty selector is invalid for deployment",
    problems,
  });
  validateTemplate(spec, "ReplicaSet", problems);
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
  validateSelector(spec, {
    required: true,
    emptyDetail: "empty selector is invalid for deployment",
    problems,
  });
  validateTemplate(spec, "ReplicaSet", problems);
}

function validateDaemonSet(daemonSet: JsonObject, problems: Problems): void {
  const spec = objectAt(daemonSet, "spec") ?? {};
  validateSelector(spec, {
    required: false,
    emptyDetail: "empty selector is invalid for daemonset",
    problems,
  });
  validateTemplate(spec, "DaemonSet", problems);
  validateNonNegativeNumbers(spec, ["minReadySeconds"], SPEC, problems);
  validateDaemonSetStrategy(
    objectAt(spec, "updateStrategy") ?? {},
    SPEC.child("updateStrategy"),
    problems,
  );
  validateNonNegativeNumbers(spec, ["revisionHistoryLimit"], SPEC, problems);
}

const POD_MANAGEMENT: readonly string[] = ["OrderedReady", "Parallel"];
const RETENTION: readonly string[] = ["Delete", "Retain"];

function validateStatefulSet(statefulSet: JsonObject, problems: Problems): void {
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
  validateSelector(spec, {
    required: true,
    emptyDetail: "empty selector is invalid for statefulset",
    problems,
  });
  validateTemplate(withClaimVolumes(spec), "StatefulSet", problems);
}

/** Containers may mount the claims that the set makes; a claim stands in for the volume of its name. */
function withClaimVolumes(spec: JsonObject): JsonObject {
  const template = objectAt(spec, "template");
  const claims = itemsAt(spec, "volumeClaimTemplates").map((claim) =>
    textAt(objectAt(claim, "metadata"), "name"),
  );
  const podSpec = objectAt(template, "spec");
  if (podSpec === undefined || claims.length === 0) return spec;
  const volumes = itemsAt(podSpec, "volumes").filter(
    (volume) => !claims.includes(textAt(volume, "name")),
  );
  const added = claims.map(
    (name): JsonObject => ({ name, persistentVolumeClaim: { claimName: name } }),
  );
  return {
    ...spec,
    template: { ...template, spec: { ...podSpec, volumes: [...volumes, ...added] } },
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
  create(statefulSet, problems) {
    validateStatefulSet(statefulSet, problems);
    const name = textAt(objectAt(statefulSet, "spec"), "serviceName");
    if (name !== "") problems.invalidEach(SPEC.child("serviceName"), name, dns1123Label(name));
  },
  update(statefulSet, old, problems) {
    validateObjectMeta(statefulSet, namespacedLabel, problems);
    validateStatefulSet(statefulSet, problems);
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
    status: (object, old, problems) => validateCounts(object, old, STATEFUL_SET_COUNTS, problems),
  },
};

function validateReplicationController(controller: JsonObject, problems: Problems): void {
  const spec = objectAt(controller, "spec") ?? {};
  validateNonNegativeNumbers(spec, ["minReadySeconds"], SPEC, problems);
  const selector = objectAt(spec, "selector");
  if (isZero(selector)) problems.required(SELECTOR);
  if (isNil(spec.replicas)) problems.required(SPEC.child("replicas"));
  validateNonNegativeNumbers(spec, ["replicas"], SPEC, problems);
  const labelSelector = selector === undefined ? null : { matchLabels: selector };
  validateTemplate({ ...spec, selector: labelSelector }, "ReplicationController", problems);
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
  ["apps/v1.DaemonSet", { ...rulesOf(validateDaemonSet, []), subresources: {} }],
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
