/**
 * A pod that is bound to a node carries the node's zone and region, so that its containers can be told.
 *
 * Upstream: plugin/pkg/admission/podtopologylabels/admission.go @1.36
 */
import { type KubeObject, LABEL_REGION, LABEL_ZONE } from "@kubets/api";
import type { Binding } from "@kubets/api/core/v1";
import { type AdmissionReader, nodes } from "../admission-reader.ts";
import { isPod } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const COPIED = [LABEL_ZONE, LABEL_REGION];

export function createPodTopologyLabels(options: {
  readonly reader: AdmissionReader;
}): AdmissionPlugin {
  const { reader } = options;

  /** Undefined: nothing to add. A node that is not known adds nothing. */
  function withLabels<T extends KubeObject>(object: T, nodeName: string): T | undefined {
    const labels = reader.peek(nodes, "", nodeName)?.metadata.labels ?? {};
    const copied = COPIED.filter((key) => Object.hasOwn(labels, key));
    if (copied.length === 0) return undefined;
    const added = Object.fromEntries(copied.map((key) => [key, labels[key] ?? ""]));
    return {
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...added } },
    };
  }

  return {
    name: "PodTopologyLabels",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" &&
      group === "" &&
      resource === "pods" &&
      (subresource === "" || subresource === "binding"),
    mutate({ object }) {
      if (isPod(object)) {
        const nodeName = object.spec?.nodeName ?? "";
        return nodeName === "" ? undefined : withLabels(object, nodeName);
      }
      if (!isBinding(object) || object.target.kind !== "Node") return undefined;
      return withLabels(object, object.target.name ?? "");
    },
  };
}

function isBinding(object: KubeObject | undefined): object is Binding {
  return object?.kind === "Binding";
}
