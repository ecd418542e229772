/**
 * What clients are warned of when a write has been found valid.
 *
 * Upstream: WarningsOnCreate and WarningsOnUpdate of the strategies in pkg/registry @1.36
 */
import type { JsonObject, KubeObject } from "@kubets/api";
import { itemsAt, numberAt, objectAt, textAt } from "../json-fields.ts";
import { isJsonObject } from "../plain-object.ts";
import { dns1123Label } from "../validation/formats.ts";
import { METADATA, Path, SPEC, STATUS } from "../validation/path.ts";
import { warnOfIp } from "./ip-warnings.ts";
import { warnOfClaim, warnOfPod } from "./pod-warnings.ts";
import {
  warnOfEndpoints,
  warnOfService,
  warnOfServiceStatus,
  warnOfSlice,
} from "./service-warnings.ts";
import type { Warn } from "./warn.ts";

interface KindWarnings {
  readonly create?: (object: JsonObject, warn: Warn) => void;
  readonly update?: (object: JsonObject, old: JsonObject, warn: Warn) => void;
  readonly status?: (object: JsonObject, warn: Warn) => void;
}

/** What a write of the object (`old`: as it was before) or of its subresource should tell the client. */
export function warnOfWrite(
  object: KubeObject,
  old: KubeObject | undefined,
  subresource: string,
  warn: Warn,
): void {
  const kind = KINDS.get(`${object.apiVersion}.${object.kind}`);
  if (kind === undefined) return;
  const json: unknown = object;
  const before: unknown = old;
  if (!isJson(json)) return;
  if (subresource === "status") kind.status?.(json, warn);
  else if (subresource !== "") return;
  else if (old === undefined) kind.create?.(json, warn);
  else if (isJson(before)) kind.update?.(json, before, warn);
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value as JsonObject);
}

const NAME_OF_PODS = "this is used in Pod names and hostnames";
const NAME_OF_POD = "this is used in the Pod's hostname";
const TEMPLATE = SPEC.child("template");
const JOB_SPEC = SPEC.child("jobTemplate").child("spec");
const COMPLETIONS_MAX = 100_000;
const PARALLELISM_MAX = 10_000;

function warnOfName(object: JsonObject, what: string, warn: Warn): void {
  const messages = dns1123Label(textAt(objectAt(object, "metadata"), "name"));
  if (messages.length === 0) return;
  warn(
    `metadata.name: ${what}, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`,
  );
}

function warnOfTemplate(template: JsonObject | undefined, at: Path, warn: Warn): void {
  if (template === undefined) return;
  const places = {
    spec: at.child("spec"),
    annotations: at.child("metadata").child("annotations"),
    isTemplate: true,
  };
  warnOfPod(objectAt(template, "metadata"), objectAt(template, "spec") ?? {}, places, warn);
}

const templateOf = (object: JsonObject) => objectAt(objectAt(object, "spec"), "template");

const isRaised = (object: JsonObject, old: JsonObject): boolean =>
  numberAt(objectAt(object, "metadata"), "generation") !==
  numberAt(objectAt(old, "metadata"), "generation");

function workload(hasPodNames: boolean): KindWarnings {
  return {
    create(object, warn) {
      if (hasPodNames) warnOfName(object, NAME_OF_PODS, warn);
      warnOfTemplate(templateOf(object), TEMPLATE, warn);
    },
    update(object, old, warn) {
      if (isRaised(object, old)) warnOfTemplate(templateOf(object), TEMPLATE, warn);
    },
  };
}

function warnOfStatefulSet(set: JsonObject, claimField: string, warn: Warn): void {
  const spec = objectAt(set, "spec");
  itemsAt(spec, "volumeClaimTemplates").forEach((claim, i) => {
    const at = SPEC.child("volumeClaimTemplates").index(i);
    warnOfClaim(objectAt(claim, "spec"), claimField === "" ? at : at.child(claimField), warn);
  });
  if (numberAt(spec, "revisionHistoryLimit") < 0) {
    warn(
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    );
  }
}

function warnOfJob(spec: JsonObject | undefined, at: Path, warn: Warn): void {
  if (
    spec?.completionMode === "Indexed" &&
    numberAt(spec, "completions") > COMPLETIONS_MAX &&
    numberAt(spec, "parallelism") > PARALLELISM_MAX
  ) {
    warn(
      `${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
    );
  }
  warnOfTemplate(objectAt(spec, "template"), at.child("template"), warn);
}

const jobSpecOf = (cronJob: JsonObject) =>
  objectAt(objectAt(objectAt(cronJob, "spec"), "jobTemplate"), "spec");

const pod: KindWarnings = {
  create(object, warn) {
    warnOfName(object, NAME_OF_POD, warn);
    const places = { spec: SPEC, annotations: METADATA.child("annotations"), isTemplate: false };
    warnOfPod(objectAt(object, "metadata"), objectAt(object, "spec") ?? {}, places, warn);
  },
  status(object, warn) {
    const status = objectAt(object, "status");
    for (const field of ["podIPs", "hostIPs"]) {
      itemsAt(status, field).forEach((entry, i) => {
        warnOfIp(textAt(entry, "ip"), STATUS.child(field).index(i).child("ip"), warn);
      });
    }
  },
};

const KINDS: ReadonlyMap<string, KindWarnings> = new Map<string, KindWarnings>([
  ["v1.Pod", pod],
  [
    "v1.PodTemplate",
    {
      create: (object, warn) =>
        warnOfTemplate(objectAt(object, "template"), Path.of("template"), warn),
      update(object, old, warn) {
        if (isRaised(object, old))
          warnOfTemplate(objectAt(object, "template"), Path.of("template"), warn);
      },
    },
  ],
  ["v1.ReplicationController", workload(true)],
  ["apps/v1.Deployment", workload(true)],
  ["apps/v1.ReplicaSet", workload(true)],
  ["apps/v1.DaemonSet", workload(false)],
  [
    "apps/v1.StatefulSet",
    {
      create(object, warn) {
        warnOfTemplate(templateOf(object), TEMPLATE, warn);
        warnOfStatefulSet(object, "", warn);
      },
      update(object, old, warn) {
        if (isRaised(object, old)) warnOfTemplate(templateOf(object), TEMPLATE, warn);
        warnOfStatefulSet(object, "Spec", warn);
      },
    },
  ],
  [
    "batch/v1.Job",
    {
      create(object, warn) {
        warnOfName(object, NAME_OF_PODS, warn);
        warnOfJob(objectAt(object, "spec"), SPEC, warn);
      },
      update(object, old, warn) {
        if (isRaised(object, old)) warnOfJob(objectAt(object, "spec"), SPEC, warn);
      },
    },
  ],
  [
    "batch/v1.CronJob",
    {
      create(object, warn) {
        warnOfName(object, NAME_OF_PODS, warn);
        warnOfJob(jobSpecOf(object), JOB_SPEC, warn);
      },
      update(object, old, warn) {
        if (isRaised(object, old)) warnOfJob(jobSpecOf(object), JOB_SPEC, warn);
        if (!textAt(objectAt(object, "spec"), "schedule").includes("TZ")) return;
        warn(
          "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
        );
      },
    },
  ],
  [
    "v1.Service",
    {
      create: warnOfService,
      update: (object, _old, warn) => warnOfService(object, warn),
      status: warnOfServiceStatus,
    },
  ],
  [
    "v1.Endpoints",
    { create: warnOfEndpoints, update: (object, _old, warn) => warnOfEndpoints(object, warn) },
  ],
  [
    "discovery.k8s.io/v1.EndpointSlice",
    {
      create: (object, warn) => warnOfSlice(object, true, warn),
      update: (object, _old, warn) => warnOfSlice(object, false, warn),
    },
  ],
  [
    "v1.PersistentVolumeClaim",
    {
      create: (object, warn) => warnOfClaim(objectAt(object, "spec"), SPEC, warn),
      update: (object, _old, warn) => warnOfClaim(objectAt(object, "spec"), SPEC, warn),
    },
  ],
]);
