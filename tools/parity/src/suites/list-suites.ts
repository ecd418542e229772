/** Selectors, collections that are deleted, tables, paths. */
import type { Exchange, JsonMap, Suite } from "../exchange.ts";
import { smallPod } from "../objects/pods.ts";
import * as services from "../objects/services.ts";
import * as workloads from "../objects/workloads.ts";

const pods = "/api/v1/namespaces/{ns}/pods";
const maps = "/api/v1/namespaces/{ns}/configmaps";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

const get = (path: string, accept?: string): Exchange => ({
  do: `GET ${path}`,
  ...(accept === undefined ? {} : { accept }),
});

const makePod = (name: string, labels: JsonMap, more: JsonMap = {}): Exchange => ({
  do: `POST ${pods}`,
  quiet: true,
  body: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { containers: [{ name: "c", image: "i" }], ...more },
  },
});

const labelSelectors = [
  "app=a",
  "app==a",
  "app!=a",
  "app",
  "!app",
  "app in (a,b)",
  "app notin (a)",
  "app in ()",
  "n>1",
  "n<2",
  "n>x",
  "app=a,tier=x",
  "app=",
  "a b",
  "=x",
  "app in a",
  "app in (a",
  "x.example/y=z",
  "a/b/c=d",
  "app=bad value!",
  ",",
  "app=a,",
];
const fieldSelectors = [
  "metadata.name=one",
  "metadata.name!=one",
  "metadata.name==one",
  "metadata.namespace={ns}",
  "spec.nodeName=n1",
  "spec.nodeName=",
  "spec.nodeName!=",
  "spec.restartPolicy=Never",
  "spec.schedulerName=default-scheduler",
  "spec.serviceAccountName=default",
  "spec.hostNetwork=false",
  "status.phase=Pending",
  "status.phase!=Running",
  "status.podIP=",
  "status.nominatedNodeName=",
  "spec.unknown=x",
  "metadata.labels.app=a",
  "x",
  "metadata.name",
  "metadata.name=one,spec.nodeName=n1",
  "metadata.name=a\\,b",
];
const others: readonly (readonly [string, readonly string[]])[] = [
  [
    "/apis/apps/v1/namespaces/{ns}/deployments",
    ["metadata.name=x", "status.replicas=1", "spec.replicas=1"],
  ],
  ["/apis/apps/v1/namespaces/{ns}/replicasets", ["status.replicas=0", "spec.replicas=1"]],
  ["/apis/apps/v1/namespaces/{ns}/statefulsets", ["status.replicas=0", "metadata.name=x"]],
  ["/apis/apps/v1/namespaces/{ns}/daemonsets", ["status.phase=x", "metadata.namespace={ns}"]],
  ["/apis/batch/v1/namespaces/{ns}/jobs", ["status.successful=0", "status.failed=1"]],
  ["/apis/batch/v1/namespaces/{ns}/cronjobs", ["spec.suspend=true", "metadata.name=x"]],
  ["/api/v1/namespaces/{ns}/replicationcontrollers", ["status.replicas=0", "spec.replicas=1"]],
  [
    "/api/v1/namespaces/{ns}/services",
    ["spec.clusterIP=None", "spec.type=ClusterIP", "spec.ports=x"],
  ],
  ["/api/v1/namespaces/{ns}/secrets", ["type=Opaque", "data=x"]],
  [
    "/api/v1/namespaces/{ns}/events",
    [
      "involvedObject.kind=Pod",
      "involvedObject.name=x,involvedObject.uid=y",
      "reason=R",
      "type=Normal",
      "reportingComponent=x",
      "source=s",
      "message=x",
    ],
  ],
  [
    "/apis/events.k8s.io/v1/namespaces/{ns}/events",
    [
      "regarding.kind=Pod",
      "reason=R",
      "type=Normal",
      "reportingController=x",
      "involvedObject.kind=x",
    ],
  ],
  ["/api/v1/nodes", ["spec.unschedulable=true", "metadata.name=n", "status.phase=x"]],
  ["/api/v1/namespaces", ["status.phase=Terminating", "name=default", "spec.x=y"]],
  [
    "/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices",
    ["metadata.name=x", "addressType=IPv4"],
  ],
  [
    "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
    ["metadata.name=x", "spec.minAvailable=1"],
  ],
  [
    "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    ["spec.signerName=x", "spec.username=y"],
  ],
];

const encode = (text: string): string => encodeURIComponent(text).replaceAll("%7Bns%7D", "{ns}");

const selectors: Suite = {
  name: "selectors",
  objects: {},
  exchanges: [
    makePod("one", { app: "a", tier: "x", n: "1" }, { nodeName: "n1" }),
    makePod("two", { app: "b", n: "2" }, { restartPolicy: "Never" }),
    makePod("three", { "x.example/y": "z" }),
    ...labelSelectors.map((text) => get(`${pods}?labelSelector=${encode(text)}`, METADATA_LIST)),
    ...fieldSelectors.map((text) => get(`${pods}?fieldSelector=${encode(text)}`, METADATA_LIST)),
    ...others.flatMap(([path, texts]) =>
      texts.map((text) =>
        get(`${path}?fieldSelector=${encode(text)}&labelSelector=none`, METADATA_LIST),
      ),
    ),
    get(pods),
    get("/api/v1/namespaces/{ns}/configmaps"),
    get(`${pods}/one?fieldSelector=metadata.name%3Dtwo`, METADATA),
    get(`${pods}?limit=-1`, METADATA_LIST),
    get(`${pods}?limit=x`, METADATA_LIST),
    get(`${pods}?continue=bad`, METADATA_LIST),
    get(`${pods}?resourceVersion=x`, METADATA_LIST),
    get(`${pods}?resourceVersionMatch=Exact`, METADATA_LIST),
    get(`${pods}?resourceVersionMatch=Wrong&resourceVersion=1`, METADATA_LIST),
    get(`${pods}?resourceVersionMatch=Exact&resourceVersion=0`, METADATA_LIST),
    get(`${pods}?sendInitialEvents=true`, METADATA_LIST),
    get(`${pods}?timeoutSeconds=x`, METADATA_LIST),
  ],
};

const map = (name: string, app: string): Exchange => ({
  do: `POST ${maps}`,
  quiet: true,
  body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { app } } },
});
const remove = (path: string, body?: JsonMap): Exchange => ({
  do: `DELETE ${path}`,
  ...(body === undefined ? {} : { body: { apiVersion: "v1", kind: "DeleteOptions", ...body } }),
});

const deletions: Suite = {
  name: "deletions",
  objects: {},
  exchanges: [
    map("a", "x"),
    map("b", "x"),
    map("c", "y"),
    map("d", "z"),
    remove(`${maps}?labelSelector=app%3Dx&dryRun=All`),
    remove(`${maps}?labelSelector=app%3Dx`),
    get(maps, METADATA_LIST),
    remove(`${maps}?labelSelector=bad%20selector`),
    remove(`${maps}?fieldSelector=metadata.name%3Dc`),
    remove(`${maps}?fieldSelector=data%3Dc`),
    remove(`${maps}/missing`),
    remove(`${maps}/d`, { preconditions: { uid: "other" } }),
    remove(`${maps}/d`, { preconditions: { resourceVersion: "1" } }),
    remove(`${maps}/d`, { gracePeriodSeconds: -1 }),
    remove(`${maps}/d`, { propagationPolicy: "Wrong" }),
    remove(`${maps}/d`, { orphanDependents: true, propagationPolicy: "Background" }),
    remove(`${maps}/d`, { unknown: 1 }),
    remove(`${maps}/d?dryRun=Wrong`),
    remove(`${maps}/d?gracePeriodSeconds=x`),
    remove(`${maps}/d?propagationPolicy=Orphan&dryRun=All`),
    remove(`${maps}/d?dryRun=All`, { propagationPolicy: "Foreground" }),
    remove(`${maps}/d`, { propagationPolicy: "Foreground" }),
    get(`${maps}/d`),
    makePod("p", { app: "p" }, { nodeName: "n1" }),
    remove(`${pods}/p?gracePeriodSeconds=7`),
    remove(`${pods}/p?gracePeriodSeconds=3`),
    remove(`${pods}/p?gracePeriodSeconds=30`),
    remove(`${pods}/p?gracePeriodSeconds=0`),
    get(`${pods}/p`),
    makePod("q", { app: "p" }),
    remove(`${pods}/q`),
    makePod("r", { app: "p" }),
    makePod("s", { app: "p" }),
    remove(`${pods}?gracePeriodSeconds=0`),
    get(pods, METADATA_LIST),
    remove("/api/v1/namespaces/{ns}/services?labelSelector=none"),
    remove("/api/v1/namespaces"),
    remove("/apis/apps/v1/namespaces/{ns}/deployments"),
    remove("/apis/apps/v1/deployments"),
  ],
};

const samples: readonly (readonly [string, JsonMap, JsonMap?])[] = [
  [
    "/apis/apps/v1/namespaces/{ns}/deployments",
    workloads.deployment,
    { replicas: 3, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 },
  ],
  [
    "/apis/apps/v1/namespaces/{ns}/replicasets",
    workloads.replicaSet,
    { replicas: 2, readyReplicas: 1 },
  ],
  [
    "/api/v1/namespaces/{ns}/replicationcontrollers",
    workloads.replicationController,
    { replicas: 2, readyReplicas: 1 },
  ],
  [
    "/apis/apps/v1/namespaces/{ns}/statefulsets",
    workloads.statefulSet,
    { replicas: 2, readyReplicas: 1 },
  ],
  [
    "/apis/apps/v1/namespaces/{ns}/daemonsets",
    workloads.daemonSet,
    {
      currentNumberScheduled: 1,
      desiredNumberScheduled: 2,
      numberReady: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
      numberMisscheduled: 0,
    },
  ],
  ["/apis/apps/v1/namespaces/{ns}/controllerrevisions", workloads.controllerRevision],
  ["/apis/batch/v1/namespaces/{ns}/jobs", workloads.job, { active: 1, succeeded: 1 }],
  ["/apis/batch/v1/namespaces/{ns}/jobs", workloads.indexedJob],
  [
    "/apis/batch/v1/namespaces/{ns}/cronjobs",
    workloads.cronJob,
    { lastScheduleTime: "2020-01-01T00:00:00Z" },
  ],
  [
    "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
    workloads.budget,
    { disruptionsAllowed: 2, currentHealthy: 1, desiredHealthy: 1, expectedPods: 3 },
  ],
  ["/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets", workloads.budgetOfUnavailable],
  ["/api/v1/namespaces/{ns}/services", services.externalName],
  ["/api/v1/namespaces/{ns}/services", services.headless],
  ["/api/v1/namespaces/{ns}/services", services.clusterIp],
  ["/api/v1/namespaces/{ns}/services", services.nodePort],
  ["/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices", services.endpointSlice],
  ["/api/v1/namespaces/{ns}/endpoints", services.endpoints],
  [
    "/api/v1/namespaces/{ns}/pods",
    smallPod,
    {
      phase: "Running",
      podIP: "10.0.0.9",
      podIPs: [{ ip: "10.0.0.9" }],
      containerStatuses: [
        {
          name: "c",
          image: "i",
          imageID: "",
          ready: true,
          restartCount: 2,
          state: { running: { startedAt: "2020-01-01T00:00:00Z" } },
          lastState: { terminated: { exitCode: 1, finishedAt: "2020-01-01T00:00:00Z" } },
        },
      ],
    },
  ],
];

const nameOf = (object: JsonMap): string => String((object.metadata as JsonMap).name);

const tables: Suite = {
  name: "tables",
  objects: {},
  exchanges: [
    ...samples.flatMap(([path, object, status]): Exchange[] => [
      { do: `POST ${path}`, body: object, quiet: true },
      ...(status === undefined
        ? []
        : [
            {
              do: `PATCH ${path}/${nameOf(object)}/status`,
              patch: "merge",
              body: { status },
              quiet: true,
            },
          ]),
      get(`${path}/${nameOf(object)}`, TABLE),
      get(`${path}/${nameOf(object)}?includeObject=None`, TABLE),
    ]),
    ...[...new Set(samples.map(([path]) => path))].flatMap((path) => [
      get(`${path}?includeObject=None`, TABLE),
      get(`${path}?includeObject=None&labelSelector=none%3Dthere`, TABLE),
    ]),
    get(`${pods}/small?includeObject=Object`, TABLE),
    get(`${pods}/small?includeObject=Wrong`, TABLE),
    get(`${pods}/missing`, TABLE),
    get(`${pods}/small`, "application/json;as=Table;v=v9;g=meta.k8s.io"),
    get(`${pods}/small`, "application/json;as=Wrong;v=v1;g=meta.k8s.io"),
    ...["cluster-ip", "node-port", "headless", "external-name"].map(
      (name): Exchange => ({ do: `DELETE /api/v1/namespaces/{ns}/services/${name}`, quiet: true }),
    ),
  ],
};

const paths: Suite = {
  name: "paths",
  objects: {},
  exchanges: [
    ...[
      "/wrong",
      "/api/v2",
      "/api/v1/wrong",
      "/api/v1/namespaces/{ns}/wrong",
      "/api/v1/namespaces/{ns}/wrong/name",
      "/api/v1/namespaces/{ns}/pods/x/wrong",
      "/apis/wrong",
      "/apis/apps",
      "/apis/apps/v9",
      "/apis/apps/v1/wrong",
      "/apis/wrong/v1/things",
      "/apis/apps/v1/namespaces/{ns}/deployments/x/wrong",
      "/api/v1/deployments",
      "/api/v1/namespaces/{ns}",
      "/api/v1/namespaces/missing",
      "/api/v1/namespaces/missing/pods",
      "/api/v1/namespaces/missing/pods/x",
      "/api/v1/pods/x",
      "/apis/",
      "/healthz/wrong",
      "/livez/ping",
      "/api/v1/namespaces/{ns}/pods/",
      "/apis/batch/v1",
      "/apis/policy/v1",
      "/apis/discovery.k8s.io/v1",
      "/apis/autoscaling/v2",
      "/apis/apps/v1",
      "/api/v1",
    ].map((path) => get(path)),
    {
      do: "POST /api/v1/namespaces/missing/configmaps",
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } },
    },
    { do: "PUT /api/v1/namespaces/{ns}/configmaps", body: {} },
    { do: "POST /api/v1/namespaces/{ns}/configmaps/x", body: {} },
    { do: "PUT /api/v1/namespaces/{ns}/configmaps/x", body: {} },
    {
      do: "PUT /api/v1/namespaces/{ns}/configmaps/x",
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } },
    },
    { do: "POST /version", body: {} },
    { do: "DELETE /version" },
    { do: "POST /api/v1/namespaces/{ns}/configmaps" },
    ...["Strict", "Warn", "Ignore", "Wrong"].flatMap((validation): Exchange[] => [
      {
        do: `POST ${maps}?dryRun=All&fieldValidation=${validation}`,
        body: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "x", unknown: 1 },
          other: 2,
        },
      },
      {
        do: `POST /apis/apps/v1/namespaces/{ns}/deployments?dryRun=All&fieldValidation=${validation}`,
        of: "deployment",
        with: [{ set: "/spec/template/spec/containers/0/wrong", to: 1 }],
      },
    ]),
    {
      do: `POST ${maps}?dryRun=Wrong`,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } },
    },
    {
      do: `POST ${maps}?dryRun=All&fieldManager=${"a".repeat(129)}`,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } },
    },
    {
      do: `POST ${maps}?dryRun=All&fieldManager=a%0Ab`,
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } },
    },
  ],
};

export const listSuites: readonly Suite[] = [
  selectors,
  deletions,
  tables,
  { ...paths, objects: { deployment: workloads.deployment } },
];
