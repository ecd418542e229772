import type { PersistentVolume, Pod } from "@kubets/api/core/v1";
import type { VolumeAttachment } from "@kubets/api/storage/v1";
import { expect, test } from "vitest";
import type { Attributes } from "../authorizer.ts";
import { nodeRules } from "../rbac/bootstrap-policy.ts";
import { NodeAuthorizer } from "./node-authorizer.ts";
import { NodeGraph } from "./node-graph.ts";

function pod(name: string, nodeName: string, over: Partial<Pod["spec"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "ns", uid: `uid-${name}` },
    spec: {
      nodeName,
      serviceAccountName: "app",
      imagePullSecrets: [{ name: "pull" }],
      containers: [
        {
          name: "c",
          env: [{ name: "E", valueFrom: { secretKeyRef: { name: "env-secret", key: "k" } } }],
          envFrom: [{ configMapRef: { name: "env-cm" } }],
        },
      ],
      volumes: [
        { name: "a", secret: { secretName: "vol-secret" } },
        { name: "b", projected: { sources: [{ configMap: { name: "kube-root-ca.crt" } }] } },
        { name: "c", persistentVolumeClaim: { claimName: "claim" } },
      ],
      ...over,
    },
  };
}

const volume: PersistentVolume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "pv" },
  spec: {
    claimRef: { namespace: "ns", name: "claim" },
    csi: {
      driver: "d",
      volumeHandle: "h",
      nodePublishSecretRef: { namespace: "csi", name: "csi-secret" },
    },
  },
};

const attachment: VolumeAttachment = {
  apiVersion: "storage.k8s.io/v1",
  kind: "VolumeAttachment",
  metadata: { name: "va" },
  spec: { attacher: "d", nodeName: "n1", source: {} },
};

function world() {
  const graph = new NodeGraph();
  graph.podFeed.replace([pod("p1", "n1"), pod("p2", "n2", { serviceAccountName: "other" })]);
  graph.volumeFeed.replace([volume]);
  graph.attachmentFeed.replace([attachment]);
  return { graph, authorizer: new NodeAuthorizer(graph, nodeRules()) };
}

function ask(text: string, over: Partial<Attributes> = {}): Attributes {
  const [verb = "", path = "", where = ""] = text.split(" ");
  const [plain = "", ...group] = path.split(".");
  const [resource = "", subresource = ""] = plain.split("/");
  const [namespace = "", name = ""] = where.split("/");
  return {
    user: { name: "system:node:n1", groups: ["system:nodes"] },
    verb,
    isResourceRequest: true,
    apiGroup: group.join("."),
    apiVersion: "v1",
    resource,
    subresource,
    namespace,
    name,
    path: "",
    ...over,
  };
}

const UNRELATED = "no relationship found between node 'n1' and this object";

test.each([
  ["get secrets ns/vol-secret", true],
  ["get secrets ns/env-secret", true],
  ["get secrets ns/pull", true],
  ["list secrets ns/vol-secret", true],
  ["watch configmaps ns/env-cm", true],
  ["get configmaps ns/kube-root-ca.crt", true],
  ["get persistentvolumeclaims ns/claim", true],
  ["get persistentvolumes /pv", true],
  ["get secrets csi/csi-secret", true],
  ["get volumeattachments.storage.k8s.io /va", true],
  ["create serviceaccounts/token ns/app", true],
  ["patch persistentvolumeclaims/status ns/claim", true],
  ["get pods ns/p1", true],
  ["patch pods/status ns/p2", true],
  ["create nodes", true],
  ["get nodes /n1", true],
  ["patch nodes/status /n1", true],
  ["create leases.coordination.k8s.io kube-node-lease", true],
  ["update leases.coordination.k8s.io kube-node-lease/n1", true],
  ["get csinodes.storage.k8s.io /n1", true],
  ["create events ns", true],
  ["list services", true],
  ["get runtimeclasses.node.k8s.io /r", true],
  ["create tokenreviews.authentication.k8s.io", true],
] as const)("a node may %s", (text, _) => {
  expect(world().authorizer.authorize(ask(text)).verdict).toBe("allow");
});

test.each([
  ["get secrets ns/foreign", UNRELATED],
  ["get secrets other/vol-secret", UNRELATED],
  ["list secrets ns", "No Object name found"],
  ["list secrets", "can only read namespaced object of this type"],
  ["delete secrets ns/vol-secret", "can only read resources of this type"],
  ["create serviceaccounts/token ns/other", UNRELATED],
  ["get serviceaccounts ns/app", "can only create tokens for individual service accounts"],
  ["create serviceaccounts ns/app", "can only create token subresource of serviceaccount"],
  ["list persistentvolumes", "can only get individual resources of this type"],
  ["get persistentvolumeclaims ns/other", UNRELATED],
  ["get pods ns/p2", UNRELATED],
  ["list pods", "can only list/watch pods with spec.nodeName field selector"],
  ["get nodes /n2", "node 'n1' cannot read 'n2', only its own Node object"],
  ["list nodes", "node 'n1' cannot read all nodes, only its own Node object"],
  ["delete nodes /n1", ""],
  ["get pods/exec ns/p1", ""],
  [
    "update leases.coordination.k8s.io kube-node-lease/n2",
    "can only access node lease with the same name as the requesting node",
  ],
  [
    "get leases.coordination.k8s.io kube-system/n1",
    'can only access leases in the "kube-node-lease" system namespace',
  ],
  [
    "list leases.coordination.k8s.io kube-node-lease",
    "can only get, create, update, patch, or delete a node lease",
  ],
  [
    "update csinodes.storage.k8s.io /n2",
    "can only access CSINode with the same name as the requesting node",
  ],
  ["create deployments.apps ns", ""],
] as const)("a node may not %s", (text, reason) => {
  expect(world().authorizer.authorize(ask(text))).toEqual({ verdict: "noOpinion", reason });
});

test.each([
  ["spec.nodeName=n1", "allow"],
  ["spec.nodeName==n1", "allow"],
  ["status.phase=Running,spec.nodeName=n1", "allow"],
  ["spec.nodeName!=n1", "noOpinion"],
  ["spec.nodeName=n2", "noOpinion"],
  ["metadata.name=x\\,spec.nodeName=n1", "noOpinion"],
  ["", "noOpinion"],
] as const)("a node lists pods with the field selector %s → %s", (fieldSelector, verdict) => {
  const { authorizer } = world();
  expect(authorizer.authorize(ask("watch pods", { fieldSelector })).verdict).toBe(verdict);
});

test("users that are no nodes are left to others, and a node without a name may nothing", () => {
  const { authorizer } = world();
  const asUser = (name: string, ...groups: string[]) =>
    authorizer.authorize(ask("get secrets ns/vol-secret", { user: { name, groups } }));
  expect(asUser("system:node:n1")).toEqual({ verdict: "noOpinion", reason: "" });
  expect(asUser("bob", "system:nodes")).toEqual({ verdict: "noOpinion", reason: "" });
  expect(asUser("system:node:", "system:nodes")).toEqual({
    verdict: "noOpinion",
    reason: 'unknown node for user "system:node:"',
  });
});

test("when a node's last pod goes, so do its rights", () => {
  const { graph, authorizer } = world();
  const verdict = () => authorizer.authorize(ask("get secrets ns/vol-secret")).verdict;
  graph.podFeed.upsert(pod("p3", "n1"));
  graph.podFeed.remove(pod("p1", "n1"));
  expect(verdict()).toBe("allow");
  graph.podFeed.remove(pod("p3", "n1"));
  expect(verdict()).toBe("noOpinion");
});

test("a mirror pod gives its node nothing to read", () => {
  const graph = new NodeGraph();
  const mirror = pod("m", "n1");
  graph.podFeed.upsert({
    ...mirror,
    metadata: { ...mirror.metadata, annotations: { "kubernetes.io/config.mirror": "h" } },
  });
  const authorizer = new NodeAuthorizer(graph, nodeRules());
  expect(authorizer.authorize(ask("get secrets ns/vol-secret")).verdict).toBe("noOpinion");
  expect(authorizer.authorize(ask("get pods ns/m")).verdict).toBe("allow");
});

test("a volume whose claim changes hands changes who may read it", () => {
  const { graph, authorizer } = world();
  const moved: PersistentVolume = {
    ...volume,
    spec: { ...volume.spec, claimRef: { namespace: "ns", name: "another" } },
  };
  graph.volumeFeed.upsert(moved);
  expect(authorizer.authorize(ask("get persistentvolumes /pv")).verdict).toBe("noOpinion");
  expect(authorizer.authorize(ask("get secrets csi/csi-secret")).verdict).toBe("noOpinion");
});
