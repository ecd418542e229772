import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GraphNode, nodeOf, OwnerGraph } from "./graph.ts";
import { planForeground, planOwned } from "./plan.ts";

const info = { group: "", version: "v1", kind: "ConfigMap" };
const object = (uid: string, owners: string[] = [], more: Record<string, unknown> = {}) =>
  nodeOf(info, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      uid,
      name: uid,
      namespace: "ns",
      ownerReferences: owners.map((owner) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        name: owner,
        uid: owner,
        blockOwnerDeletion: true,
      })),
      ...more,
    },
  });
const foreground = {
  deletionTimestamp: "2026-01-01T00:00:00Z",
  finalizers: ["foregroundDeletion"],
};

describe("the owner graph", () => {
  it("looks for an owner that was only named", () => {
    const graph = new OwnerGraph();
    expect(graph.observe(object("child", ["owner"])).attemptToDelete).toEqual(["owner"]);
    expect(graph.get("owner")?.virtual).toBe(true);
  });
  it("looks at the dependents of what is gone", () => {
    const graph = new OwnerGraph();
    graph.observe(object("owner"));
    graph.observe(object("child", ["owner"]));
    expect(graph.remove("owner").attemptToDelete).toEqual(["child"]);
  });
  it("looks at all dependents of what is gone, however many", () => {
    const graph = new OwnerGraph();
    for (let i = 0; i < 200_000; i++) graph.observe(object(`child${i}`, ["owner"]));
    expect(graph.remove("owner").attemptToDelete).toHaveLength(200_000);
  });
  it("tells an owner that waits when a dependent is gone or lets go", () => {
    const graph = new OwnerGraph();
    graph.observe(object("owner"));
    graph.observe(object("a", ["owner"]));
    graph.observe(object("b", ["owner"]));
    expect(graph.observe(object("owner", [], foreground)).attemptToDelete).toEqual([
      "owner",
      "a",
      "b",
    ]);
    expect(graph.remove("a").attemptToDelete).toContain("owner");
    expect(graph.observe(object("b")).attemptToDelete).toContain("owner");
  });
  it("counts an owner in another namespace as a reason to look", () => {
    const graph = new OwnerGraph();
    graph.observe({ ...object("owner"), namespace: "elsewhere" });
    expect(graph.observe(object("child", ["owner"])).attemptToDelete).toEqual(["child"]);
  });
  it("forgets an owner that was only named once nobody names it any more", () => {
    const graph = new OwnerGraph();
    graph.observe(object("child", ["owner"]));
    graph.observe(object("child"));
    expect(graph.get("owner")).toBeUndefined();
    expect(graph.size).toBe(1);
  });
  it("forgets everything when everything is gone, in any order", () => {
    const uids = ["a", "b", "c", "d", "e"];
    const edges = fc.array(fc.tuple(fc.constantFrom(...uids), fc.constantFrom(...uids)), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(
        edges,
        fc.shuffledSubarray(uids, { minLength: 5 }),
        fc.shuffledSubarray(uids, { minLength: 5 }),
        (pairs, order, removal) => {
          const graph = new OwnerGraph();
          for (const uid of order) {
            graph.observe(
              object(uid, [
                ...new Set(
                  pairs
                    .filter(([child, owner]) => child === uid && owner !== uid)
                    .map(([, owner]) => owner),
                ),
              ]),
            );
          }
          for (const uid of removal) graph.remove(uid);
          expect(graph.size).toBe(0);
        },
      ),
    );
  });
});

describe("what becomes of an object", () => {
  const reference = (uid: string) => ({ apiVersion: "v1", kind: "ConfigMap", name: uid, uid });
  const owner = (uid: string, state: "solid" | "absent" | "waitingForDependents") => ({
    reference: reference(uid),
    state,
  });
  const waitingChild: GraphNode = object("child", ["x"], foreground);
  it.each([
    ["no owners: kept", [], [], [], { action: "keep" }],
    ["a solid owner: kept", [], [owner("a", "solid")], [], { action: "keep" }],
    [
      "one of two is gone: forgotten",
      [],
      [owner("a", "solid"), owner("b", "absent")],
      [],
      { action: "dropOwners", uids: ["b"] },
    ],
    [
      "all are gone: deleted",
      [],
      [owner("a", "absent")],
      [],
      { action: "delete", policy: "Background", unblock: false },
    ],
    [
      "all are gone, orphan finalizer",
      ["orphan"],
      [owner("a", "absent")],
      [],
      { action: "delete", policy: "Orphan", unblock: false },
    ],
    [
      "all are gone, foreground finalizer",
      ["foregroundDeletion"],
      [owner("a", "absent")],
      [],
      { action: "delete", policy: "Foreground", unblock: false },
    ],
    [
      "its owner waits and it has dependents",
      [],
      [owner("a", "waitingForDependents")],
      [object("child", ["x"])],
      { action: "delete", policy: "Foreground", unblock: false },
    ],
    [
      "its owner waits for it and it for a child that waits too",
      [],
      [owner("a", "waitingForDependents")],
      [waitingChild],
      { action: "delete", policy: "Foreground", unblock: true },
    ],
    [
      "its owner waits and it has no dependents",
      [],
      [owner("a", "waitingForDependents")],
      [],
      { action: "delete", policy: "Background", unblock: false },
    ],
  ] as const)("%s", (_, finalizers, owners, dependents, expected) => {
    expect(planOwned(finalizers, owners, dependents)).toEqual(expected);
  });
  it("waits in the foreground for dependents that block, and for no others", () => {
    const waiting = object("owner", [], foreground);
    expect(planForeground(waiting, [])).toEqual({ action: "releaseForeground" });
    expect(planForeground(waiting, [object("child", ["owner"])])).toEqual({
      action: "deleteDependents",
      uids: ["child"],
    });
    const free = {
      ...object("child", ["owner"]),
      owners: [{ ...reference("owner"), blockOwnerDeletion: false }],
    };
    expect(planForeground(waiting, [free])).toEqual({ action: "releaseForeground" });
  });
});
