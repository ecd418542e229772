/**
 * Admission: the last word on a write before it is validated (mutate) and after (validate).
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/admission/interfaces.go @1.36
 */
import type { GroupVersionKind, GroupVersionResource, KubeObject } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty on a create with generateName until the name is made. */
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** Absent on DELETE and CONNECT without a body. */
  readonly object?: KubeObject | undefined;
  /** UPDATE and DELETE: the object as it is stored. */
  readonly oldObject?: KubeObject | undefined;
  /** The verb's options (CreateOptions, PodExecOptions, ...). */
  readonly options?: unknown;
  /** A text for the client's Warning header. */
  warn(text: string): void;
}

export interface AdmissionPlugin {
  /** Upstream's name, as in --enable-admission-plugins. */
  readonly name: string;
  handles(
    operation: AdmissionOperation,
    resource: GroupVersionResource,
    subresource: string,
  ): boolean;
  /** Returns the object to go on with (the same one when nothing changes); throws StatusError to refuse. */
  mutate?(request: AdmissionRequest): Promise<KubeObject | undefined> | KubeObject | undefined;
  /** Throws StatusError to refuse. */
  validate?(request: AdmissionRequest): Promise<void> | void;
}

/** All enabled plugins in upstream's order. */
export interface AdmissionChain {
  mutate(request: AdmissionRequest): Promise<KubeObject | undefined>;
  validate(request: AdmissionRequest): Promise<void>;
}
