import type { KubeObject, ResourceInfo } from "@kubets/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UpdateOptions } from "./store.ts";
import {
  admitAll,
  decoded,
  type Replica,
  refusal,
  scopeIn,
  startReplica,
} from "./testing/registry-harness.ts";

const PUT: UpdateOptions = { subresource: "", forceAllowCreate: false, operation: "Update" };

const template = {
  metadata: { labels: { app: "x" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};
const jobTemplate = { spec: { restartPolicy: "Never", containers: template.spec.containers } };
const workload = { spec: { selector: { matchLabels: { app: "x" } }, template } };
const webhook = {
  name: "w.example.com",
  admissionReviewVersions: ["v1"],
  sideEffects: "None",
  clientConfig: { url: "https://example.com/hook" },
};
const policy = {
  spec: {
    matchConstraints: {
      resourceRules: [
        { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] },
      ],
    },
  },
};
const role = { rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] };
const binding = (kind: string) => ({
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: "r" },
});

/** The least that validation lets pass, by resource; nothing where metadata is enough. */
const bodies: { readonly [resource: string]: object } = {
  pods: { spec: template.spec },
  podtemplates: { template },
  replicationcontrollers: { spec: { selector: { app: "x" }, template } },
  services: { spec: { ports: [{ port: 80 }] } },
  events: { involvedObject: { kind: "Pod", name: "p", namespace: "default" } },
  persistentvolumeclaims: {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  },
  persistentvolumes: {
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/tmp" },
    },
  },
  limitranges: { spec: { limits: [] } },
  "apiregistration.k8s.io/apiservices": {
    metadata: { name: "v1.example.com" },
    spec: { group: "example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 10 },
  },
  "apps/controllerrevisions": { revision: 1, data: { a: "b" } },
  "apps/daemonsets": workload,
  "apps/deployments": workload,
  "apps/replicasets": workload,
  "apps/statefulsets": { spec: { ...workload.spec, serviceName: "s" } },
  "events.k8s.io/events": {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.com/c",
    reportingInstance: "i",
    action: "A",
    reason: "R",
    type: "Normal",
    regarding: { kind: "Pod", name: "p", namespace: "default" },
  },
  "autoscaling/horizontalpodautoscalers": {
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" },
      maxReplicas: 2,
    },
  },
  "batch/jobs": { spec: { template: jobTemplate } },
  "batch/cronjobs": {
    spec: { schedule: "* * * * *", jobTemplate: { spec: { template: jobTemplate } } },
  },
  "certificates.k8s.io/certificatesigningrequests": {
    spec: {
      signerName: "example.com/signer",
      usages: ["client auth"],
      request: Buffer.from(
        `-----BEGIN CERTIFICATE REQUEST-----\nMIH0MIGbAgEAMBAxDjAMBgNVBAMMBWFsaWNlMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n-----END CERTIFICATE REQUEST-----\n`,
      ).toString("base64"),
    },
  },
  "networking.k8s.io/ingressclasses": { spec: { controller: "example.com/c" } },
  "networking.k8s.io/ingresses": {
    spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  },
  "networking.k8s.io/ipaddresses": {
    metadata: { name: "192.0.2.7" },
    spec: { parentRef: { resource: "services", namespace: "default", name: "s" } },
  },
  "networking.k8s.io/networkpolicies": { spec: { podSelector: {} } },
  "networking.k8s.io/servicecidrs": { spec: { cidrs: ["192.0.2.0/24"] } },
  "policy/poddisruptionbudgets": {
    spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
  },
  "rbac.authorization.k8s.io/clusterroles": role,
  "rbac.authorization.k8s.io/roles": role,
  "rbac.authorization.k8s.io/clusterrolebindings": binding("ClusterRole"),
  "rbac.authorization.k8s.io/rolebindings": binding("Role"),
  "storage.k8s.io/csidrivers": { spec: {} },
  "storage.k8s.io/csinodes": { spec: { drivers: [] } },
  "storage.k8s.io/csistoragecapacities": { storageClassName: "s" },
  "storage.k8s.io/storageclasses": { provisioner: "example.com/p" },
  "storage.k8s.io/volumeattachments": {
    spec: { attacher: "example.com", nodeName: "n", source: { persistentVolumeName: "v" } },
  },
  "storage.k8s.io/volumeattributesclasses": {
    driverName: "example.com",
    parameters: { a: "b" },
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicies": {
    spec: {
      ...policy.spec,
      reinvocationPolicy: "Never",
      mutations: [
        { patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } },
      ],
    },
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": { spec: { policyName: "p" } },
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": { webhooks: [webhook] },
  "admissionregistration.k8s.io/validatingadmissionpolicies": {
    spec: { ...policy.spec, validations: [{ expression: "true" }] },
  },
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": {
    spec: { policyName: "p", validationActions: ["Deny"] },
  },
  "admissionregistration.k8s.io/validatingwebhookconfigurations": { webhooks: [webhook] },
  "apiextensions.k8s.io/customresourcedefinitions": {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing", singular: "thing", listKind: "ThingList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object" } },
        },
      ],
    },
  },
  "scheduling.k8s.io/priorityclasses": { value: 5 },
  "coordination.k8s.io/leases": { spec: { holderIdentity: "h", leaseDurationSeconds: 5 } },
  "node.k8s.io/runtimeclasses": { handler: "runc" },
  "discovery.k8s.io/endpointslices": { addressType: "IPv4", endpoints: [] },
  "resource.k8s.io/deviceclasses": { spec: {} },
  "resource.k8s.io/resourceclaims": { spec: {} },
  "resource.k8s.io/resourceclaimtemplates": { spec: { spec: {} } },
  "resource.k8s.io/resourceslices": {
    spec: {
      driver: "example.com",
      nodeName: "n",
      pool: { name: "p", generation: 1, resourceSliceCount: 1 },
    },
  },
  "flowcontrol.apiserver.k8s.io/flowschemas": {
    spec: { priorityLevelConfiguration: { name: "p" }, matchingPrecedence: 500, rules: [] },
  },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
    spec: {
      type: "Limited",
      limited: { nominalConcurrencyShares: 5, limitResponse: { type: "Reject" } },
    },
  },
};

let replica: Replica;
const served: ResourceInfo[] = [];
beforeAll(async () => {
  replica = await startReplica();
});
afterAll(() => replica.stop());

function bodyOf(info: ResourceInfo): { metadata?: object } {
  const key = info.group === "" ? info.resource : `${info.group}/${info.resource}`;
  return bodies[key] ?? {};
}

function objectOf(info: ResourceInfo): KubeObject {
  const { metadata, ...body } = bodyOf(info);
  const apiVersion = info.group === "" ? info.version : `${info.group}/${info.version}`;
  const name = `every-${info.version}`;
  return decoded({ apiVersion, kind: info.kind, metadata: { name, ...metadata }, ...body });
}

/** P4: a decimal number without leading zeros, not beyond 128 bits, that clients may compare. */
function versionOf({ metadata }: KubeObject): bigint {
  const { resourceVersion = "" } = metadata;
  expect(resourceVersion).toMatch(/^[1-9][0-9]*$/);
  const version = BigInt(resourceVersion);
  expect(version).toBeLessThan(2n ** 128n);
  return version;
}

describe("every stored resource", () => {
  it("can be created, read, listed, changed and deleted in every served version, each change under a higher version (P4)", async () => {
    for (const info of replica.registry.resources()) {
      if (!info.verbs.includes("watch")) continue;
      served.push(info);
      const store = replica.store(info.resource, info.group, info.version);
      const scope = () => scopeIn(info.namespaced ? "default" : "");
      const what = `${info.group}/${info.version} ${info.resource}`;
      const draft = objectOf(info);
      const made = await store.create(scope(), draft, admitAll).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
      const name = made.object.metadata.name ?? "";
      expect([what, made.object.apiVersion, made.object.kind]).toEqual([
        what,
        draft.apiVersion,
        info.kind,
      ]);
      const read = await store.get(scope(), name);
      expect([what, JSON.parse(read.json.toString())]).toEqual([what, read.object]);
      const { entries } = await store.list(scope(), { fieldSelector: `metadata.name=${name}` });
      expect([what, entries.length]).toEqual([what, 1]);
      const { entry } = await store
        .update(
          scope(),
          name,
          (current) =>
            ({
              ...current,
              metadata: { ...current?.metadata, labels: { changed: "yes" } },
            }) as KubeObject,
          PUT,
          admitAll,
        )
        .catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`);
        });
      expect([what, entry.object.metadata.labels?.changed]).toEqual([what, "yes"]);
      const [before, after] = [versionOf(made.object), versionOf(entry.object)];
      expect([what, after > before]).toEqual([what, true]);
      expect([what, store.table.cells(entry.object, 0).length]).toEqual([
        what,
        store.table.columns.length,
      ]);
      await store.delete(scope(), name, { propagationPolicy: "Background" }, admitAll);
      if (info.resource === "namespaces") continue;
      expect([what, (await refusal(store.get(scope(), name))).code]).toEqual([what, 404]);
    }
    expect(served.length).toBeGreaterThanOrEqual(60);
  });
});
