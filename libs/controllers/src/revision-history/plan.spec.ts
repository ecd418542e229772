import type { ControllerRevision } from "@kubets/api/apps/v1";
import { describe, expect, it } from "vitest";
import {
  planHistory,
  type RevisionOwner,
  revisionData,
  surplusRevisions,
  templateOf,
} from "./plan.ts";

const LABEL = "controller-revision-hash";
const template = (image: string) => ({
  spec: { containers: [{ name: "c", image }], restartPolicy: "Always" },
  metadata: { labels: { app: "x" } },
});
const owner = (image: string): RevisionOwner => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "d", namespace: "default", uid: "u", annotations: { note: "kept" } },
  spec: { template: template(image) },
});
const kept = (image: string, revision: number): ControllerRevision => ({
  ...planHistory(owner(image), [], LABEL).current,
  revision,
});

describe("a template's revision", () => {
  it("has its keys in the order in which clients compare its bytes", () => {
    expect(JSON.stringify(revisionData(template("a")))).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"x"}},' +
        '"spec":{"containers":[{"image":"a","name":"c"}],"restartPolicy":"Always"}}}}',
    );
  });
  it("gives the template back", () => {
    expect(templateOf(kept("a", 1))).toEqual(template("a"));
  });
});

describe("the history of templates", () => {
  it.each([
    { name: "begins with revision 1", held: [], action: "create", revision: 1, old: [] },
    { name: "counts on", held: [kept("a", 4)], action: "create", revision: 5, old: [4] },
    {
      name: "knows the present one",
      held: [kept("a", 1), kept("b", 2)],
      action: "none",
      revision: 2,
      old: [1],
    },
    {
      name: "makes one that comes back the newest",
      held: [kept("b", 1), kept("a", 2)],
      action: "renumber",
      revision: 3,
      old: [2],
    },
  ])("$name", ({ held, action, revision, old }) => {
    const plan = planHistory(owner("b"), held, LABEL);
    expect(plan.action).toBe(action);
    expect(plan.current.revision).toBe(revision);
    expect(plan.old.map((other) => other.revision)).toEqual(old);
  });
  it("names equal templates alike and others apart", () => {
    const name = (image: string) => kept(image, 1).metadata.name;
    expect(name("a")).toBe(name("a"));
    expect(name("a")).not.toBe(name("b"));
  });
  it("drops the oldest that nobody uses, beyond the limit", () => {
    const old = [kept("a", 1), kept("b", 2), kept("c", 3), kept("d", 4)];
    const surplus = surplusRevisions(old, ({ revision }) => revision === 1, 2);
    expect(surplus.map(({ revision }) => revision)).toEqual([2]);
  });
});
