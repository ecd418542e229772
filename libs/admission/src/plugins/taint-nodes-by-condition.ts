/**
 * A new node takes no pods until it has been seen ready.
 *
 * Upstream: plugin/pkg/admission/nodetaint/admission.go @1.36
 */
import type { Node } from "@kubets/api/core/v1";
import { isNode } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

export function createTaintNodesByCondition(): AdmissionPlugin {
  return {
    name: "TaintNodesByCondition",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" && group === "" && resource === "nodes" && subresource === "",
    mutate({ object }) {
      if (!isNode(object)) return undefined;
      const taints = object.spec?.taints ?? [];
      if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) {
        return undefined;
      }
      const node: Node = {
        ...object,
        spec: { ...object.spec, taints: [...taints, { ...NOT_READY }] },
      };
      return node;
    },
  };
}
