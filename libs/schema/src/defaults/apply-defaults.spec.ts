import type { JsonObject } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { applyDefaults } from "../index.ts";
import { decoded, typed } from "../testing/typed.ts";

/** Spec and status after defaulting. */
function withDefaults(object: JsonObject): JsonObject {
  const result: unknown = typed({ metadata: { name: "n" }, ...object });
  return result as JsonObject;
}

const POD_SPEC = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
  enableServiceLinks: true,
};
const CONTAINER = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  resources: {},
};
/** Templates have no service links of their own. */
const { enableServiceLinks: _, ...TEMPLATE_SPEC } = POD_SPEC;

describe("a pod", () => {
  const pod = (spec: JsonObject) => withDefaults({ apiVersion: "v1", kind: "Pod", spec }).spec;

  test("gets what kubectl shows of a minimal one", () => {
    expect(pod({ containers: [{ name: "c", image: "nginx" }] })).toEqual({
      ...POD_SPEC,
      containers: [{ name: "c", image: "nginx", imagePullPolicy: "Always", ...CONTAINER }],
    });
  });

  test.each([
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["nginx:1.27", "IfNotPresent"],
    ["registry.example.com:5000/a/nginx", "Always"],
    // Too long to be parsed with the folder that stands for no registry, and just not with a registry.
    ["a".repeat(248), "IfNotPresent"],
    [`localhost/${"a".repeat(255)}`, "Always"],
    [
      "nginx@sha256:aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd",
      "IfNotPresent",
    ],
  ])("pulls %s %s", (image, imagePullPolicy) => {
    const spec = pod({ containers: [{ name: "c", image }] });
    expect(spec).toMatchObject({ containers: [{ imagePullPolicy }] });
  });

  test("requests what it limits, where it requests nothing itself", () => {
    const resources = { limits: { cpu: "1", memory: "2Gi" }, requests: { memory: "1Gi" } };
    const spec = pod({ containers: [{ name: "c", image: "i", resources }] });
    expect(spec).toMatchObject({
      containers: [
        { resources: { limits: resources.limits, requests: { cpu: "1", memory: "1Gi" } } },
      ],
    });
  });

  test("has probes with their periods, and a scheme for HTTP", () => {
    const spec = pod({
      containers: [{ name: "c", image: "i", livenessProbe: { httpGet: { port: 80 } } }],
    });
    expect(spec).toMatchObject({
      containers: [
        {
          livenessProbe: {
            httpGet: { path: "/", port: 80, scheme: "HTTP" },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
        },
      ],
    });
  });

  test("on the host's network binds its ports on the host", () => {
    const spec = pod({
      hostNetwork: true,
      containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }],
    });
    expect(spec).toMatchObject({
      containers: [{ ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }] }],
    });
  });

  test("has modes on its volumes, and an emptyDir where no source is given", () => {
    const spec = pod({
      containers: [{ name: "c", image: "i" }],
      volumes: [
        { name: "e" },
        { name: "s", secret: { secretName: "x" } },
        { name: "c", configMap: { name: "x" } },
        { name: "h", hostPath: { path: "/" } },
        { name: "p", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
        {
          name: "d",
          downwardAPI: { items: [{ path: "a", fieldRef: { fieldPath: "metadata.name" } }] },
        },
      ],
    });
    expect(spec).toMatchObject({
      volumes: [
        { name: "e", emptyDir: {} },
        { name: "s", secret: { secretName: "x", defaultMode: 420 } },
        { name: "c", configMap: { name: "x", defaultMode: 420 } },
        { name: "h", hostPath: { path: "/", type: "" } },
        {
          name: "p",
          projected: {
            sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }],
            defaultMode: 420,
          },
        },
        {
          name: "d",
          downwardAPI: {
            items: [{ path: "a", fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } }],
            defaultMode: 420,
          },
        },
      ],
    });
  });

  test("has both names of its service account", () => {
    const spec = pod({ serviceAccountName: "sa", containers: [{ name: "c", image: "i" }] });
    expect(spec).toMatchObject({ serviceAccountName: "sa", serviceAccount: "sa" });
    const old = pod({ serviceAccount: "sa", containers: [{ name: "c", image: "i" }] });
    expect(old).toMatchObject({ serviceAccountName: "sa", serviceAccount: "sa" });
  });
});

describe("core kinds", () => {
  test("a namespace is labelled with its name", () => {
    expect(withDefaults({ apiVersion: "v1", kind: "Namespace" })).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": "n" } },
      status: { phase: "Active" },
    });
  });

  test("a service has its session affinity, type, policies and target ports", () => {
    const service = withDefaults({
      apiVersion: "v1",
      kind: "Service",
      spec: { ports: [{ port: 80 }], selector: { a: "b" } },
    });
    expect(service.spec).toEqual({
      ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
      selector: { a: "b" },
      type: "ClusterIP",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
    });
  });

  test("a load balancer allocates node ports", () => {
    const service = withDefaults({
      apiVersion: "v1",
      kind: "Service",
      spec: { type: "LoadBalancer", sessionAffinity: "ClientIP", ports: [{ port: 80 }] },
    });
    expect(service.spec).toMatchObject({
      allocateLoadBalancerNodePorts: true,
      externalTrafficPolicy: "Cluster",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    });
  });

  test("a secret is opaque, and its texts are data", () => {
    const secret = withDefaults({
      apiVersion: "v1",
      kind: "Secret",
      data: { a: "YQ==", b: "Yg==" },
      stringData: { b: "changed" },
    });
    expect(secret).toMatchObject({ type: "Opaque", data: { a: "YQ==", b: "Y2hhbmdlZA==" } });
    expect(secret).not.toHaveProperty("stringData");
  });

  test("a node's allocatable is its capacity where it says nothing else", () => {
    const node = withDefaults({
      apiVersion: "v1",
      kind: "Node",
      spec: { podCIDR: "10.0.0.0/24" },
      status: { capacity: { cpu: "4" } },
    });
    expect(node).toMatchObject({
      spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] },
      status: { allocatable: { cpu: "4" }, capacity: { cpu: "4" } },
    });
  });

  test.each([
    { apiVersion: "v1", kind: "ConfigMap", data: { a: "b" } },
    { apiVersion: "v1", kind: "ServiceAccount" },
    { apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec: { holderIdentity: "x" } },
    { apiVersion: "v1", kind: "Event", involvedObject: {}, count: 1 },
  ])("$kind gets nothing", (object) => {
    const before = decoded({ metadata: { name: "n" }, ...object });
    expect(withDefaults(object)).toEqual(before);
  });

  test("a claim is pending and of a file system", () => {
    const claim = withDefaults({ apiVersion: "v1", kind: "PersistentVolumeClaim", spec: {} });
    expect(claim).toMatchObject({
      spec: { volumeMode: "Filesystem" },
      status: { phase: "Pending" },
    });
  });
});

describe("workloads", () => {
  const template = {
    metadata: { labels: { a: "b" } },
    spec: { containers: [{ name: "c", image: "i:1" }] },
  };
  const defaultedTemplate = {
    metadata: { labels: { a: "b" } },
    spec: {
      ...TEMPLATE_SPEC,
      containers: [{ name: "c", image: "i:1", imagePullPolicy: "IfNotPresent", ...CONTAINER }],
    },
  };
  const selector = { matchLabels: { a: "b" } };

  test("a deployment", () => {
    const deployment = withDefaults({
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: { selector, template },
    });
    expect(deployment.spec).toEqual({
      replicas: 1,
      selector,
      template: defaultedTemplate,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
  });

  test("a stateful set", () => {
    const set = withDefaults({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      spec: { selector, template, serviceName: "s" },
    });
    expect(set.spec).toEqual({
      replicas: 1,
      selector,
      template: defaultedTemplate,
      serviceName: "s",
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
  });

  test("a daemon set", () => {
    const set = withDefaults({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      spec: { selector, template },
    });
    expect(set.spec).toEqual({
      selector,
      template: defaultedTemplate,
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
      },
      revisionHistoryLimit: 10,
    });
  });

  test("a replica set", () => {
    const set = withDefaults({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      spec: { selector, template },
    });
    expect(set.spec).toEqual({ replicas: 1, selector, template: defaultedTemplate });
  });

  test("a job", () => {
    const job = withDefaults({ apiVersion: "batch/v1", kind: "Job", spec: { template } });
    expect(job.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
    });
  });

  test("a cron job", () => {
    const cron = withDefaults({
      apiVersion: "batch/v1",
      kind: "CronJob",
      spec: { schedule: "@daily", jobTemplate: { spec: { template } } },
    });
    expect(cron.spec).toMatchObject({
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });
});

test("subjects and role references have their API groups", () => {
  const binding = withDefaults({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    roleRef: { kind: "Role", name: "r" },
    subjects: [
      { kind: "User", name: "u" },
      { kind: "ServiceAccount", name: "s" },
    ],
  });
  expect(binding).toMatchObject({
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
    subjects: [
      { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "u" },
      { kind: "ServiceAccount", name: "s" },
    ],
  });
});

test("objects of unknown kinds are left alone", () => {
  const object = { apiVersion: "example.com/v1", kind: "Foo", metadata: {}, spec: {} };
  applyDefaults(object);
  expect(object).toEqual({ apiVersion: "example.com/v1", kind: "Foo", metadata: {}, spec: {} });
});
