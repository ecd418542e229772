/** The pod of a DaemonSet for one node, and which node a pod is for. */
import type { DaemonSet } from "@kubets/api/apps/v1";
import type { Affinity, Pod } from "@kubets/api/core/v1";
import { podFromTemplate } from "../pod-control/pod-from-template.ts";
import { daemonTolerations } from "./node-fit.ts";

export const HASH_LABEL = "controller-revision-hash";
const GENERATION_LABEL = "pod-template-generation";
const GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";

export function daemonPod(daemonSet: DaemonSet, hash: string, nodeName: string): Pod {
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  const pod = podFromTemplate(daemonSet, daemonSet.spec?.template, {
    labels: {
      [HASH_LABEL]: hash,
      ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
    },
  });
  return {
    ...pod,
    spec: {
      containers: [],
      ...pod.spec,
      tolerations: daemonTolerations(pod.spec),
      affinity: onlyNode(pod.spec?.affinity, nodeName),
    },
  };
}

/** The scheduler places the pod, but has no choice. */
function onlyNode(affinity: Affinity | undefined, nodeName: string): Affinity {
  const matchFields = [{ key: "metadata.name", operator: "In", values: [nodeName] }];
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
    },
  };
}

/** The node it runs on or is made for. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName !== undefined && spec.nodeName !== "") return spec.nodeName;
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const [name] = matchFields.find(({ key }) => key === "metadata.name")?.values ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

export function isUpdated(pod: Pod, daemonSet: DaemonSet, hash: string): boolean {
  const { labels = {} } = pod.metadata;
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  const hasGeneration = generation !== undefined && labels[GENERATION_LABEL] === generation;
  return labels[HASH_LABEL] === hash || (hasGeneration && labels[HASH_LABEL] === undefined);
}
