/**
 * For each kind a suite: its samples, created and updated (as dry runs) with every field in turn removed, emptied or
 * given an unusual value.
 */
import { builtinResources, schemas } from "@kubets/api";
import type { Change, Exchange, JsonMap, Suite } from "../exchange.ts";
import { mutations } from "../mutations.ts";
import * as others from "../objects/others.ts";
import * as pods from "../objects/pods.ts";
import * as services from "../objects/services.ts";
import * as workloads from "../objects/workloads.ts";
import { metadataChanges } from "./metadata-changes.ts";
import { statusSamples } from "./status-samples.ts";

interface Sample {
  readonly object: JsonMap;
  /** Also metadata, and values of wrong types. */
  readonly thorough?: boolean;
  /** Only creates and statuses. */
  readonly withoutUpdates?: boolean;
}

const template = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
const claim = ["/spec/volumeClaimTemplates/0/spec"];

const kinds: { readonly [suite: string]: readonly Sample[] } = {
  deployments: [{ object: workloads.deployment, thorough: true }, { object: workloads.recreate }],
  replicasets: [{ object: workloads.replicaSet }],
  replicationcontrollers: [{ object: workloads.replicationController }],
  statefulsets: [{ object: workloads.statefulSet }],
  daemonsets: [{ object: workloads.daemonSet }],
  controllerrevisions: [{ object: workloads.controllerRevision }],
  jobs: [
    { object: workloads.job },
    { object: workloads.indexedJob },
    { object: workloads.manualJob },
  ],
  cronjobs: [{ object: workloads.cronJob }],
  poddisruptionbudgets: [{ object: workloads.budget }, { object: workloads.budgetOfUnavailable }],
  services: [
    { object: services.clusterIp, thorough: true },
    { object: services.nodePort },
    { object: services.loadBalancer },
    { object: services.externalName },
    { object: services.headless },
    { object: services.plain },
  ],
  configuration: [
    { object: others.configMap },
    { object: others.secret },
    { object: others.serviceAccount },
    { object: others.claim },
    { object: others.limitRange },
    { object: others.resourceQuota },
    { object: others.podTemplate },
  ],
  events: [{ object: others.event }, { object: others.newEvent }],
  networking: [{ object: others.ingress }, { object: others.networkPolicy }],
  autoscalers: [{ object: others.autoscaler }, { object: others.oldAutoscaler }],
  access: [{ object: others.role }, { object: others.roleBinding }, { object: others.lease }],
  endpointslices: [{ object: services.endpointSlice }, { object: services.fqdnSlice }],
  endpoints: [{ object: services.endpoints }],
  pods: [
    { object: pods.pod, withoutUpdates: true },
    { object: pods.smallPod, thorough: true },
  ],
};

export const mutationSuites: readonly Suite[] = Object.entries(kinds).map(([name, samples]) =>
  suiteOf(name, samples),
);

function suiteOf(name: string, samples: readonly Sample[]): Suite {
  const objects: { [name: string]: JsonMap } = {};
  const exchanges: Exchange[] = [];
  for (const sample of samples) {
    const of = String((sample.object.metadata as JsonMap).name);
    objects[of] = sample.object;
    const status = statusSamples[String(sample.object.kind)];
    if (status !== undefined) objects[`${of} with status`] = { ...sample.object, status };
    exchanges.push(...exchangesOf(of, sample));
  }
  return { name, objects, exchanges };
}

function exchangesOf(
  of: string,
  { object, thorough = false, withoutUpdates = false }: Sample,
): Exchange[] {
  const [group, version] = groupVersion(String(object.apiVersion));
  const kind = String(object.kind);
  const info = builtinResources.find(
    (resource) =>
      resource.group === group && resource.version === version && resource.kind === kind,
  );
  const type = schemas.kind(group, version, kind);
  if (info === undefined || type === undefined) throw new TypeError(`no kind ${kind}`);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}/namespaces/{ns}/${info.resource}`;
  const changes: Change[] = [
    ...(thorough ? metadataChanges : []),
    ...mutations(type, object, { wrongTypes: thorough, leave: [...template, ...claim] }),
    ...templateChanges(object),
  ];
  const created: Exchange[] = changes.map((change) => ({
    do: `POST ${collection}?dryRun=All`,
    of,
    with: [change],
  }));
  const put = (change: Change): Exchange => ({
    do: `PUT ${collection}/${of}?dryRun=All`,
    of,
    with: [change],
  });
  const updated: Exchange[] = [
    ...(thorough ? metadataChanges.map(put) : []),
    ...changes.map((change) => patchOf(change, `PATCH ${collection}/${of}?dryRun=All`)),
  ];
  const status = statusSamples[kind];
  const statusType = type.fields.find((field) => field.json === "status");
  const statusChanges =
    status === undefined || statusType?.type.kind !== "message"
      ? []
      : [...mutations(statusTypeOf(statusType.type.ref), status, {}, "/status")].map(
          (change): Exchange => ({
            do: `PUT ${collection}/${of}/status?dryRun=All`,
            of: `${of} with status`,
            with: [change],
          }),
        );
  return [
    { do: `POST ${collection}?dryRun=All`, of },
    ...created,
    { do: `POST ${collection}`, of, quiet: true },
    { do: `GET ${collection}/${of}`, of },
    { do: `PUT ${collection}/${of}?dryRun=All`, of },
    ...(withoutUpdates ? [] : updated),
    ...statusChanges,
    { do: `DELETE ${collection}/${of}?gracePeriodSeconds=0`, quiet: true },
  ];
}

/** The change as a JSON patch: what the server filled in stays. */
function patchOf(change: Change, action: string): Exchange {
  const operation: JsonMap =
    "drop" in change
      ? { op: "remove", path: change.drop }
      : { op: "add", path: change.set, value: change.to };
  return { do: action, patch: "json", body: [operation] };
}

function statusTypeOf(ref: string) {
  const type = schemas.type(ref);
  if (type === undefined) throw new TypeError(`no type ${ref}`);
  return type;
}

/** The few places of a template that matter to the kind around it; the rest is the pods suite's. */
function templateChanges(object: JsonMap): Change[] {
  const spec = object.spec as JsonMap | undefined;
  const at = spec?.template !== undefined ? "/spec/template" : "/spec/jobTemplate/spec/template";
  if (spec?.template === undefined && spec?.jobTemplate === undefined) return [];
  const policies = ["Always", "OnFailure", "Never", "Sometimes", ""];
  return [
    { drop: `${at}/spec/containers` },
    { set: `${at}/spec/containers`, to: [] },
    { set: `${at}/spec/containers/0/image`, to: "" },
    { set: `${at}/spec/containers/0/image`, to: "registry.example/web:2" },
    { set: `${at}/spec/containers/0/name`, to: "Bad_Name" },
    {
      set: `${at}/spec/containers/0/resources`,
      to: { requests: { cpu: "2" }, limits: { cpu: "1" } },
    },
    ...policies.map((to): Change => ({ set: `${at}/spec/restartPolicy`, to })),
    { set: `${at}/spec/activeDeadlineSeconds`, to: 10 },
    { set: `${at}/spec/ephemeralContainers`, to: [{ name: "e", image: "i" }] },
    { set: `${at}/spec/volumes`, to: [{ name: "v" }, { name: "v", emptyDir: {} }] },
    { set: `${at}/spec/nodeSelector`, to: { a: "b" } },
    { set: `${at}/spec/schedulingGates`, to: [{ name: "example.com/g" }] },
    { set: `${at}/spec/unknown`, to: 1 },
  ];
}

function groupVersion(apiVersion: string): [string, string] {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? ["", group] : [group, version];
}
