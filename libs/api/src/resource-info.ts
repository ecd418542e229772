/**
 * What discovery says about one served resource: a row of the one table of kinds. Built-in rows are in
 * `data/kinds.ts`; a CustomResourceDefinition adds rows of the same form.
 */
export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

export interface SubresourceInfo {
  /** "status", "scale", "log", ... */
  readonly name: string;
  /** The kind that the subresource takes and gives; its group and version where they differ from the resource's. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly Verb[];
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  /** Absent where the resource cannot be listed (reviews, bindings). */
  readonly listKind?: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash?: string;
  readonly servedByDefault: boolean;
  readonly subresources: readonly SubresourceInfo[];
}
