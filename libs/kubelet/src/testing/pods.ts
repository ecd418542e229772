/** Short ways to write pods and what a runtime says of them, for tests. */
import type { Container, Pod, PodSpec } from "@kubets/api/core/v1";
import type { SandboxStatus } from "@kubets/cri";
import { containerHash } from "../pod/container-hash.ts";
import type { PodRuntime, RuntimeContainer } from "../pod/pod-runtime.ts";

export function makePod(spec: Partial<PodSpec> = {}, metadata: Pod["metadata"] = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pod", namespace: "default", uid: "uid-1", generation: 1, ...metadata },
    spec: {
      containers: [makeContainer("app")],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      serviceAccountName: "default",
      enableServiceLinks: true,
      dnsPolicy: "ClusterFirst",
      ...spec,
    },
  };
}

export function makeContainer(name: string, more: Partial<Container> = {}): Container {
  return { name, image: "busybox", imagePullPolicy: "IfNotPresent", ...more };
}

export function makeSandbox(more: Partial<SandboxStatus> = {}): SandboxStatus {
  return {
    id: "sandbox-1",
    metadata: { name: "pod", namespace: "default", uid: "uid-1", attempt: 0 },
    ready: true,
    createdAtMs: 1000,
    labels: {},
    annotations: {},
    network: "pod",
    ips: ["10.0.0.2"],
    ...more,
  };
}

export function makeRuntimeContainer(
  name: string,
  more: Partial<RuntimeContainer> = {},
): RuntimeContainer {
  return {
    id: `id-${name}`,
    name,
    state: "running",
    hash: containerHash(makeContainer(name)),
    restartCount: 0,
    image: "docker.io/library/busybox:latest",
    imageRef: "sha256:abc",
    createdAtMs: 1000,
    startedAtMs: 1000,
    finishedAtMs: 0,
    exitCode: 0,
    reason: "",
    message: "",
    logPath: "",
    ...more,
  };
}

/** A ready sandbox with these containers, the newest first. */
export function running(...containers: RuntimeContainer[]): PodRuntime {
  return { sandboxes: [makeSandbox()], containers };
}
