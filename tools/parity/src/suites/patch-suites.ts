/** Patches of every kind, with every directive of strategic merge. */
import type { Exchange, Json, JsonMap, Suite } from "../exchange.ts";
import { clusterIp } from "../objects/services.ts";

const deployments = "/apis/apps/v1/namespaces/{ns}/deployments";

const target: JsonMap = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "patched",
    labels: { app: "web", tier: "front" },
    annotations: { a: "1", b: "2" },
    finalizers: ["example.com/one", "example.com/two"],
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        nodeSelector: { a: "b", c: "d" },
        tolerations: [
          { key: "k1", operator: "Exists" },
          { key: "k2", operator: "Exists" },
        ],
        imagePullSecrets: [{ name: "one" }, { name: "two" }],
        volumes: [
          { name: "v1", emptyDir: {} },
          { name: "v2", configMap: { name: "c" } },
        ],
        initContainers: [{ name: "init", image: "init:1" }],
        containers: [
          {
            name: "a",
            image: "a:1",
            command: ["one", "two"],
            env: [
              { name: "A", value: "1" },
              { name: "B", value: "2" },
              { name: "C", value: "3" },
            ],
            ports: [
              { containerPort: 80, protocol: "TCP" },
              { containerPort: 81, protocol: "TCP" },
            ],
            volumeMounts: [{ name: "v1", mountPath: "/v1" }],
            resources: { requests: { cpu: "1", memory: "1Gi" } },
          },
          { name: "b", image: "b:1" },
        ],
      },
    },
  },
};

const inSpec = (spec: JsonMap): JsonMap => ({ spec: { template: { spec } } });
const inA = (fields: JsonMap): JsonMap => inSpec({ containers: [{ name: "a", ...fields }] });

const strategic: readonly Json[] = [
  {},
  { metadata: { labels: { tier: null, extra: "x" } } },
  { metadata: { annotations: null } },
  { metadata: { annotations: { $patch: "replace", only: "this" } } },
  { metadata: { annotations: { $patch: "delete" } } },
  { metadata: { annotations: { $patch: "merge", c: "3" } } },
  { metadata: { annotations: { $patch: "wrong", c: "3" } } },
  { metadata: { finalizers: ["example.com/three"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/one"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/none"] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": "example.com/one" } },
  { metadata: { "$setElementOrder/finalizers": ["example.com/two", "example.com/one"] } },
  {
    metadata: {
      "$setElementOrder/finalizers": ["example.com/two", "example.com/three", "example.com/one"],
      finalizers: ["example.com/three"],
    },
  },
  {
    metadata: {
      "$setElementOrder/finalizers": ["example.com/two"],
      finalizers: ["example.com/three"],
    },
  },
  inA({ image: "a:2" }),
  inSpec({ containers: [{ name: "c", image: "c:1" }] }),
  inSpec({ containers: [{ name: "a", $patch: "delete" }] }),
  inSpec({ containers: [{ name: "missing", $patch: "delete" }] }),
  inSpec({ containers: [{ $patch: "delete" }] }),
  inSpec({ containers: [{ name: "c", image: "c:1" }, { $patch: "replace" }] }),
  inSpec({ containers: [{ $patch: "replace" }] }),
  inSpec({ containers: [{ name: "a", image: "new", $patch: "replace" }] }),
  inSpec({ containers: [{ name: "a", image: "new", $patch: "wrong" }] }),
  inSpec({ containers: [{ image: "nameless" }] }),
  inSpec({ containers: ["text"] }),
  inSpec({ containers: null }),
  inSpec({ containers: [] }),
  inSpec({ containers: {} }),
  inSpec({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] }),
  inSpec({
    "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
    containers: [{ name: "a", image: "a:3" }],
  }),
  inSpec({
    "$setElementOrder/containers": [{ name: "b" }, { name: "c" }, { name: "a" }],
    containers: [{ name: "c", image: "c:1" }],
  }),
  inSpec({
    "$setElementOrder/containers": [{ name: "b" }],
    containers: [{ name: "c", image: "c:1" }],
  }),
  inSpec({
    "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
    containers: [
      { name: "c", image: "c:1" },
      { name: "a", image: "x" },
    ],
  }),
  inSpec({ "$setElementOrder/containers": "text" }),
  inSpec({ "$setElementOrder/unknown": [{ name: "a" }] }),
  inA({ env: [{ name: "B", $patch: "delete" }] }),
  inA({
    env: [
      { name: "B", value: "9" },
      { name: "D", value: "4" },
    ],
  }),
  inA({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
  inA({
    env: [{ name: "A", value: null, valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
  }),
  inA({ env: [{ $patch: "replace" }, { name: "Z", value: "26" }] }),
  inA({ "$setElementOrder/env": [{ name: "C" }, { name: "A" }, { name: "B" }] }),
  inA({ "$setElementOrder/env": [{ name: "D" }, { name: "A" }], env: [{ name: "D", value: "4" }] }),
  inA({ ports: [{ containerPort: 80, protocol: "UDP" }] }),
  inA({ ports: [{ containerPort: 81, $patch: "delete" }] }),
  inA({ ports: [{ containerPort: 90, name: "new" }] }),
  inA({ command: ["three"] }),
  inA({ command: null }),
  inA({ resources: { requests: { memory: null } } }),
  inA({ resources: { $patch: "replace", limits: { cpu: "2" } } }),
  inA({ volumeMounts: [{ mountPath: "/v2", name: "v2" }] }),
  inSpec({ volumes: [{ name: "v1", emptyDir: null, secret: { secretName: "s" } }] }),
  inSpec({
    volumes: [{ name: "v1", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }],
  }),
  inSpec({ volumes: [{ name: "v1", $retainKeys: ["name"], secret: { secretName: "s" } }] }),
  inSpec({ volumes: [{ name: "v1", secret: { secretName: "s" } }] }),
  inSpec({ volumes: [{ name: "v2", $patch: "delete" }] }),
  inSpec({ imagePullSecrets: [{ name: "three" }] }),
  inSpec({ imagePullSecrets: [{ name: "one", $patch: "delete" }] }),
  inSpec({ tolerations: [{ key: "only", operator: "Exists" }] }),
  inSpec({ nodeSelector: { a: null, e: "f" } }),
  inSpec({ nodeSelector: { $patch: "replace", e: "f" } }),
  inSpec({ nodeSelector: null }),
  { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
  { spec: { strategy: { type: "Recreate" } } },
  { spec: { strategy: { type: "Recreate", rollingUpdate: null } } },
  {
    spec: { strategy: { $retainKeys: ["type"], type: "Recreate", rollingUpdate: { maxSurge: 2 } } },
  },
  { spec: { strategy: { $retainKeys: "type", type: "Recreate" } } },
  {
    spec: { strategy: { $retainKeys: ["type", "rollingUpdate"], rollingUpdate: { maxSurge: 2 } } },
  },
  { spec: { selector: { matchLabels: { app: "other" } } } },
  { spec: { replicas: null } },
  { spec: { replicas: "three" } },
  { spec: { unknown: 1 } },
  { spec: null },
  { $patch: "delete" },
  { $patch: "replace", metadata: { name: "patched" } },
  { metadata: { name: "other" } },
  { metadata: { resourceVersion: "1" } },
  { metadata: { namespace: "elsewhere" } },
  { apiVersion: "apps/v9" },
  { kind: "Other" },
  [],
  "text",
  null,
  { status: { replicas: 7 } },
];

const service = "/api/v1/namespaces/{ns}/services";
const ofService: readonly JsonMap[] = [
  { spec: { ports: [{ port: 80, targetPort: 9090 }] } },
  { spec: { ports: [{ port: 443, name: "https" }] } },
  { spec: { ports: [{ port: 80, $patch: "delete" }] } },
  { spec: { ports: [{ name: "http", port: 8080 }] } },
  { spec: { "$setElementOrder/ports": [{ port: 53 }, { port: 80 }] } },
  {
    spec: {
      "$setElementOrder/ports": [{ port: 53 }, { port: 443 }],
      ports: [
        { port: 443, name: "s" },
        { port: 80, $patch: "delete" },
      ],
    },
  },
  { spec: { selector: { app: null, other: "x" } } },
  { spec: { selector: { $patch: "replace", other: "x" } } },
  { spec: { externalIPs: ["192.0.2.11"] } },
  { spec: { type: "ExternalName", externalName: "x.example.com" } },
  { spec: { type: "NodePort" } },
  { spec: { type: "LoadBalancer" } },
  { spec: { clusterIP: "None" } },
  { spec: { clusterIP: null } },
  { spec: { clusterIP: "10.96.200.77" } },
  { spec: { sessionAffinity: "None" } },
  { spec: { sessionAffinity: "None", sessionAffinityConfig: null } },
];

const merges: readonly Json[] = [
  {},
  { metadata: { labels: { tier: null } } },
  { metadata: null },
  { spec: { template: { spec: { containers: [{ name: "z", image: "z:1" }] } } } },
  { spec: { template: { spec: { containers: null } } } },
  { spec: { strategy: null } },
  { spec: { replicas: 2.5 } },
  [],
  7,
  "text",
];

const operations: readonly Json[] = [
  [],
  {},
  [{}],
  [{ op: "add", path: "/metadata/labels/new", value: "x" }],
  [{ op: "add", path: "/metadata/labels/a~1b", value: "x" }],
  [{ op: "add", path: "metadata", value: "x" }],
  [{ op: "add", path: "/spec/template/spec/containers/-", value: { name: "d", image: "d:1" } }],
  [{ op: "add", path: "/spec/template/spec/containers/9", value: { name: "d", image: "d:1" } }],
  [{ op: "add", path: "/spec/template/spec/containers/-1", value: { name: "d", image: "d:1" } }],
  [{ op: "add", path: "/missing/place", value: 1 }],
  [{ op: "remove", path: "/metadata/labels/tier" }],
  [{ op: "remove", path: "/metadata/labels/missing" }],
  [{ op: "remove", path: "/spec/template/spec/containers/0" }],
  [{ op: "remove", path: "/spec/template/spec/containers/7" }],
  [{ op: "replace", path: "/spec/replicas", value: 9 }],
  [{ op: "replace", path: "/spec/missing", value: 9 }],
  [{ op: "replace", path: "", value: { a: 1 } }],
  [{ op: "move", from: "/metadata/labels/tier", path: "/metadata/labels/level" }],
  [{ op: "move", from: "/metadata/labels/missing", path: "/metadata/labels/level" }],
  [{ op: "copy", from: "/metadata/labels/tier", path: "/metadata/annotations/tier" }],
  [{ op: "copy", from: "/metadata/labels/missing", path: "/metadata/annotations/tier" }],
  [{ op: "test", path: "/spec/replicas", value: 3 }],
  [{ op: "test", path: "/spec/replicas", value: 4 }],
  [{ op: "test", path: "/spec/missing", value: null }],
  [{ op: "test", path: "/spec/missing", value: 1 }],
  [{ op: "wrong", path: "/spec/replicas", value: 4 }],
  [{ op: "add", path: "/spec/replicas" }],
  [
    { op: "test", path: "/spec/replicas", value: 3 },
    { op: "replace", path: "/spec/replicas", value: 5 },
  ],
];

const at = `PATCH ${deployments}/patched?dryRun=All`;
const make: Exchange = { do: `POST ${deployments}`, body: target, quiet: true };

export const patchSuites: readonly Suite[] = [
  {
    name: "strategic-merge",
    objects: {},
    exchanges: [
      make,
      ...strategic.map((body): Exchange => ({ do: at, patch: "strategic", body })),
      { do: `POST ${service}`, body: clusterIp, quiet: true },
      ...ofService.map(
        (body): Exchange => ({
          do: `PATCH ${service}/cluster-ip?dryRun=All`,
          patch: "strategic",
          body,
        }),
      ),
      { do: `PATCH ${deployments}/missing`, patch: "strategic", body: {} },
      { do: `PATCH ${deployments}`, patch: "strategic", body: {} },
      { do: `PATCH ${deployments}/patched`, patch: "text/plain", body: {} },
      { do: `DELETE ${service}/cluster-ip`, quiet: true },
    ],
  },
  {
    name: "merge-and-json-patches",
    objects: {},
    exchanges: [
      make,
      ...merges.map((body): Exchange => ({ do: at, patch: "merge", body })),
      ...operations.map((body): Exchange => ({ do: at, patch: "json", body })),
      { do: `PATCH ${deployments}/missing`, patch: "merge", body: {} },
      { do: `PATCH ${deployments}/missing`, patch: "json", body: [] },
    ],
  },
];
