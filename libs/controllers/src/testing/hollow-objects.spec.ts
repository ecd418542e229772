/**
 * Required lists that are empty are written as null (`endpoints`, `containers`), and other servers write more of them:
 * no controller may stumble over such an object.
 */
import { builtinResources, isStatusError, type KubeObject } from "@kubets/api";
import { pods, type ResourceType, resourceType } from "@kubets/client";
import { createMemoryClient } from "@kubets/client/testing";
import { FakeClock, type Logger } from "@kubets/service";
import { describe, expect, it } from "vitest";
import { builtinControllers } from "../builtin-controllers.ts";
import { disturbedReader } from "./disturbed-reader.ts";
import { Incarnation } from "./incarnation.ts";

const labels = { app: "web" };
const selector = { matchLabels: labels, matchExpressions: null };
const template = {
  metadata: { labels },
  spec: {
    containers: null,
    initContainers: null,
    volumes: null,
    tolerations: null,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: null },
      },
    },
  },
};
const meta = (name: string) => ({ name, namespace: "default", labels, finalizers: null });
const owned = (kind: string, apiVersion: string, name = "hollow") => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});
const pod = (name: string, more: object = {}) => ({
  metadata: { ...meta(name), ...more },
  spec: { ...template.spec, nodeName: "hollow" },
  status: { phase: "Running", podIPs: null, podIP: "10.1.0.1", conditions: null },
});

/** By group, version and resource. */
const HOLLOW: Readonly<Record<string, readonly object[]>> = {
  "/v1/namespaces": [
    { metadata: { name: "default", finalizers: null }, spec: { finalizers: null } },
    {
      metadata: { name: "ending", deletionTimestamp: "2026-01-01T00:00:00Z" },
      spec: { finalizers: ["kubernetes"] },
      status: { conditions: null },
    },
  ],
  "/v1/nodes": [
    {
      metadata: { name: "hollow" },
      spec: { taints: null, podCIDRs: null },
      status: { conditions: null, addresses: null, images: [{ names: null }] },
    },
  ],
  "/v1/pods": [
    pod("alone"),
    pod("of-a-replica-set", owned("ReplicaSet", "apps/v1")),
    pod("of-a-daemon-set", owned("DaemonSet", "apps/v1")),
    pod("of-a-job", owned("Job", "batch/v1")),
    {
      ...pod("failed", owned("Job", "batch/v1")),
      status: { phase: "Failed", containerStatuses: null },
    },
    {
      ...pod("exited", {
        ...owned("Job", "batch/v1", "exit-codes"),
        finalizers: ["batch.kubernetes.io/job-tracking"],
      }),
      status: {
        phase: "Failed",
        containerStatuses: [{ name: "c", state: { terminated: { exitCode: 3 } } }],
      },
    },
  ],
  "/v1/services": [
    {
      metadata: meta("hollow"),
      spec: { clusterIP: "None", selector: labels, ports: null, ipFamilies: null },
    },
    { metadata: meta("mirrored"), spec: { ports: null } },
    { metadata: meta("empty"), spec: {} },
  ],
  "/v1/endpoints": [
    { metadata: meta("hollow"), subsets: null },
    { metadata: meta("mirrored"), subsets: [{ addresses: null, ports: null }] },
    { metadata: meta("empty"), subsets: [{ notReadyAddresses: null, addresses: [] }] },
  ],
  "discovery.k8s.io/v1/endpointslices": [
    {
      metadata: {
        ...meta("hollow-1"),
        labels: {
          "kubernetes.io/service-name": "hollow",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
      },
      addressType: "IPv4",
      endpoints: null,
      ports: null,
    },
    {
      metadata: {
        ...meta("hollow-2"),
        labels: {
          "kubernetes.io/service-name": "hollow",
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.0.9"], conditions: null }],
      ports: null,
    },
    {
      metadata: {
        ...meta("mirrored-1"),
        labels: {
          "kubernetes.io/service-name": "mirrored",
          "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
        },
      },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.1.0.9"] }],
      ports: null,
    },
  ],
  "apps/v1/deployments": [{ metadata: meta("hollow"), spec: { replicas: 1, selector, template } }],
  "apps/v1/replicasets": [
    {
      metadata: { ...meta("hollow"), uid: "uid-ReplicaSet-hollow" },
      spec: { replicas: 1, selector, template },
    },
  ],
  "/v1/replicationcontrollers": [
    { metadata: meta("hollow"), spec: { replicas: 1, selector: null, template: null } },
  ],
  "apps/v1/daemonsets": [
    { metadata: { ...meta("hollow"), uid: "uid-DaemonSet-hollow" }, spec: { selector, template } },
  ],
  "apps/v1/statefulsets": [
    {
      metadata: meta("hollow"),
      spec: { replicas: 1, serviceName: "hollow", selector, template, volumeClaimTemplates: null },
    },
  ],
  "apps/v1/controllerrevisions": [
    {
      metadata: { ...meta("hollow-1"), ...owned("DaemonSet", "apps/v1") },
      data: null,
      revision: 1,
    },
  ],
  "batch/v1/jobs": [
    {
      metadata: { ...meta("hollow"), uid: "uid-Job-hollow" },
      spec: {
        parallelism: 1,
        selector,
        template,
        podFailurePolicy: { rules: null },
      },
    },
    {
      metadata: meta("indexed"),
      spec: {
        parallelism: 1,
        completions: 2,
        completionMode: "Indexed",
        selector: { matchLabels: { job: "indexed" } },
        template: { ...template, metadata: { labels: { job: "indexed" } } },
        successPolicy: { rules: null },
      },
    },
    {
      metadata: { ...meta("exit-codes"), uid: "uid-Job-exit-codes" },
      spec: {
        parallelism: 1,
        selector,
        template,
        podFailurePolicy: {
          rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: null } }],
        },
      },
    },
  ],
  "batch/v1/cronjobs": [
    {
      metadata: { ...meta("hollow"), creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: { selector, template } } },
      status: { active: null },
    },
  ],
  "policy/v1/poddisruptionbudgets": [
    { metadata: meta("hollow"), spec: { minAvailable: 1, selector: null } },
    { metadata: meta("all"), spec: { minAvailable: 1, selector }, status: { conditions: null } },
  ],
  "/v1/resourcequotas": [
    { metadata: meta("hollow"), spec: { hard: { pods: "5", "requests.cpu": "1" }, scopes: null } },
    { metadata: meta("empty"), spec: { hard: null } },
  ],
  "/v1/serviceaccounts": [{ metadata: meta("default"), secrets: null, imagePullSecrets: null }],
  "/v1/persistentvolumeclaims": [{ metadata: meta("data-hollow-0"), spec: { accessModes: null } }],
};

describe("objects with null for their lists", () => {
  it("make no controller fail", async () => {
    const clock = new FakeClock();
    const client = createMemoryClient({ clock });
    for (const [path, objects] of Object.entries(HOLLOW)) {
      const [group = "", version = "", resource = ""] = path.split("/");
      const info = builtinResources.find(
        (each) => each.group === group && each.version === version && each.resource === resource,
      );
      if (info === undefined) throw new Error(`there is no ${path}`);
      const type: ResourceType = resourceType(group, version, resource, info.namespaced);
      const apiVersion = group === "" ? version : `${group}/${version}`;
      for (const object of objects) {
        // What no type allows, and what a server may send.
        client.seed(type, { apiVersion, kind: info.kind, ...object } as unknown as KubeObject);
      }
    }
    const failures: string[] = [];
    const complain = (message: string, fields: Record<string, unknown> = {}) => {
      const { controller, informer, key, error } = fields;
      // A conflict is ordinary where many controllers begin at once.
      if (isStatusError(error)) return;
      const why = error instanceof Error ? error.stack : error;
      failures.push(`${message}: ${controller ?? informer} ${key ?? ""} ${why}`);
    };
    const logger: Logger = {
      debug() {},
      info() {},
      warn: complain,
      error: complain,
      child: () => logger,
    };
    const writers = new Set<string>();
    const controllers = builtinControllers({
      resources: () =>
        builtinResources.filter(({ group, resource }) =>
          Object.keys(HOLLOW).some((path) => path === `${group}/v1/${resource}`),
        ),
      rootCa: "PEM",
      nodeIpam: { clusterCidr: "10.0.0.0/16", nodeMaskBits: 24 },
      nodeMonitorGraceMs: 5_000,
      nodeStartupGraceMs: 5_000,
    });
    const incarnation = new Incarnation({
      client,
      reader: disturbedReader(client, clock, {}, () => 0),
      clock,
      logger,
      onWrite: (_, controller) => writers.add(controller),
      controllers,
    });
    await incarnation.start();
    await clock.advance(1_000);
    await client.patch(
      pods,
      { namespace: "default", name: "alone", subresource: "status" },
      { type: "application/merge-patch+json", body: { status: { podIP: "10.1.0.2" } } },
    );
    for (let round = 0; round < 60; round++) await clock.advance(2_000);
    await incarnation.stop();
    expect(failures).toEqual([]);
    // These have nothing to write here; all others had such objects in their hands.
    const idle = [
      "garbage-collector",
      "pod-garbage-collector",
      "serviceaccount",
      "taint-eviction",
      "ttl-after-finished",
    ];
    expect([...writers].sort()).toEqual(
      controllers
        .map(({ name }) => name)
        .filter((name) => !idle.includes(name.replace("-controller", "")))
        .sort(),
    );
  });
});
