import type { Node, ObjectReference } from "@kubets/api/core/v1";

/**
 * What events about a node refer to: the node, in no particular version of it.
 *
 * Upstream: pkg/controller/util/node/controller_utils.go RecordNodeEvent, RecordNodeStatusChange @1.36
 */
export function nodeReference({ metadata }: Node): ObjectReference {
  return { apiVersion: "v1", kind: "Node", name: metadata.name, uid: metadata.uid };
}
