/** Wrong and unusual metadata. */
import type { Change } from "../exchange.ts";

const long = "a".repeat(254);
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" };

export const metadataChanges: readonly Change[] = [
  { drop: "/metadata" },
  { drop: "/metadata/name" },
  { drop: "/apiVersion" },
  { drop: "/kind" },
  { set: "/apiVersion", to: "apps/v9" },
  { set: "/kind", to: "Other" },
  ...["", "Bad_Name", "a.b", "1a", "-a", long, "a".repeat(64)].map(
    (to): Change => ({ set: "/metadata/name", to }),
  ),
  { set: "/metadata/namespace", to: "elsewhere" },
  { set: "/metadata/namespace", to: "{ns}" },
  { set: "/metadata/generateName", to: "Bad_" },
  { set: "/metadata/labels", to: { "bad key!": "v" } },
  { set: "/metadata/labels", to: { "a/b/c": "v" } },
  { set: "/metadata/labels", to: { "x.example/k": "bad value!" } },
  { set: "/metadata/labels", to: { k: "a".repeat(64) } },
  { set: "/metadata/labels", to: { k: 1 } },
  { set: "/metadata/annotations", to: { "bad key!": "v" } },
  { set: "/metadata/annotations", to: { k: "v" } },
  { set: "/metadata/finalizers", to: ["bad", "example.com/good"] },
  { set: "/metadata/finalizers", to: ["example.com/good", "foregroundDeletion"] },
  { set: "/metadata/finalizers", to: ["orphan", "foregroundDeletion"] },
  { set: "/metadata/ownerReferences", to: [owner] },
  { set: "/metadata/ownerReferences", to: [{}] },
  {
    set: "/metadata/ownerReferences",
    to: [
      { ...owner, controller: true },
      { ...owner, name: "q", uid: "w", controller: true },
    ],
  },
  {
    set: "/metadata/ownerReferences",
    to: [
      { ...owner, apiVersion: "a/b/c" },
      { ...owner, kind: "Event" },
    ],
  },
  { set: "/metadata/uid", to: "11111111-2222-3333-4444-555555555555" },
  { set: "/metadata/resourceVersion", to: "1" },
  { set: "/metadata/resourceVersion", to: "abc" },
  { set: "/metadata/generation", to: 7 },
  { set: "/metadata/creationTimestamp", to: "2020-01-01T00:00:00Z" },
  { set: "/metadata/deletionTimestamp", to: "2020-01-01T00:00:00Z" },
  { set: "/metadata/deletionGracePeriodSeconds", to: 5 },
  { set: "/metadata/selfLink", to: "/x" },
  {
    set: "/metadata/managedFields",
    to: [{ manager: "m", operation: "Update", apiVersion: "v1", fieldsType: "Wrong" }],
  },
  { set: "/metadata/unknown", to: 1 },
  { set: "/unknown", to: { a: 1 } },
  { set: "/spec", to: null },
  { set: "/spec", to: [] },
];
