import type { KubeObject } from "@kubets/api";
import type { Pod, ResourceQuota } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import { type CountedResource, isReplenishing, planQuota } from "./plan.ts";

const NOW = Date.UTC(2026, 0, 1);
const quota = (
  hard: Record<string, string>,
  more: Partial<ResourceQuota["spec"] & object> = {},
  status?: ResourceQuota["status"],
): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "default" },
  spec: { hard, ...more },
  ...(status === undefined ? {} : { status }),
});
const pod = (cpu: string | undefined, phase = "Running", deadline?: number): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default" },
  spec: {
    containers: [{ name: "c", ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) }],
    ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
  },
  status: { phase },
});
const other = (kind: string, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "x", namespace: "default" },
  ...{ spec },
});
const of = (resource: string, objects: readonly KubeObject[], group = ""): CountedResource => ({
  info: { group, resource },
  objects,
});

describe("what a quota says is used", () => {
  it.each<[string, ResourceQuota, CountedResource[], Record<string, string>]>([
    [
      "counts pods and what they ask for",
      quota({ pods: "10", "requests.cpu": "4" }),
      [of("pods", [pod("250m"), pod("1")])],
      { pods: "2", "requests.cpu": "1250m" },
    ],
    [
      "does not count pods that have ended",
      quota({ pods: "10", "count/pods": "10", cpu: "4" }),
      [of("pods", [pod("1"), pod("1", "Succeeded")])],
      { pods: "1", "count/pods": "2", cpu: "1" },
    ],
    [
      "counts only what is in its scopes",
      quota({ pods: "10" }, { scopes: ["Terminating"] }),
      [of("pods", [pod("1"), pod("1", "Running", 60)])],
      { pods: "1" },
    ],
    [
      "is nothing where nothing is",
      quota({ pods: "10", "requests.memory": "1Gi" }),
      [of("pods", [])],
      { pods: "0", "requests.memory": "0" },
    ],
    [
      "counts other objects by their names",
      quota({ secrets: "3", "count/deployments.apps": "3", "services.nodeports": "2" }),
      [
        of("secrets", [other("Secret")]),
        of("deployments", [other("Deployment"), other("Deployment")], "apps"),
        of("services", [other("Service", { type: "NodePort", ports: [{ port: 1 }, { port: 2 }] })]),
      ],
      { secrets: "1", "count/deployments.apps": "2", "services.nodeports": "2" },
    ],
    [
      "keeps what it cannot count",
      quota(
        { "count/shops.example.com": "3" },
        {},
        { used: { "count/shops.example.com": "2", old: "1" } },
      ),
      [],
      { "count/shops.example.com": "2" },
    ],
  ])("%s", (_, input, counted, used) => {
    expect(planQuota(input, counted, NOW)).toEqual({ hard: input.spec?.hard, used });
  });

  it.each<[string, ResourceQuota["status"], boolean]>([
    ["is written at first", undefined, true],
    ["is left alone while it is so", { hard: { cpu: "4" }, used: { cpu: "1500m" } }, false],
    ["is left alone in other words", { hard: { cpu: "4000m" }, used: { cpu: "1.5" } }, false],
    ["is written when the limit has changed", { hard: { cpu: "2" }, used: { cpu: "1500m" } }, true],
    ["is written when less is used", { hard: { cpu: "4" }, used: { cpu: "2" } }, true],
  ])("%s", (_, status, isWritten) => {
    const planned = planQuota(quota({ cpu: "4" }, {}, status), [of("pods", [pod("1500m")])], NOW);
    expect(planned !== undefined).toBe(isWritten);
  });
});

describe("a change makes room", () => {
  it.each<[string, Pod, Pod, boolean]>([
    ["when the pod has ended", pod("1"), pod("1", "Failed"), true],
    ["when it asks for less", pod("2"), pod("1"), true],
    ["not when it asks for more", pod("1"), pod("2"), false],
    ["not when it begins", pod("1", "Pending"), pod("1"), false],
    ["when it leaves the scope", pod("1"), pod("1", "Running", 60), true],
  ])("%s", (_, old, current, expected) => {
    const counting = quota({ cpu: "4" }, { scopes: ["NotTerminating"] });
    const info = { group: "", resource: "pods" };
    expect(isReplenishing(info, { old, current }, counting, NOW)).toBe(expected);
  });
});
