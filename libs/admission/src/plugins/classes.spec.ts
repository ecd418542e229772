import type { Node, PersistentVolumeClaim, Pod, Service } from "@kubets/api/core/v1";
import type { Ingress } from "@kubets/api/networking/v1";
import type { RuntimeClass } from "@kubets/api/node/v1";
import type { StorageClass } from "@kubets/api/storage/v1";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { ingressClasses, nodes, runtimeClasses, storageClasses } from "../admission-reader.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { named, pod, request } from "../testing/requests.ts";
import { createDefaultIngressClass, createDefaultStorageClass } from "./default-class.ts";
import { createPodTopologyLabels } from "./pod-topology-labels.ts";
import {
  createAlwaysDeny,
  createAlwaysPullImages,
  createDenyServiceExternalIps,
} from "./refusals.ts";
import { createRuntimeClass } from "./runtime-class.ts";
import { createClaimResize, createStorageObjectInUseProtection } from "./storage-objects.ts";

function claim(over: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "ns" },
    spec: {},
    ...over,
  };
}

function storageClass(name: string, over: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    provisioner: "p",
    ...over,
  };
}

const marked = (name: string, creationTimestamp: string, annotation: string) => ({
  metadata: { name, creationTimestamp, annotations: { [annotation]: "true" } },
});
const DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class";

test("a claim without a class gets the newest default one", async () => {
  const reader = new MemoryReader().add(
    storageClasses,
    storageClass("old", marked("old", "2025-01-01T00:00:00Z", DEFAULT_STORAGE)),
    storageClass("new-b", marked("new-b", "2026-01-01T00:00:00Z", DEFAULT_STORAGE)),
    storageClass("new-a", marked("new-a", "2026-01-01T00:00:00Z", DEFAULT_STORAGE)),
    storageClass("none"),
  );
  const chain = chainPlugins([createDefaultStorageClass({ reader })]);
  const create = (object: PersistentVolumeClaim) =>
    chain.mutate(request("CREATE persistentvolumeclaims", { object }));
  expect(await create(claim())).toMatchObject({ spec: { storageClassName: "new-a" } });
  for (const kept of [
    claim({ spec: { storageClassName: "" } }),
    claim({
      metadata: {
        name: "c",
        annotations: { "volume.beta.kubernetes.io/storage-class": "x" },
      },
    }),
  ]) {
    expect(await create(kept)).toBe(kept);
  }
});

test("an ingress without a class gets the default one", async () => {
  const reader = new MemoryReader().add(ingressClasses, {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    ...marked("nginx", "2026-01-01T00:00:00Z", "ingressclass.kubernetes.io/is-default-class"),
  });
  const chain = chainPlugins([createDefaultIngressClass({ reader })]);
  const ingress: Ingress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "i", namespace: "ns" },
    spec: {},
  };
  const create = (object: Ingress) =>
    chain.mutate(request("CREATE ingresses.networking.k8s.io", { object }));
  expect(await create(ingress)).toMatchObject({ spec: { ingressClassName: "nginx" } });
  const old = {
    ...ingress,
    metadata: { name: "i", annotations: { "kubernetes.io/ingress.class": "x" } },
  };
  expect(await create(old)).toBe(old);
});

test.each([
  ["persistentvolumes", "kubernetes.io/pv-protection"],
  ["persistentvolumeclaims", "kubernetes.io/pvc-protection"],
  ["volumeattributesclasses.storage.k8s.io", "kubernetes.io/vac-protection"],
])("new %s carry the finalizer %s once", async (path, finalizer) => {
  const chain = chainPlugins([createStorageObjectInUseProtection()]);
  const object = named("v1", "X", "x");
  const admitted = await chain.mutate(request(`CREATE ${path}`, { object }));
  expect(admitted?.metadata.finalizers).toEqual([finalizer]);
  if (admitted === undefined) return;
  expect(await chain.mutate(request(`CREATE ${path}`, { object: admitted }))).toBe(admitted);
});

test("a claim grows only when it is bound and its class allows it", async () => {
  const reader = new MemoryReader().add(
    storageClasses,
    storageClass("grows", { allowVolumeExpansion: true }),
    storageClass("stays"),
  );
  const chain = chainPlugins([createClaimResize({ reader })]);
  const sized = (storage: string, storageClassName: string, phase = "Bound") =>
    claim({
      spec: { storageClassName, resources: { requests: { storage } } },
      status: { phase },
    });
  const update = (object: PersistentVolumeClaim, oldObject: PersistentVolumeClaim) =>
    chain.validate(request("UPDATE persistentvolumeclaims", { object, oldObject }));
  await expect(update(sized("2Gi", "grows"), sized("1Gi", "grows"))).resolves.toBeUndefined();
  await expect(update(sized("1Gi", "stays"), sized("1024Mi", "stays"))).resolves.toBeUndefined();
  await expect(
    update(sized("2Gi", "grows"), sized("1Gi", "grows", "Pending")),
  ).rejects.toMatchObject({
    message:
      'persistentvolumeclaims "c" is forbidden: Only bound persistent volume claims can be expanded',
  });
  await expect(update(sized("2Gi", "stays"), sized("1Gi", "stays"))).rejects.toMatchObject({
    message:
      'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  });
});

const sandboxed: RuntimeClass = {
  apiVersion: "node.k8s.io/v1",
  kind: "RuntimeClass",
  metadata: { name: "sandboxed" },
  handler: "kata",
  overhead: { podFixed: { cpu: "250m" } },
  scheduling: {
    nodeSelector: { sandbox: "yes" },
    tolerations: [{ key: "sandbox", operator: "Exists" }],
  },
};

function runtimeChain() {
  const reader = new MemoryReader().add(runtimeClasses, sandboxed);
  const chain = chainPlugins([createRuntimeClass({ reader })]);
  return async (object: Pod) => {
    const admitted = (await chain.mutate(request("CREATE pods", { object }))) as Pod;
    await chain.validate(request("CREATE pods", { object: admitted }));
    return admitted.spec;
  };
}

test("a runtime class adds its overhead, node selector and tolerations", async () => {
  const spec = await runtimeChain()(
    pod({
      runtimeClassName: "sandboxed",
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "sandbox", operator: "Equal", value: "x" }, { key: "gpu" }],
    }),
  );
  expect(spec).toMatchObject({
    overhead: { cpu: "250m" },
    nodeSelector: { disk: "ssd", sandbox: "yes" },
    tolerations: [{ key: "gpu" }, { key: "sandbox", operator: "Exists" }],
  });
});

test.each<[Pod["spec"], string]>([
  [{ containers: [], runtimeClassName: "gone" }, 'pod rejected: RuntimeClass "gone" not found'],
  [
    { containers: [], runtimeClassName: "sandboxed", overhead: { cpu: "1" } },
    "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  ],
  [
    { containers: [], overhead: { cpu: "1" } },
    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
  ],
  [
    { containers: [], runtimeClassName: "sandboxed", nodeSelector: { sandbox: "no" } },
    "conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no",
  ],
])("the pod %j is refused", async (spec, why) => {
  await expect(runtimeChain()(pod(spec))).rejects.toMatchObject({
    message: `pods "p" is forbidden: ${why}`,
  });
});

test("a binding carries its node's zone and region on to the pod", async () => {
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "n1",
      labels: { "topology.kubernetes.io/zone": "a", rack: "7" },
    },
  };
  const reader = new MemoryReader().add(nodes, node);
  const chain = chainPlugins([createPodTopologyLabels({ reader })]);
  const binding = { ...named("v1", "Binding", "p", "ns"), target: { kind: "Node", name: "n1" } };
  const bound = await chain.mutate(request("CREATE pods/binding", { object: binding }));
  expect(bound?.metadata.labels).toEqual({ "topology.kubernetes.io/zone": "a" });
  const elsewhere = { ...binding, target: { kind: "Node", name: "n2" } };
  expect(await chain.mutate(request("CREATE pods/binding", { object: elsewhere }))).toBe(elsewhere);
});

test("AlwaysPullImages leaves no container with an image that is only there", async () => {
  const chain = chainPlugins([createAlwaysPullImages()]);
  const object = pod({
    containers: [{ name: "c", imagePullPolicy: "IfNotPresent" }],
    initContainers: [{ name: "i", imagePullPolicy: "Never" }],
  });
  const admitted = (await chain.mutate(request("CREATE pods", { object }))) as Pod;
  expect(admitted.spec?.containers[0]?.imagePullPolicy).toBe("Always");
  expect(admitted.spec?.initContainers?.[0]?.imagePullPolicy).toBe("Always");
});

test("external addresses may be kept and dropped but not added", async () => {
  const chain = chainPlugins([createDenyServiceExternalIps()]);
  const service = (...externalIPs: string[]): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "ns" },
    spec: { externalIPs },
  });
  const update = (object: Service, oldObject: Service) =>
    chain.validate(request("UPDATE services", { object, oldObject }));
  await expect(update(service("1.1.1.1"), service("1.1.1.1", "2.2.2.2"))).resolves.toBeUndefined();
  await expect(update(service("3.3.3.3"), service("1.1.1.1"))).rejects.toMatchObject({
    message: 'services "s" is forbidden: Use of external IPs is denied by admission control',
  });
});

test("AlwaysDeny denies", async () => {
  await expect(
    chainPlugins([createAlwaysDeny()]).mutate(request("CREATE pods", { object: pod() })),
  ).rejects.toMatchObject({
    message: 'pods "p" is forbidden: admission control is denying all modifications',
  });
});
