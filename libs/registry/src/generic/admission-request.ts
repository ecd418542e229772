import type { AdmissionOperation, AdmissionRequest } from "@kubets/admission";
import type { GroupVersionKind, GroupVersionResource, KubeObject } from "@kubets/api";
import type { UserInfo } from "@kubets/authn";
import type { RequestScope } from "../store.ts";
import type { StoreContext } from "./store-context.ts";

/** What admission is asked: one class, so that plugins see one shape. */
export class StoreAdmissionRequest implements AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject;
  readonly options?: unknown;
  readonly #scope: RequestScope;

  constructor(
    store: StoreContext,
    scope: RequestScope,
    what: {
      readonly operation: AdmissionOperation;
      readonly name: string;
      readonly subresource?: string;
      readonly object?: KubeObject;
      readonly oldObject?: KubeObject;
      readonly options?: unknown;
    },
  ) {
    this.operation = what.operation;
    this.resource = store.info;
    this.kind = store.info;
    this.subresource = what.subresource ?? "";
    this.namespace = scope.namespace;
    this.name = what.name;
    if (what.object !== undefined) this.object = what.object;
    if (what.oldObject !== undefined) this.oldObject = what.oldObject;
    if (what.options !== undefined) this.options = what.options;
    this.#scope = scope;
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
