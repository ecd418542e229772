/**
 * Which fields a field selector may name, by kind, and what an object has there. metadata.name and
 * metadata.namespace go with every kind.
 *
 * Upstream: pkg/apis/<group>/<version>/conversion.go addFieldLabelConversions,
 * pkg/registry/<group>/<resource>/strategy.go ToSelectableFields @1.36
 */
import type { KubeObject } from "@kubets/api";
import { isRecord, listField, objectField, stringField, valueAt } from "../draft.ts";

export interface FieldLabels {
  /** The value of a field as text; undefined: this kind has no such label. */
  reader(label: string): ((object: KubeObject) => string) | undefined;
  /** The text of the 400 for a label that is not served. */
  refusal(label: string): string;
}

type Reader = (object: KubeObject) => string;

const readName: Reader = (object) => object.metadata.name ?? "";
const readNamespace: Reader = (object) => object.metadata.namespace ?? "";

/** A text as it is; booleans and numbers as Go prints them; absent: the zero value given. */
function at(path: string, zero = ""): Reader {
  const names = path.split(".");
  return (object) => {
    const value = valueAt(object, names);
    return value === undefined || value === null ? zero : String(value);
  };
}

const labels: { readonly [kind: string]: { readonly [label: string]: Reader } } = {
  "v1.Pod": {
    "spec.nodeName": at("spec.nodeName"),
    "spec.host": at("spec.nodeName"),
    "spec.restartPolicy": at("spec.restartPolicy"),
    "spec.schedulerName": at("spec.schedulerName"),
    "spec.serviceAccountName": at("spec.serviceAccountName"),
    "spec.hostNetwork": at("spec.hostNetwork", "false"),
    "status.phase": at("status.phase"),
    "status.podIP": podIP,
    "status.podIPs": podIP,
    "status.nominatedNodeName": at("status.nominatedNodeName"),
  },
  "v1.Node": { "spec.unschedulable": at("spec.unschedulable", "false") },
  "v1.Namespace": { "status.phase": at("status.phase") },
  "v1.ReplicationController": { "status.replicas": at("status.replicas", "0") },
  "v1.Secret": { type: at("type") },
  "v1.Service": { "spec.clusterIP": at("spec.clusterIP"), "spec.type": at("spec.type") },
  "v1.Event": {
    ...references("involvedObject", "involvedObject"),
    reason: at("reason"),
    reportingComponent: at("reportingComponent"),
    source: eventSource,
    type: at("type"),
  },
  "events.k8s.io/v1.Event": {
    ...references("regarding", "regarding"),
    reason: at("reason"),
    reportingController: at("reportingController"),
    type: at("type"),
  },
  "batch/v1.Job": { "status.successful": at("status.succeeded", "0") },
  "certificates.k8s.io/v1.CertificateSigningRequest": { "spec.signerName": at("spec.signerName") },
  "certificates.k8s.io/v1alpha1.ClusterTrustBundle": { "spec.signerName": at("spec.signerName") },
  "certificates.k8s.io/v1beta1.ClusterTrustBundle": { "spec.signerName": at("spec.signerName") },
  "certificates.k8s.io/v1beta1.PodCertificateRequest": {
    "spec.nodeName": at("spec.nodeName"),
    "spec.podName": at("spec.podName"),
    "spec.signerName": at("spec.signerName"),
  },
  "resource.k8s.io/v1.ResourceSlice": {
    "spec.driver": at("spec.driver"),
    "spec.nodeName": at("spec.nodeName"),
  },
  "resource.k8s.io/v1beta1.ResourceSlice": {
    "spec.driver": at("spec.driver"),
    "spec.nodeName": at("spec.nodeName"),
  },
  "resource.k8s.io/v1beta2.ResourceSlice": {
    "spec.driver": at("spec.driver"),
    "spec.nodeName": at("spec.nodeName"),
  },
};

export function fieldLabelsOf(apiVersion: string, kind: string): FieldLabels {
  const own = labels[`${apiVersion}.${kind}`];
  return {
    reader(label) {
      if (label === "metadata.name") return readName;
      if (label === "metadata.namespace") return readNamespace;
      return own !== undefined && Object.hasOwn(own, label) ? own[label] : undefined;
    },
    refusal: (label) => refusal(apiVersion, kind, label, own !== undefined),
  };
}

function refusal(apiVersion: string, kind: string, label: string, hasOwn: boolean): string {
  if (kind === "Job") return `field label ${JSON.stringify(label)} not supported for Job`;
  if (kind === "ResourceSlice") {
    return `field label not supported for ${apiVersion}, Kind=ResourceSlice: ${label}`;
  }
  if (hasOwn) return `field label not supported: ${label}`;
  return `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function references(label: string, field: string): { [label: string]: Reader } {
  const names = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
  return Object.fromEntries(names.map((name) => [`${label}.${name}`, at(`${field}.${name}`)]));
}

function podIP(object: KubeObject): string {
  const status = objectField(object, "status");
  const [first] = listField(status, "podIPs");
  return isRecord(first) ? stringField(first, "ip") : stringField(status, "podIP");
}

function eventSource(object: KubeObject): string {
  const component = stringField(objectField(object, "source"), "component");
  return component === "" ? stringField(object, "reportingComponent") : component;
}
