import type { PersistentVolume, PersistentVolumeClaim } from "@kubets/api/core/v1";
import type { StorageClass } from "@kubets/api/storage/v1";
import { describe, expect, it } from "vitest";
import {
  clusterOf,
  frameworkOf,
  nodeObject,
  outcome,
  podInfo,
  scheduleOn,
} from "../../testing/builders.ts";
import { volumeBinding } from "./volume-binding.ts";

const claim = (more: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { namespace: "default", name: "data" },
  ...more,
});
const bound = claim({
  metadata: {
    namespace: "default",
    name: "data",
    annotations: { "pv.kubernetes.io/bind-completed": "yes" },
  },
  spec: { volumeName: "pv" },
});
const volumeIn = (zone: string): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "pv" },
  spec: {
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "zone", operator: "In", values: [zone] }] },
        ],
      },
    },
  },
});
const waitingClass = (provisioner: string): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "late" },
  provisioner,
  volumeBindingMode: "WaitForFirstConsumer",
});
const ofClass = claim({ spec: { storageClassName: "late" } });
const all = (reason: string) => `0/2 nodes are available: 2 ${reason}.`;

describe("volume binding", () => {
  it.each<{
    what: string;
    claim?: PersistentVolumeClaim;
    volume?: PersistentVolume;
    storageClass?: StorageClass;
    expected: string;
  }>([
    {
      what: "a claim that is not there",
      expected: '0/2 nodes are available: persistentvolumeclaim "data" not found.',
    },
    {
      what: "a claim without a volume",
      claim: claim(),
      expected: "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    },
    { what: "a volume of one zone", claim: bound, volume: volumeIn("b"), expected: "b1" },
    {
      what: "a volume of a zone without nodes",
      claim: bound,
      volume: volumeIn("c"),
      expected: all("node(s) didn't match PersistentVolume's node affinity"),
    },
    {
      what: "a volume that is gone",
      claim: bound,
      expected: all("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
    },
    {
      what: "a claim that waits for its pod, with nobody to make the volume",
      claim: ofClass,
      storageClass: waitingClass("kubernetes.io/no-provisioner"),
      expected: all("node(s) didn't find available persistent volumes to bind"),
    },
    {
      what: "a claim that waits for its pod",
      claim: ofClass,
      storageClass: waitingClass("example.com/maker"),
      expected: "a1",
    },
  ])("$what", ({ claim: given, volume, storageClass, expected }) => {
    const plugin = volumeBinding({
      claim: () => given,
      volume: () => volume,
      storageClass: () => storageClass,
      provision: () => Promise.resolve(),
    });
    const cluster = clusterOf([
      nodeObject("a1", { labels: { zone: "a" } }),
      nodeObject("b1", { labels: { zone: "b" } }),
    ]);
    const pod = podInfo("p", {
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }],
    });
    expect(outcome(scheduleOn(cluster, frameworkOf([plugin]), pod, () => 0.99))).toBe(expected);
  });
});
