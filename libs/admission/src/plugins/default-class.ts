/**
 * Claims and ingresses that name no class get the cluster's default one.
 *
 * Upstream: plugin/pkg/admission/storage/storageclass/setdefault/admission.go and
 * plugin/pkg/admission/network/defaultingressclass/admission.go @1.36
 */
import type { KubeObject } from "@kubets/api";
import type { PersistentVolumeClaim } from "@kubets/api/core/v1";
import type { Ingress } from "@kubets/api/networking/v1";
import { type AdmissionReader, ingressClasses, storageClasses } from "../admission-reader.ts";
import { isClaim } from "../object-kinds.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const BETA_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
const STORAGE_DEFAULTS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const INGRESS_DEFAULTS = ["ingressclass.kubernetes.io/is-default-class"];
const INGRESS_CLASS_ANNOTATION = "kubernetes.io/ingress.class";

interface DefaultClassOptions {
  readonly reader: AdmissionReader;
}

export function createDefaultStorageClass({ reader }: DefaultClassOptions): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" &&
      group === "" &&
      resource === "persistentvolumeclaims" &&
      subresource === "",
    mutate({ object: claim }) {
      if (!isClaim(claim) || claim.spec?.storageClassName !== undefined) return undefined;
      if (annotation(claim, BETA_CLASS_ANNOTATION) !== undefined) return undefined;
      const storageClassName = defaultOf(reader.peekAll(storageClasses), STORAGE_DEFAULTS);
      if (storageClassName === undefined) return undefined;
      const admitted: PersistentVolumeClaim = {
        ...claim,
        spec: { ...claim.spec, storageClassName },
      };
      return admitted;
    },
  };
}

export function createDefaultIngressClass({ reader }: DefaultClassOptions): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    handles: (operation, { group, resource }, subresource) =>
      operation === "CREATE" &&
      group === "networking.k8s.io" &&
      resource === "ingresses" &&
      subresource === "",
    mutate({ object: ingress }) {
      if (!isIngress(ingress) || ingress.spec?.ingressClassName !== undefined) return undefined;
      if (annotation(ingress, INGRESS_CLASS_ANNOTATION) !== undefined) return undefined;
      const ingressClassName = defaultOf(reader.peekAll(ingressClasses), INGRESS_DEFAULTS);
      if (ingressClassName === undefined) return undefined;
      const admitted: Ingress = { ...ingress, spec: { ...ingress.spec, ingressClassName } };
      return admitted;
    },
  };
}

/** The newest of those marked as default; of equally old ones the first by name. */
function defaultOf(
  classes: Iterable<KubeObject>,
  annotations: readonly string[],
): string | undefined {
  let best: KubeObject | undefined;
  for (const each of classes) {
    if (!annotations.some((name) => annotation(each, name) === "true")) continue;
    if (best === undefined || isPreferred(each, best)) best = each;
  }
  return best?.metadata.name;
}

function isPreferred(a: KubeObject, b: KubeObject): boolean {
  const aCreated = a.metadata.creationTimestamp ?? "";
  const bCreated = b.metadata.creationTimestamp ?? "";
  if (aCreated !== bCreated) return aCreated > bCreated;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "");
}

function annotation({ metadata }: KubeObject, name: string): string | undefined {
  const { annotations = {} } = metadata;
  return Object.hasOwn(annotations, name) ? annotations[name] : undefined;
}

function isIngress(object: KubeObject | undefined): object is Ingress {
  return object?.kind === "Ingress";
}
