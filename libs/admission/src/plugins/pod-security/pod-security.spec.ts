import type { KubeObject } from "@kubets/api";
import type { Container, Pod, PodSpec } from "@kubets/api/core/v1";
import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { chainPlugins } from "../../admission-chain.ts";
import { namespaces, pods } from "../../admission-reader.ts";
import { MemoryReader } from "../../testing/memory-reader.ts";
import { namespace, pod, request } from "../../testing/requests.ts";
import { describeViolations, evaluatePod } from "./evaluate-pod.ts";
import { createPodSecurity } from "./pod-security.ts";
import type { LevelVersion } from "./security-policy.ts";

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

function container(name: string, over: Partial<Container> = {}): Container {
  return { name, image: "x", securityContext: hardened, ...over };
}

function violations(
  level: LevelVersion["level"],
  spec: Partial<PodSpec>,
  version: LevelVersion["version"] = "latest",
) {
  const checked = pod({ containers: [container("c")], ...spec });
  return describeViolations(
    evaluatePod(
      { level, version },
      { metadata: checked.metadata, spec: checked.spec ?? { containers: [] } },
    ),
  );
}

const withContext = (context: Container["securityContext"]) => ({
  containers: [container("c", { securityContext: { ...hardened, ...context } })],
});

test("a hardened pod keeps to both standards", () => {
  expect(violations("baseline", {})).toBe("");
  expect(violations("restricted", {})).toBe("");
});

test.each<[Partial<PodSpec>, string]>([
  [{ hostNetwork: true, hostIPC: true }, "host namespaces (hostNetwork=true, hostIPC=true)"],
  [{ volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
  [
    {
      containers: [
        container("a", { ports: [{ containerPort: 1, hostPort: 80 }] }),
        container("b", { ports: [{ containerPort: 1, hostPort: 443 }] }),
      ],
    },
    'hostPort (containers "a", "b" use hostPorts 443, 80)',
  ],
  [
    withContext({ privileged: true }),
    'privileged (container "c" must not set securityContext.privileged=true)',
  ],
  [
    withContext({ capabilities: { add: ["SYS_ADMIN", "CHOWN", "NET_RAW"] } }),
    'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    withContext({ procMount: "Unmasked" }),
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  ],
  [
    {
      securityContext: {
        sysctls: [
          { name: "kernel.msgmax", value: "1" },
          { name: "net.ipv4.tcp_rmem", value: "1" },
        ],
      },
    },
    "forbidden sysctls (kernel.msgmax)",
  ],
  [
    { securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } } },
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
  ],
  [
    { securityContext: { seccompProfile: { type: "Unconfined" } } },
    'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    { securityContext: { appArmorProfile: { type: "Unconfined" } } },
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
  ],
  [
    { securityContext: { windowsOptions: { hostProcess: true } } },
    "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
  ],
  [
    {
      containers: [container("c", { livenessProbe: { httpGet: { port: 80, host: "10.0.0.1" } } })],
    },
    'probe or lifecycle host (container "c" uses probe or lifecycle host "10.0.0.1")',
  ],
])("baseline forbids %j", (spec, text) => {
  expect(violations("baseline", spec)).toBe(text);
});

test.each<[Partial<PodSpec>, string]>([
  [
    { containers: [{ name: "c", image: "x" }] },
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  [
    {
      volumes: [
        { name: "a", hostPath: { path: "/" } },
        { name: "b", nfs: { server: "s", path: "/" } },
        { name: "ok", emptyDir: {} },
      ],
    },
    'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
  ],
  [
    withContext({ runAsNonRoot: false, runAsUser: 0 }),
    'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "c" must not set runAsUser=0)',
  ],
  [
    withContext({ capabilities: { drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"] } }),
    'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
  ],
])("restricted forbids %j", (spec, text) => {
  expect(violations("restricted", spec)).toBe(text);
});

test("every sort of container is looked at", () => {
  const bare = (name: string) => ({ name, image: "x" });
  expect(
    violations("restricted", {
      initContainers: [bare("i")],
      ephemeralContainers: [bare("e")],
    }),
  ).toContain('containers "i", "e" must set securityContext.allowPrivilegeEscalation=false');
});

test("an older version of the standard forbids less, and the newest is ours", () => {
  const root = withContext({ runAsUser: 0 });
  expect(violations("restricted", root, 22)).toBe("");
  expect(violations("restricted", root, 23)).not.toBe("");
  expect(violations("restricted", root, 99)).not.toBe("");
  const sysctl = { securityContext: { sysctls: [{ name: "net.ipv4.tcp_rmem", value: "1" }] } };
  expect(violations("baseline", sysctl, 31)).not.toBe("");
});

test("root in a user namespace is allowed from 1.35 on, an unmasked proc only by baseline", () => {
  const spec = {
    hostUsers: false,
    ...withContext({ runAsUser: 0, runAsNonRoot: false, procMount: "Unmasked" }),
  };
  expect(violations("baseline", spec)).toBe("");
  expect(violations("restricted", spec)).toBe(
    'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
  );
  expect(violations("restricted", spec, 34)).toContain("runAsUser=0");
});

function world(labels: Record<string, string> = {}) {
  const reader = new MemoryReader().add(
    namespaces,
    namespace("ns", { metadata: { name: "ns", labels } }),
  );
  const chain = chainPlugins([createPodSecurity({ reader, clock: new FakeClock() })]);
  const warnings: string[] = [];
  const validate = (what: string, object: KubeObject, oldObject?: KubeObject) =>
    chain.validate(request(what, { object, oldObject, warnings }));
  return { reader, warnings, validate };
}

const LABEL = "pod-security.kubernetes.io/";
const privileged = pod({ hostNetwork: true });

test("an enforced standard refuses the pod with all that it violates", async () => {
  const { validate, warnings } = world({
    [`${LABEL}enforce`]: "baseline",
    [`${LABEL}enforce-version`]: "v1.30",
  });
  await expect(validate("CREATE pods", privileged)).rejects.toMatchObject({
    code: 403,
    message:
      'pods "p" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
  });
  expect(warnings).toEqual([]);
  await expect(validate("CREATE pods/exec", privileged)).resolves.toBeUndefined();
});

test("a namespace without labels forbids nothing, and unreadable ones mean the strictest standard", async () => {
  await expect(world().validate("CREATE pods", privileged)).resolves.toBeUndefined();
  await expect(
    world({ [`${LABEL}enforce`]: "tight" }).validate("CREATE pods", pod()),
  ).rejects.toMatchObject({
    message: expect.stringContaining('violates PodSecurity "restricted:latest"'),
  });
});

test("a standard to warn of warns, for pods and for the workloads that make them", async () => {
  const { validate, warnings } = world({ [`${LABEL}warn`]: "baseline" });
  await validate("CREATE pods", privileged);
  const template = { metadata: {}, spec: privileged.spec };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", namespace: "ns" },
    spec: { selector: {}, template },
  };
  await validate("CREATE deployments.apps", deployment);
  const cronJob = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "j", namespace: "ns" },
    spec: { jobTemplate: { spec: { template } } },
  };
  await validate("CREATE cronjobs.batch", cronJob);
  const text = 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)';
  expect(warnings).toEqual([text, text, text]);
});

test("who enforces a standard is warned of it for workloads too, and workloads are never refused", async () => {
  const { validate, warnings } = world({ [`${LABEL}enforce`]: "baseline" });
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "ns" },
    spec: { template: { metadata: {}, spec: privileged.spec } },
  };
  await expect(validate("CREATE jobs.batch", job)).resolves.toBeUndefined();
  expect(warnings).toHaveLength(1);
});

test("a change that matters is checked again: an image, an ephemeral container", async () => {
  const { validate } = world({ [`${LABEL}enforce`]: "baseline" });
  const labelled: Pod = { ...privileged, metadata: { ...privileged.metadata, labels: { a: "b" } } };
  await expect(validate("UPDATE pods", labelled, privileged)).resolves.toBeUndefined();
  const image = pod({ hostNetwork: true, containers: [{ name: "c", image: "other" }] });
  await expect(validate("UPDATE pods", image, privileged)).rejects.toMatchObject({ code: 403 });
  const debug = pod({ hostNetwork: true, ephemeralContainers: [{ name: "e", image: "x" }] });
  await expect(
    validate("UPDATE pods/ephemeralcontainers", debug, privileged),
  ).rejects.toMatchObject({ code: 403 });
});

test("labels of a namespace must be readable", async () => {
  const { validate } = world();
  const bad = namespace("new", {
    metadata: {
      name: "new",
      labels: { [`${LABEL}enforce`]: "tight", [`${LABEL}warn-version`]: "1.2" },
    },
  });
  await expect(validate("CREATE namespaces", bad)).rejects.toMatchObject({
    code: 422,
    message:
      'Namespace "new" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
  });
  await expect(validate("UPDATE namespaces", bad, bad)).resolves.toBeUndefined();
});

test("who tightens a namespace is told which of its pods would not come again", async () => {
  const { reader, validate, warnings } = world();
  const owned = (name: string) =>
    pod(
      { hostNetwork: true },
      {
        name,
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "r", controller: true },
        ],
      },
    );
  reader.add(
    pods,
    owned("web-2"),
    owned("web-1"),
    pod({}, { name: "fine" }),
    pod({ hostPID: true, volumes: [{ name: "v", hostPath: { path: "/" } }] }, { name: "agent" }),
  );
  const tight = namespace("ns", {
    metadata: { name: "ns", labels: { [`${LABEL}enforce`]: "baseline" } },
  });
  await validate("UPDATE namespaces", tight, namespace("ns"));
  expect(warnings).toEqual([
    'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"',
    "agent: host namespaces, hostPath volumes",
    "web-1 (and 1 other pod): host namespaces",
  ]);
  warnings.length = 0;
  await validate("UPDATE namespaces", namespace("ns"), tight);
  expect(warnings).toEqual([]);
});
