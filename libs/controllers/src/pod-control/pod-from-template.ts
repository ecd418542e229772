import { controllerReference, type KubeObject } from "@kubets/api";
import type { Pod, PodTemplateSpec } from "@kubets/api/core/v1";

/**
 * The pod that an owner asks for; its name is made by the server, or given.
 *
 * Upstream: pkg/controller/controller_utils.go GetPodFromTemplate @1.36
 */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec | undefined,
  more: {
    readonly name?: string;
    readonly generateName?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  } = {},
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  const { namespace, name: ownerName = "" } = owner.metadata;
  const allFinalizers = [...(finalizers ?? []), ...(more.finalizers ?? [])];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(more.name === undefined
        ? { generateName: more.generateName ?? `${ownerName}-` }
        : { name: more.name }),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, ...more.labels },
      annotations: { ...annotations, ...more.annotations },
      ...(allFinalizers.length === 0 ? {} : { finalizers: allFinalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
  };
}
