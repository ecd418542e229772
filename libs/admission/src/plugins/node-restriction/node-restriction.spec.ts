import type { KubeObject } from "@kubets/api";
import type { TokenRequest } from "@kubets/api/authentication/v1";
import type { Node, PersistentVolumeClaim, Pod } from "@kubets/api/core/v1";
import { expect, test } from "vitest";
import { chainPlugins } from "../../admission-chain.ts";
import { csiDrivers, nodes, pods } from "../../admission-reader.ts";
import type { AdmissionRequest } from "../../plugin.ts";
import { MemoryReader } from "../../testing/memory-reader.ts";
import { named, pod, request } from "../../testing/requests.ts";
import { createNodeRestriction } from "./node-restriction.ts";

const user = { name: "system:node:n1", groups: ["system:nodes"] };

function node(name: string, over: Partial<Node> = {}): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name, uid: `uid-${name}` }, ...over };
}

const tokenVolume = (audience: string) => ({
  name: `t${audience}`,
  projected: { sources: [{ serviceAccountToken: { path: "token", audience } }] },
});

const own = pod(
  {
    nodeName: "n1",
    serviceAccountName: "app",
    volumes: [tokenVolume("vault"), { name: "csi", csi: { driver: "d" } }],
  },
  { name: "own", uid: "uid-own" },
);
const foreign = pod({ nodeName: "n2" }, { name: "foreign", uid: "uid-foreign" });

function chain(allow = false) {
  const reader = new MemoryReader()
    .add(nodes, node("n1"), node("n2"))
    .add(pods, own, foreign)
    .add(csiDrivers, {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: "d" },
      spec: { tokenRequests: [{ audience: "csi" }] },
    });
  const verdict = allow ? "allow" : "noOpinion";
  return chainPlugins([
    createNodeRestriction({
      reader,
      authorizer: { name: "test", authorize: () => ({ verdict, reason: "" }) },
    }),
  ]);
}

const admit = (what: string, over: Partial<AdmissionRequest>, allow = false) =>
  chain(allow).mutate(request(what, { user, ...over }));

function mirrorPod(spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return pod(
    { nodeName: "n1", ...spec },
    {
      annotations: { "kubernetes.io/config.mirror": "h" },
      ownerReferences: [
        { apiVersion: "v1", kind: "Node", name: "n1", uid: "uid-n1", controller: true },
      ],
      ...metadata,
    },
  );
}

const owner = (over: object) => ({
  ownerReferences: [
    { apiVersion: "v1", kind: "Node", name: "n1", uid: "uid-n1", controller: true, ...over },
  ],
});

test("users that are no nodes are left alone", async () => {
  const object = node("n2");
  for (const name of ["ann", "system:node:n1"]) {
    await expect(
      admit("UPDATE nodes", { object, oldObject: object, user: { name, groups: [] } }),
    ).resolves.toBe(object);
  }
  await expect(
    admit("CREATE nodes", { object, user: { name: "system:node:", groups: ["system:nodes"] } }),
  ).rejects.toMatchObject({
    message: 'nodes "n2" is forbidden: could not determine node from user "system:node:"',
  });
});

test("a node may write its mirror pod, its pods' status, and delete and evict its pods", async () => {
  await expect(admit("CREATE pods", { object: mirrorPod() })).resolves.toBeDefined();
  await expect(admit("DELETE pods", { oldObject: own })).resolves.toBeUndefined();
  const changed: Pod = { ...own, status: { phase: "Running" } };
  await expect(admit("UPDATE pods/status", { object: changed, oldObject: own })).resolves.toBe(
    changed,
  );
  const eviction = named("policy/v1", "Eviction", "own", "ns");
  await expect(admit("CREATE pods/eviction", { object: eviction })).resolves.toBe(eviction);
});

test.each<[string, string, Partial<AdmissionRequest>, string]>([
  [
    "a normal pod",
    "CREATE pods",
    { object: pod({ nodeName: "n1" }) },
    'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  ],
  [
    "a mirror pod for another node",
    "CREATE pods",
    { object: mirrorPod({ nodeName: "n2" }) },
    'node "n1" can only create pods with spec.nodeName set to itself',
  ],
  [
    "a mirror pod that nobody owns",
    "CREATE pods",
    { object: mirrorPod({}, { ownerReferences: [] }) },
    'node "n1" can only create pods with an owner reference set to itself',
  ],
  [
    "a mirror pod of another node",
    "CREATE pods",
    { object: mirrorPod({}, owner({ name: "n2" })) },
    'node "n1" can only create pods with an owner reference set to itself',
  ],
  [
    "a mirror pod of an owner that does not control it",
    "CREATE pods",
    { object: mirrorPod({}, owner({ controller: false })) },
    'node "n1" can only create pods with a controller owner reference set to itself',
  ],
  [
    "a mirror pod that blocks its owner's deletion",
    "CREATE pods",
    { object: mirrorPod({}, owner({ blockOwnerDeletion: true })) },
    'node "n1" must not set blockOwnerDeletion on an owner reference',
  ],
  [
    "a mirror pod of a node that was there before",
    "CREATE pods",
    { object: mirrorPod({}, owner({ uid: "old" })) },
    "node n1 UID mismatch: expected old got uid-n1",
  ],
  [
    "a mirror pod with a service account",
    "CREATE pods",
    { object: mirrorPod({ serviceAccountName: "app" }) },
    'node "n1" can not create pods that reference a service account',
  ],
  [
    "a mirror pod with a secret",
    "CREATE pods",
    { object: mirrorPod({ imagePullSecrets: [{ name: "s" }] }) },
    'node "n1" can not create pods that reference secrets',
  ],
  [
    "a mirror pod with a config map",
    "CREATE pods",
    { object: mirrorPod({ volumes: [{ name: "v", configMap: { name: "c" } }] }) },
    'node "n1" can not create pods that reference configmaps',
  ],
  [
    "a mirror pod with a claim",
    "CREATE pods",
    { object: mirrorPod({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] }) },
    'node "n1" can not create pods that reference persistentvolumeclaims',
  ],
  [
    "a mirror pod with a resource claim",
    "CREATE pods",
    { object: mirrorPod({ resourceClaims: [{ name: "r", resourceClaimName: "c" }] }) },
    'node "n1" can not create pods that reference resourceclaims',
  ],
  [
    "a change of a pod",
    "UPDATE pods",
    { object: own, oldObject: own },
    'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
  ],
  [
    "the deletion of another node's pod",
    "DELETE pods",
    { oldObject: foreign },
    'node "n1" can only delete pods with spec.nodeName set to itself',
  ],
  [
    "the status of another node's pod",
    "UPDATE pods/status",
    { object: foreign, oldObject: foreign },
    'node "n1" can only update pod status for pods with spec.nodeName set to itself',
  ],
  [
    "labels through the status",
    "UPDATE pods/status",
    {
      object: { ...own, metadata: { ...own.metadata, labels: { a: "b" } } } as Pod,
      oldObject: own,
    },
    'node "n1" cannot update labels through pod status',
  ],
  [
    "the eviction of another node's pod",
    "CREATE pods/eviction",
    { object: named("policy/v1", "Eviction", "foreign", "ns") },
    "node n1 can only evict pods with spec.nodeName set to itself",
  ],
  [
    "another subresource",
    "CREATE pods/binding",
    { object: named("v1", "Binding", "own", "ns") },
    "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
  ],
  [
    "another node",
    "UPDATE nodes/status",
    { object: node("n2"), oldObject: node("n2") },
    'node "n1" is not allowed to modify node "n2"',
  ],
  [
    "a lease of another node",
    "UPDATE leases.coordination.k8s.io",
    { object: named("coordination.k8s.io/v1", "Lease", "n2", "kube-node-lease") },
    "can only access node lease with the same name as the requesting node",
  ],
  [
    "a new lease of another name",
    "CREATE leases.coordination.k8s.io",
    { object: named("coordination.k8s.io/v1", "Lease", "n2", "kube-node-lease"), name: "" },
    "can only access node lease with the same name as the requesting node",
  ],
  [
    "a lease elsewhere",
    "CREATE leases.coordination.k8s.io",
    { object: named("coordination.k8s.io/v1", "Lease", "n1", "kube-system") },
    'can only access leases in the "kube-node-lease" system namespace',
  ],
  [
    "another node's CSINode",
    "CREATE csinodes.storage.k8s.io",
    { object: named("storage.k8s.io/v1", "CSINode", "n2") },
    "can only access CSINode with the same name as the requesting node",
  ],
  [
    "a claim",
    "UPDATE persistentvolumeclaims",
    { object: named("v1", "PersistentVolumeClaim", "c", "ns") },
    "may only update PVC status",
  ],
])("a node may not write %s", async (_, what, over, why) => {
  await expect(admit(what, over)).rejects.toMatchObject({
    code: 403,
    message: expect.stringMatching(/^\S+ "[^"]+" is forbidden: /),
  });
  await expect(admit(what, over)).rejects.toHaveProperty(
    "message",
    expect.stringMatching(new RegExp(`is forbidden: ${literally(why)}$`)),
  );
});

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const labelled = (labels: Record<string, string>): Node =>
  node("n1", { metadata: { name: "n1", uid: "uid-n1", labels } });

test.each<[string, Record<string, string>, string[]]>([
  ["its own", { "kubernetes.io/hostname": "n1", "node.kubernetes.io/x": "y", rack: "7" }, []],
  ["its kubelet's", { "a.kubelet.kubernetes.io/b": "c", "beta.kubernetes.io/arch": "amd64" }, []],
  [
    "restricted ones",
    { "node-restriction.kubernetes.io/a": "b", "x.node-restriction.kubernetes.io/a": "b" },
    ["node-restriction.kubernetes.io/a", "x.node-restriction.kubernetes.io/a"],
  ],
  [
    "other ones of Kubernetes",
    { "node-role.kubernetes.io/control-plane": "", "foo.k8s.io/bar": "x" },
    ["foo.k8s.io/bar", "node-role.kubernetes.io/control-plane"],
  ],
])("a node that labels itself with %s", async (_, labels, forbidden) => {
  const create = admit("CREATE nodes", { object: labelled(labels) });
  const update = admit("UPDATE nodes", { object: labelled(labels), oldObject: node("n1") });
  if (forbidden.length === 0) {
    await expect(create).resolves.toBeDefined();
    await expect(update).resolves.toBeDefined();
    return;
  }
  await expect(create).rejects.toMatchObject({
    message: `nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: ${forbidden.join(", ")}`,
  });
  await expect(update).rejects.toMatchObject({
    message: `nodes "n1" is forbidden: is not allowed to modify labels: ${forbidden.join(", ")}`,
  });
  await expect(
    admit("UPDATE nodes", { object: labelled(labels), oldObject: labelled(labels) }),
  ).resolves.toBeDefined();
});

test.each<[string, Partial<Node>, string]>([
  [
    "its taints",
    { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    'node "n1" is not allowed to modify taints',
  ],
  [
    "its owners",
    {
      metadata: {
        name: "n1",
        uid: "uid-n1",
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" }],
      },
    },
    'node "n1" is not allowed to modify ownerReferences',
  ],
  [
    "its config source",
    {
      spec: { configSource: { configMap: { namespace: "ns", name: "c", kubeletConfigKey: "k" } } },
    },
    'node "n1" is not allowed to update configSource to a new non-nil configSource',
  ],
])("a node may not change %s", async (_, over, why) => {
  const update = (to: Node, from: Node) => admit("UPDATE nodes", { object: to, oldObject: from });
  await expect(update(node("n1", over), node("n1"))).rejects.toMatchObject({
    message: `nodes "n1" is forbidden: ${why}`,
  });
  await expect(update(node("n1", over), node("n1", over))).resolves.toBeDefined();
});

test("a node reports a claim's capacity and nothing else", async () => {
  const claim = (over: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "ns", resourceVersion: "1" },
    ...over,
  });
  const report = (object: PersistentVolumeClaim) =>
    admit("UPDATE persistentvolumeclaims/status", { object, oldObject: claim() });
  await expect(
    report(claim({ status: { capacity: { storage: "2Gi" }, conditions: [] } })),
  ).resolves.toBeDefined();
  await expect(report(claim({ status: { phase: "Bound" } }))).rejects.toMatchObject({
    message: expect.stringContaining(
      'persistentvolumeclaims "c" is forbidden: node "n1" is not allowed to update fields other than status.capacity and status.conditions',
    ),
  });
});

function token(over: TokenRequest["spec"] = {}): TokenRequest {
  return {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: "app", namespace: "ns" },
    spec: {
      audiences: ["vault"],
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "own", uid: "uid-own" },
      ...over,
    },
  };
}

test.each([
  ["that its volumes name", { audiences: ["vault"] }],
  ["that its CSI driver asks for", { audiences: ["csi"] }],
])("a node gets a token for its pod and an audience %s", async (_, spec) => {
  await expect(
    admit("CREATE serviceaccounts/token", { object: token(spec) }),
  ).resolves.toBeDefined();
});

test("an audience that the pod does not name needs a right of its own", async () => {
  const object: KubeObject = token({ audiences: ["elsewhere"] });
  await expect(admit("CREATE serviceaccounts/token", { object }, true)).resolves.toBe(object);
});

const bound = (over: object) => ({
  boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "own", uid: "uid-own", ...over },
});

test.each<[TokenRequest["spec"], string]>([
  [{ boundObjectRef: undefined }, "node requested token not bound to a pod"],
  [bound({ kind: "Secret" }), "node requested token not bound to a pod"],
  [bound({ uid: "" }), "node requested token with a pod binding without a uid"],
  [
    bound({ uid: "old" }),
    "the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated",
  ],
  [
    bound({ name: "foreign", uid: "uid-foreign" }),
    "node requested token bound to a pod scheduled on a different node",
  ],
  [{ audiences: ["a", "b"] }, "node may only request 0 or 1 audiences"],
  [{ audiences: ["elsewhere"] }, 'audience "elsewhere" not found in pod spec volume'],
  [{ audiences: [] }, 'audience "" not found in pod spec volume'],
])("the token request %j of a node is refused", async (spec, why) => {
  await expect(
    admit("CREATE serviceaccounts/token", { object: token(spec) }),
  ).rejects.toMatchObject({ code: 403, message: `serviceaccounts "app" is forbidden: ${why}` });
});

test("a pod that is gone is 404", async () => {
  await expect(
    admit("CREATE serviceaccounts/token", { object: token(bound({ name: "gone" })) }),
  ).rejects.toMatchObject({ code: 404, message: 'pods "gone" not found' });
});
