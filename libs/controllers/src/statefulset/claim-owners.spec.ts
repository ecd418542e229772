import type { StatefulSet } from "@kubets/api/apps/v1";
import type { Pod } from "@kubets/api/core/v1";
import type { OwnerReference } from "@kubets/api/meta/v1";
import { describe, expect, it } from "vitest";
import { claimOwners, isClaimStale } from "./claim-owners.ts";

const set = (whenDeleted: string, whenScaled: string): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", uid: "set" },
  spec: {
    selector: {},
    template: {},
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
  },
});
const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "db-0", uid: "pod" } };
const owner = (apiVersion: string, kind: string, name: string, uid: string): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
const SET = owner("apps/v1", "StatefulSet", "db", "set");
const FORMER_SET = { ...SET, uid: "former" };
const POD = owner("v1", "Pod", "db-0", "pod");
const FORMER_POD = { ...POD, uid: "former" };
const OTHER = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" };
const OTHER_CONTROLLER = owner("example.com/v1", "Operator", "o", "o");
const weak = ({ controller: _, blockOwnerDeletion: __, ...reference }: OwnerReference) => reference;

describe("who owns a claim", () => {
  it.each<[string, string, boolean, OwnerReference[]]>([
    ["Retain", "Retain", false, []],
    ["Retain", "Retain", true, []],
    ["Delete", "Retain", false, [SET]],
    ["Delete", "Retain", true, [SET]],
    ["Retain", "Delete", false, []],
    ["Retain", "Delete", true, [POD]],
    ["Delete", "Delete", false, [SET]],
    ["Delete", "Delete", true, [POD]],
  ])("deleted: %s, scaled: %s, scaled down: %s", (whenDeleted, whenScaled, isDown, wanted) => {
    const of = set(whenDeleted, whenScaled);
    for (const present of [[OTHER], [OTHER, SET], [OTHER, POD], [OTHER, weak(SET)]]) {
      expect(claimOwners(of, pod, isDown, present)).toEqual({
        owners: [OTHER, ...wanted],
        isConflicting: false,
      });
    }
    // Nothing to write where it is so already.
    const settled = [OTHER, ...wanted];
    expect(claimOwners(of, pod, isDown, settled).owners).toBe(settled);
  });

  it.each<[string, OwnerReference[], OwnerReference[]]>([
    ["a former set of the name keeps it", [FORMER_SET], [FORMER_SET]],
    ["a former pod of the name keeps it", [FORMER_POD], [FORMER_POD]],
    ["another controller keeps it", [OTHER_CONTROLLER], [OTHER_CONTROLLER]],
    ["beside another controller the set's own goes", [OTHER_CONTROLLER, SET], [OTHER_CONTROLLER]],
  ])("%s", (_, present, owners) => {
    expect(claimOwners(set("Delete", "Delete"), pod, false, present)).toEqual({
      owners,
      isConflicting: true,
    });
  });
});

describe("a claim that a former pod holds", () => {
  it.each([
    ["is stale when it goes with the pod", "Delete", [FORMER_POD], true],
    ["is its own pod's", "Delete", [POD], false],
    ["is used again when claims are kept", "Retain", [FORMER_POD], false],
  ])("%s", (_, whenScaled, present, expected) => {
    expect(isClaimStale(set("Retain", whenScaled), pod, present)).toBe(expected);
  });
});
