/**
 * The pods and claims of a StatefulSet: their names, and what belongs to their identity.
 *
 * Upstream: pkg/controller/statefulset/stateful_set_utils.go @1.36
 */
import type { StatefulSet } from "@kubets/api/apps/v1";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from "@kubets/api/core/v1";
import { podFromTemplate } from "../pod-control/pod-from-template.ts";

export const REVISION_LABEL = "controller-revision-hash";
const NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const INDEX_LABEL = "apps.kubernetes.io/pod-index";

export const podName = (set: StatefulSet, ordinal: number): string =>
  `${set.metadata.name}-${ordinal}`;

/** Undefined where the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const { name = "" } = pod.metadata;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^(0|[1-9]\d{0,9})$/.test(digits) ? Number(digits) : undefined;
}

export const startOrdinal = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0;

export const revisionOfPod = (pod: Pod): string => pod.metadata.labels?.[REVISION_LABEL] ?? "";

export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  version: { readonly template: PodTemplateSpec | undefined; readonly revision: string },
): Pod {
  const name = podName(set, ordinal);
  const pod = podFromTemplate(set, version.template, {
    name,
    labels: { [REVISION_LABEL]: version.revision },
  });
  return withIdentity(set, {
    ...pod,
    spec: {
      containers: [],
      ...pod.spec,
      hostname: name,
      ...(set.spec?.serviceName === undefined || set.spec.serviceName === ""
        ? {}
        : { subdomain: set.spec.serviceName }),
    },
  });
}

/** The pod with its name, labels and volumes as they have to be; the same object when they are. */
export function withIdentity(set: StatefulSet, pod: Pod): Pod {
  const { name = "", labels = {} } = pod.metadata;
  const ordinal = ordinalOf(set, pod);
  const volumes = claimedVolumes(set, pod);
  const isNamed = labels[NAME_LABEL] === name && labels[INDEX_LABEL] === String(ordinal);
  if (isNamed && volumes === pod.spec?.volumes) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...labels, [NAME_LABEL]: name, [INDEX_LABEL]: String(ordinal) },
    },
    spec: { containers: [], ...pod.spec, ...(volumes === undefined ? {} : { volumes }) },
  };
}

/** The pod's volumes, with those that a claim template names on their claims; the same list when they are. */
function claimedVolumes(set: StatefulSet, pod: Pod): Volume[] | undefined {
  const claims = new Map(
    (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => [
      metadata.name ?? "",
      claimName(metadata.name ?? "", pod.metadata.name ?? ""),
    ]),
  );
  const volumes = pod.spec?.volumes ?? [];
  const isClaimed = [...claims].every(([name, claim]) =>
    volumes.some(
      (volume) => volume.name === name && volume.persistentVolumeClaim?.claimName === claim,
    ),
  );
  if (isClaimed) return pod.spec?.volumes;
  return [
    ...[...claims].map(
      ([name, claim]): Volume => ({
        name,
        persistentVolumeClaim: { claimName: claim, readOnly: false },
      }),
    ),
    ...volumes.filter(({ name }) => !claims.has(name)),
  ];
}

const claimName = (template: string, pod: string): string => `${template}-${pod}`;

/** Whether one of the set's pods may have a claim of this name. */
export function isClaimName(set: StatefulSet, name: string): boolean {
  return (set.spec?.volumeClaimTemplates ?? []).some(({ metadata }) =>
    name.startsWith(`${metadata.name}-${set.metadata.name}-`),
  );
}

/** The claims that the pod needs, without owners. */
export function claimsOf(set: StatefulSet, name: string): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...template.metadata,
      name: claimName(template.metadata.name ?? "", name),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
    },
  }));
}
