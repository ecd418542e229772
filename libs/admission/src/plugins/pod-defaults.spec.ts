import type { Node, Pod } from "@kubets/api/core/v1";
import type { PriorityClass } from "@kubets/api/scheduling/v1";
import { expect, test } from "vitest";
import { chainPlugins } from "../admission-chain.ts";
import { priorityClasses } from "../admission-reader.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { pod, request } from "../testing/requests.ts";
import { createDefaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { createPriority, systemPriorityClasses } from "./priority.ts";
import { createTaintNodesByCondition } from "./taint-nodes-by-condition.ts";

function priorityClass(
  name: string,
  value: number,
  over: Partial<PriorityClass> = {},
): PriorityClass {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    ...over,
  };
}

function priority(...classes: PriorityClass[]) {
  const reader = new MemoryReader().add(priorityClasses, ...systemPriorityClasses(), ...classes);
  const chain = chainPlugins([createPriority({ reader })]);
  const create = async (given: Pod) =>
    ((await chain.mutate(request("CREATE pods", { object: given }))) as Pod).spec;
  return { chain, create, reader };
}

test("a pod's priority comes from the class that it names, from the default, or is 0", async () => {
  const { create } = priority(
    priorityClass("high", 1_000, { preemptionPolicy: "Never" }),
    priorityClass("usual", 10, { globalDefault: true }),
    priorityClass("unusual", 20, { globalDefault: true }),
  );
  expect(await create(pod({ priorityClassName: "high" }))).toMatchObject({
    priority: 1_000,
    preemptionPolicy: "Never",
  });
  expect(await create(pod())).toMatchObject({ priorityClassName: "usual", priority: 10 });
  expect(await priority().create(pod())).toMatchObject({
    priority: 0,
    preemptionPolicy: "PreemptLowerPriority",
  });
  expect(await priority().create(pod())).not.toHaveProperty("priorityClassName");
  expect(await create(pod({ priorityClassName: "system-node-critical" }))).toMatchObject({
    priority: 2_000_001_000,
  });
});

test("a class made a moment ago elsewhere is found", async () => {
  const { create, reader } = priority();
  reader.addFresh(priorityClasses, priorityClass("new", 5));
  expect(await create(pod({ priorityClassName: "new" }))).toMatchObject({ priority: 5 });
});

test.each([
  [{ priorityClassName: "gone" }, "no PriorityClass with name gone was found"],
  [
    { priority: 7 },
    "the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
  ],
  [
    { preemptionPolicy: "Never" },
    "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name",
  ],
])("the pod %j is refused", async (spec, text) => {
  await expect(priority().create(pod(spec))).rejects.toMatchObject({
    code: 403,
    message: `pods "p" is forbidden: ${text}`,
  });
});

test("an update without the priority keeps it", async () => {
  const { chain } = priority();
  const oldObject = pod({ priority: 5, preemptionPolicy: "Never" });
  const admitted = await chain.mutate(request("UPDATE pods", { object: pod(), oldObject }));
  expect((admitted as Pod).spec).toMatchObject({ priority: 5, preemptionPolicy: "Never" });
  expect(await chain.mutate(request("UPDATE pods", { object: oldObject, oldObject }))).toBe(
    oldObject,
  );
});

test("there is one default class at most", async () => {
  const usual = priorityClass("usual", 10, { globalDefault: true });
  const { chain } = priority(usual);
  const validate = (object: PriorityClass) =>
    chain.validate(request("CREATE priorityclasses.scheduling.k8s.io", { object }));
  await expect(validate(priorityClass("second", 1, { globalDefault: true }))).rejects.toMatchObject(
    {
      message:
        'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    },
  );
  await expect(validate(usual)).resolves.toBeUndefined();
  await expect(validate(priorityClass("second", 1))).resolves.toBeUndefined();
});

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";

test.each([
  ["nothing", undefined, [NOT_READY, UNREACHABLE]],
  ["another taint", [{ key: "gpu", operator: "Exists" }], ["gpu", NOT_READY, UNREACHABLE]],
  [
    "not-ready",
    [{ key: NOT_READY, operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
    [NOT_READY, UNREACHABLE],
  ],
  ["everything", [{ operator: "Exists" }], [undefined]],
  [
    "not-ready without execution",
    [{ key: NOT_READY, operator: "Exists", effect: "NoSchedule" }],
    [NOT_READY, NOT_READY, UNREACHABLE],
  ],
])(
  "a pod that tolerates %s ends with the keys that upstream gives it",
  async (_, tolerations, keys) => {
    const chain = chainPlugins([createDefaultTolerationSeconds({ notReadySeconds: 30 })]);
    const given = pod(tolerations === undefined ? {} : { tolerations });
    const admitted = (await chain.mutate(request("CREATE pods", { object: given }))) as Pod;
    expect(admitted.spec?.tolerations?.map(({ key }) => key)).toEqual(keys);
    const again = await chain.mutate(
      request("UPDATE pods", { object: admitted, oldObject: admitted }),
    );
    expect(again).toBe(admitted);
  },
);

test("a new node is tainted until it has been seen ready, once", async () => {
  const chain = chainPlugins([createTaintNodesByCondition()]);
  const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };
  const admitted = (await chain.mutate(request("CREATE nodes", { object: node }))) as Node;
  expect(admitted.spec?.taints).toEqual([{ key: NOT_READY, effect: "NoSchedule" }]);
  expect(await chain.mutate(request("CREATE nodes", { object: admitted }))).toBe(admitted);
  expect(await chain.mutate(request("UPDATE nodes", { object: node, oldObject: node }))).toBe(node);
});
