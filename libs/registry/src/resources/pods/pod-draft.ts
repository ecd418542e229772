import type { PodSpec, PodStatus } from "@kubets/api/core/v1";
import type { AnyObject, Draft } from "../../draft.ts";

export interface PodDraft extends Draft {
  spec: PodSpec;
  status: PodStatus;
}
export interface StoredPod extends AnyObject {
  readonly spec: Readonly<PodSpec>;
  readonly status: Readonly<PodStatus>;
}

/** The kind was checked when the object was decoded; missing parts are empty ones. */
export function podDraft(draft: Draft): PodDraft {
  draft.spec ??= { containers: [] };
  draft.status ??= {};
  return draft as PodDraft;
}

export function storedPod(object: AnyObject): StoredPod {
  return object.spec !== undefined && object.status !== undefined
    ? (object as StoredPod)
    : ({
        ...object,
        spec: object.spec ?? { containers: [] },
        status: object.status ?? {},
      } as StoredPod);
}
