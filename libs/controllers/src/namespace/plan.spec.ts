import type { ResourceInfo } from "@kubets/api";
import type { Namespace } from "@kubets/api/core/v1";
import { describe, expect, it } from "vitest";
import {
  deletableResources,
  isEmpty,
  longestGraceMs,
  plannedConditions,
  withConditions,
} from "./plan.ts";

const pod = (finalizers: string[], deletionGracePeriodSeconds?: number) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", finalizers, deletionGracePeriodSeconds },
});
const empty = { remaining: [], failures: [] };
const full = {
  remaining: [{ resource: "pods.", objects: [pod(["a/b"], 30), pod(["a/b"])] }],
  failures: ["secrets: refused"],
};

describe("a namespace that is going away", () => {
  it("is empty only when nothing remains and nothing failed", () => {
    expect(isEmpty(empty)).toBe(true);
    expect(isEmpty(full)).toBe(false);
    expect(isEmpty({ ...empty, failures: ["x"] })).toBe(false);
  });
  it("waits for the pod with the longest grace period", () => {
    expect(longestGraceMs(full)).toBe(30_000);
    expect(longestGraceMs(empty)).toBe(0);
  });
  it("says in its conditions what it waits for", () => {
    const messages = Object.fromEntries(
      plannedConditions(full).map(({ type, status, message }) => [type, `${status} ${message}`]),
    );
    expect(messages).toMatchObject({
      NamespaceDeletionContentFailure:
        "True Failed to delete all resource types, 1 remaining: secrets: refused",
      NamespaceContentRemaining:
        "True Some resources are remaining: pods. has 2 resource instances",
      NamespaceFinalizersRemaining:
        "True Some content in the namespace has finalizers remaining: a/b in 2 resource instances",
    });
    expect(plannedConditions(empty).every(({ status }) => status === "False")).toBe(true);
  });
  it("is written only when a condition changed, and keeps the time of those that did not", () => {
    const namespace: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
    const first = withConditions(namespace, plannedConditions(full), "t1");
    expect(first).toBeDefined();
    if (first === undefined) return;
    expect(withConditions(first, plannedConditions(full), "t2")).toBeUndefined();
    const later = withConditions(first, plannedConditions(empty), "t2");
    const timeOf = (type: string) =>
      later?.status?.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
    expect(timeOf("NamespaceContentRemaining")).toBe("t2");
    expect(timeOf("NamespaceDeletionDiscoveryFailure")).toBe("t1");
  });
  it("deletes each namespaced resource once", () => {
    const info = (resource: string, version: string, more: Partial<ResourceInfo> = {}) =>
      ({
        group: "g",
        version,
        resource,
        namespaced: true,
        verbs: ["delete", "list"],
        servedByDefault: true,
        ...more,
      }) as ResourceInfo;
    const resources = [
      info("a", "v1"),
      info("a", "v2"),
      info("b", "v1", { namespaced: false }),
      info("c", "v1", { verbs: ["create"] }),
    ];
    expect(
      deletableResources(resources).map(({ resource, version }) => `${resource}/${version}`),
    ).toEqual(["a/v1"]);
  });
});
