import { type KubeObject, quotaUsageOf } from "@kubets/api";
import type { PersistentVolumeClaim, ResourceQuota, Service } from "@kubets/api/core/v1";
import { FakeClock } from "@kubets/service";
import { expect, test } from "vitest";
import { chainPlugins } from "../../admission-chain.ts";
import { resourceQuotas } from "../../admission-reader.ts";
import type { AdmissionRequest } from "../../plugin.ts";
import { MemoryReader } from "../../testing/memory-reader.ts";
import { named, pod, request } from "../../testing/requests.ts";
import { createResourceQuota } from "./resource-quota.ts";

type Amounts = Record<string, string>;

function quota(
  name: string,
  hard: Amounts,
  used: Amounts,
  spec: ResourceQuota["spec"] = {},
): ResourceQuota {
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name, namespace: "ns", uid: name, resourceVersion: "1" },
    spec: { hard, ...spec },
    status: { hard, used },
  };
}

/** A store with optimistic concurrency; each server sees it through a cache of its own that may lag. */
class QuotaStore {
  readonly #stored = new Map<string, ResourceQuota>();
  #revision = 1;
  writes = 0;
  constructor(...quotas: ResourceQuota[]) {
    for (const each of quotas) this.#stored.set(each.metadata.name ?? "", each);
  }
  used(name: string): Amounts {
    return this.#stored.get(name)?.status?.used ?? {};
  }
  /** As the quota controller does when objects have gone. */
  free(name: string, used: Amounts): void {
    const current = this.#stored.get(name);
    if (current === undefined) return;
    this.#revision++;
    this.#stored.set(name, {
      ...current,
      metadata: { ...current.metadata, resourceVersion: String(this.#revision) },
      status: { ...current.status, used },
    });
  }
  all(): ResourceQuota[] {
    return [...this.#stored.values()];
  }
  server(options: { readonly lags?: boolean } = {}) {
    const reader = new MemoryReader().add(resourceQuotas, ...this.all());
    const original = reader.read.bind(reader);
    reader.read = async (type, ns, name) => {
      for (const each of this.all()) reader.addFresh(resourceQuotas, each);
      return original(type, ns, name);
    };
    const writer = {
      writeStatus: async (wanted: ResourceQuota) => {
        await Promise.resolve();
        const name = wanted.metadata.name ?? "";
        const current = this.#stored.get(name);
        if (current?.metadata.resourceVersion !== wanted.metadata.resourceVersion) return undefined;
        this.writes++;
        this.#revision++;
        const stored = {
          ...wanted,
          metadata: { ...wanted.metadata, resourceVersion: String(this.#revision) },
        };
        this.#stored.set(name, stored);
        if (options.lags !== true) reader.add(resourceQuotas, stored);
        return stored;
      },
    };
    const plugin = createResourceQuota({ reader, writer, clock: new FakeClock() });
    const chain = chainPlugins([plugin]);
    return (what: string, object: KubeObject, over: Partial<AdmissionRequest> = {}) =>
      chain.validate(request(what, { object, ...over }));
  }
}

const asking = (cpu: string) =>
  pod({ containers: [{ name: "c", resources: { requests: { cpu }, limits: { cpu } } }] });

test("an object takes its room before it is admitted", async () => {
  const store = new QuotaStore(
    quota("q", { pods: "3", "requests.cpu": "1" }, { pods: "1", "requests.cpu": "250m" }),
  );
  await store.server()("CREATE pods", asking("500m"));
  expect(store.used("q")).toEqual({ pods: "2", "requests.cpu": "750m" });
});

test("an object that does not fit is refused and takes nothing", async () => {
  const store = new QuotaStore(
    quota("q", { pods: "3", "requests.cpu": "1" }, { pods: "1", "requests.cpu": "750m" }),
  );
  await expect(store.server()("CREATE pods", asking("500m"))).rejects.toMatchObject({
    code: 403,
    message:
      'pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=750m, limited: requests.cpu=1',
  });
  expect(store.writes).toBe(0);
});

test("where processor is counted every container must say how much it wants", async () => {
  const store = new QuotaStore(
    quota(
      "q",
      { "limits.cpu": "1", "requests.memory": "1Gi" },
      { "limits.cpu": "0", "requests.memory": "0" },
    ),
  );
  const object = pod({
    containers: [{ name: "b" }, { name: "a", resources: { limits: { cpu: "1" } } }],
  });
  await expect(store.server()("CREATE pods", object)).rejects.toMatchObject({
    message:
      'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: b; requests.memory for: a,b',
  });
});

test("a quota that nobody has counted yet lets nothing in", async () => {
  const store = new QuotaStore(quota("q", { pods: "3", "count/pods": "9" }, {}));
  await expect(store.server()("CREATE pods", pod())).rejects.toMatchObject({
    message: 'pods "p" is forbidden: status unknown for quota: q, resources: count/pods,pods',
  });
});

test("objects that a quota does not count pass without a write", async () => {
  const store = new QuotaStore(
    quota("terminating", { pods: "0" }, { pods: "0" }, { scopes: ["Terminating"] }),
    quota(
      "high",
      { pods: "0" },
      { pods: "0" },
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
        },
      },
    ),
    quota("configmaps", { configmaps: "0" }, { configmaps: "0" }),
  );
  const validate = store.server();
  await expect(validate("CREATE pods", pod())).resolves.toBeUndefined();
  await expect(validate("CREATE pods/binding", pod())).resolves.toBeUndefined();
  await expect(validate("UPDATE pods", pod(), { oldObject: pod() })).resolves.toBeUndefined();
  expect(store.writes).toBe(0);
  for (const object of [pod({ activeDeadlineSeconds: 5 }), pod({ priorityClassName: "high" })]) {
    await expect(validate("CREATE pods", object)).rejects.toMatchObject({ code: 403 });
  }
});

test("a dry run is checked and takes nothing", async () => {
  const store = new QuotaStore(quota("q", { pods: "1" }, { pods: "0" }));
  const validate = store.server();
  await validate("CREATE pods", pod(), { dryRun: true });
  expect(store.writes).toBe(0);
  const full = new QuotaStore(quota("q", { pods: "1" }, { pods: "1" }));
  await expect(full.server()("CREATE pods", pod(), { dryRun: true })).rejects.toMatchObject({
    code: 403,
  });
});

test("a hundred requests for the last ten places over three lagging servers take exactly ten", async () => {
  const store = new QuotaStore(
    quota("a", { pods: "10" }, { pods: "0" }),
    quota("b", { "count/pods": "50" }, { "count/pods": "0" }),
  );
  const servers = [store.server({ lags: true }), store.server({ lags: true }), store.server()];
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      servers[i % 3]?.("CREATE pods", pod({}, { name: `p${i}` })),
    ),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  const refusals = outcomes.flatMap((each) =>
    each.status === "rejected" ? [each.reason.code] : [],
  );
  expect(new Set(refusals)).toEqual(new Set([403]));
  expect(store.used("a")).toEqual({ pods: "10" });
  expect(store.used("b")).toEqual({ "count/pods": "10" });
  // Charged together: far fewer writes than requests.
  expect(store.writes).toBeLessThanOrEqual(10);
});

test("an old state never refuses what the present one allows", async () => {
  const store = new QuotaStore(quota("q", { pods: "1" }, { pods: "1" }));
  const validate = store.server({ lags: true });
  await expect(validate("CREATE pods", pod())).rejects.toMatchObject({ code: 403 });
  store.free("q", { pods: "0" });
  await expect(validate("CREATE pods", pod())).resolves.toBeUndefined();
  expect(store.used("q")).toEqual({ pods: "1" });
});

test("a writer that always loses gives up with an error and not with an admission", async () => {
  const reader = new MemoryReader().add(resourceQuotas, quota("q", { pods: "5" }, { pods: "0" }));
  const chain = chainPlugins([
    createResourceQuota({
      reader,
      writer: { writeStatus: async () => undefined },
      clock: new FakeClock(),
    }),
  ]);
  await expect(chain.validate(request("CREATE pods", { object: pod() }))).rejects.toMatchObject({
    code: 500,
  });
  await expect(chain.validate(request("CREATE pods", { object: pod() }))).rejects.toMatchObject({
    code: 500,
  });
});

test("an update is charged for what it adds", async () => {
  const service = (type: string, ports: number): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "ns", resourceVersion: "7" },
    spec: { type, ports: Array.from({ length: ports }, (_, i) => ({ port: i + 1 })) },
  });
  const store = new QuotaStore(
    quota(
      "q",
      { services: "1", "services.nodeports": "3" },
      { services: "1", "services.nodeports": "1" },
    ),
  );
  const validate = store.server();
  await validate("UPDATE services", service("NodePort", 3), { oldObject: service("NodePort", 1) });
  expect(store.used("q")).toEqual({ services: "1", "services.nodeports": "3" });
  await expect(
    validate("UPDATE services", service("NodePort", 4), { oldObject: service("NodePort", 3) }),
  ).rejects.toMatchObject({
    message:
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=3, limited: services.nodeports=3',
  });
});

const claim: PersistentVolumeClaim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "c" },
  spec: { storageClassName: "gold", resources: { requests: { storage: "5Gi" } } },
};

test.each<[string, string, KubeObject, Amounts]>([
  [
    "",
    "pods",
    pod({
      containers: [
        {
          name: "a",
          resources: {
            requests: { cpu: "100m", memory: "1Gi", "gpu.example/x": "2" },
            limits: { cpu: "1" },
          },
        },
      ],
    }),
    {
      "count/pods": "1",
      pods: "1",
      cpu: "100m",
      "requests.cpu": "100m",
      memory: "1Gi",
      "requests.memory": "1Gi",
      "requests.gpu.example/x": "2",
      "limits.cpu": "1",
    },
  ],
  ["", "pods", { ...pod(), status: { phase: "Succeeded" } } as KubeObject, { "count/pods": "1" }],
  [
    "",
    "persistentvolumeclaims",
    claim,
    {
      "count/persistentvolumeclaims": "1",
      persistentvolumeclaims: "1",
      "requests.storage": "5Gi",
      "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
      "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
    },
  ],
  ["", "secrets", named("v1", "Secret", "s"), { "count/secrets": "1", secrets: "1" }],
  ["apps", "deployments", named("apps/v1", "Deployment", "d"), { "count/deployments.apps": "1" }],
])("one of %s/%s uses what upstream counts", (group, resource, object, usage) => {
  expect(quotaUsageOf({ group, resource }, object, 0)).toEqual(usage);
});
