import type { LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from "@kubets/api/core/v1";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { limitRanges } from "../admission-reader.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { pod, request } from "../testing/requests.ts";
import { createLimitRanger } from "./limit-ranger.ts";

function chain(...limits: LimitRangeItem[]) {
  const range: LimitRange = {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "r", namespace: "ns" },
    spec: { limits },
  };
  const elsewhere = { ...range, metadata: { name: "r", namespace: "other" } };
  const reader = new MemoryReader().add(limitRanges, limits.length > 0 ? range : elsewhere);
  return chainPlugins([createLimitRanger({ reader })]);
}

const container = (
  name: string,
  requests?: Record<string, string>,
  limits?: Record<string, string>,
) => ({
  name,
  image: "x",
  resources: { ...(requests && { requests }), ...(limits && { limits }) },
});

test("containers get the defaults that they leave open, and an annotation says which", async () => {
  const object = pod({
    containers: [container("a"), container("b", { cpu: "1" }, { cpu: "2", memory: "1Gi" })],
    initContainers: [container("i")],
  });
  const admitted = (await chain({
    type: "Container",
    default: { cpu: "500m", memory: "512Mi" },
    defaultRequest: { cpu: "100m", memory: "256Mi" },
  }).mutate(request("CREATE pods", { object }))) as Pod;
  expect(admitted.spec?.containers.map(({ resources }) => resources)).toEqual([
    {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    },
    { requests: { cpu: "1", memory: "256Mi" }, limits: { cpu: "2", memory: "1Gi" } },
  ]);
  expect(admitted.metadata.annotations).toEqual({
    "kubernetes.io/limit-ranger":
      "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; cpu, memory request for init container i; cpu, memory limit for init container i",
  });
});

test("without a limit range in its namespace a pod stays as it is", async () => {
  const object = pod();
  expect(await chain().mutate(request("CREATE pods", { object }))).toBe(object);
});

test.each<[string, LimitRangeItem, Pod, string]>([
  [
    "too little is asked for",
    { type: "Container", min: { cpu: "100m" } },
    pod({ containers: [container("a", { cpu: "50m" })] }),
    "minimum cpu usage per Container is 100m, but request is 50m",
  ],
  [
    "nothing is asked for",
    { type: "Container", min: { memory: "1Mi" } },
    pod(),
    "minimum memory usage per Container is 1Mi.  No request is specified",
  ],
  [
    "there is no limit",
    { type: "Container", max: { cpu: "1" } },
    pod({ containers: [container("a", { cpu: "1" })] }),
    "maximum cpu usage per Container is 1.  No limit is specified",
  ],
  [
    "the limit is too high",
    { type: "Container", max: { cpu: "1" } },
    pod({ containers: [container("a", { cpu: "1" }, { cpu: "1500m" })] }),
    "maximum cpu usage per Container is 1, but limit is 1500m",
  ],
  [
    "limit and request are too far apart",
    { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
    pod({ containers: [container("a", { cpu: "100m" }, { cpu: "250m" })] }),
    "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000",
  ],
  [
    "the containers together ask for too much",
    { type: "Pod", max: { memory: "1Gi" } },
    pod({
      containers: [
        container("a", { memory: "600Mi" }, { memory: "600Mi" }),
        container("b", { memory: "600Mi" }, { memory: "600Mi" }),
      ],
    }),
    "maximum memory usage per Pod is 1Gi, but limit is 1200Mi",
  ],
  [
    "several rules are broken",
    { type: "Container", min: { cpu: "1" }, max: { cpu: "2" } },
    pod({ containers: [container("a", { cpu: "500m" }, { cpu: "3" })] }),
    "[minimum cpu usage per Container is 1, but request is 500m, maximum cpu usage per Container is 2, but limit is 3]",
  ],
])("a pod is refused when %s", async (_, item, object, why) => {
  await expect(chain(item).validate(request("CREATE pods", { object }))).rejects.toMatchObject({
    code: 403,
    message: `pods "p" is forbidden: ${why}`,
  });
});

test("a ratio that is just kept is allowed", async () => {
  const object = pod({ containers: [container("a", { cpu: "100m" }, { cpu: "200m" })] });
  await expect(
    chain({ type: "Container", maxLimitRequestRatio: { cpu: "2" } }).validate(
      request("CREATE pods", { object }),
    ),
  ).resolves.toBeUndefined();
});

test("a claim keeps to the bounds of its namespace", async () => {
  const claim: PersistentVolumeClaim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "ns" },
    spec: { resources: { requests: { storage: "5Gi" } } },
  };
  const item: LimitRangeItem = { type: "PersistentVolumeClaim", max: { storage: "2Gi" } };
  await expect(
    chain(item).validate(request("CREATE persistentvolumeclaims", { object: claim })),
  ).rejects.toMatchObject({
    message:
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
  });
});
