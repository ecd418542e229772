import type { AdmissionOperation, AdmissionRequest } from "@kubets/admission";
import type { GroupVersionKind, GroupVersionResource, KubeObject } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type { RequestScope } from "../store.ts";

/** What admission is asked about a subresource whose object is not its parent's. */
export class SubresourceAdmissionRequest implements AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  readonly subresource: string;
  readonly name: string;
  readonly object: KubeObject;
  readonly oldObject?: KubeObject;
  readonly #scope: RequestScope;

  constructor(
    scope: RequestScope,
    what: {
      readonly operation: AdmissionOperation;
      readonly resource: GroupVersionResource;
      readonly kind: GroupVersionKind;
      readonly subresource: string;
      readonly name: string;
      readonly object: KubeObject;
      readonly oldObject?: KubeObject;
    },
  ) {
    this.operation = what.operation;
    this.resource = what.resource;
    this.kind = what.kind;
    this.subresource = what.subresource;
    this.name = what.name;
    this.object = what.object;
    if (what.oldObject !== undefined) this.oldObject = what.oldObject;
    this.#scope = scope;
  }
  get namespace(): string {
    return this.#scope.namespace;
  }
  get user(): UserInfo {
    return this.#scope.user;
  }
  get dryRun(): boolean {
    return this.#scope.dryRun;
  }
  warn(text: string): void {
    this.#scope.warn(text);
  }
}
