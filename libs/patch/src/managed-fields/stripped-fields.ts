/**
 * Fields that nobody owns: the server's own, and those that name the object.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go @1.36
 */
import { difference, type FieldSet } from "./field-set.ts";

const STRIPPED: FieldSet = {
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
};

export function withoutStripped(set: FieldSet): FieldSet {
  return difference(set, STRIPPED);
}
