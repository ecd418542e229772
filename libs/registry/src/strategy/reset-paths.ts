import type { AnyObject, Draft } from "../draft.ts";

type Reset = (draft: Draft, old: AnyObject) => void;

/** One function that puts the stored values back at these paths. */
export function compileResets(paths: readonly string[]): Reset {
  const resets = paths.map(resetOf);
  const [first, second, third] = resets;
  if (first === undefined) return () => {};
  if (second === undefined) return first;
  if (third === undefined) {
    return (draft, old) => {
      first(draft, old);
      second(draft, old);
    };
  }
  return (draft, old) => {
    for (const reset of resets) reset(draft, old);
  };
}

function resetOf(path: string): Reset {
  if (path === "metadata") return resetMetadata;
  const [top, field] = path.split(".");
  if (path === "metadata.labels") {
    return (draft, old) => {
      draft.metadata.labels = old.metadata.labels;
    };
  }
  if (path === "metadata.ownerReferences") {
    return (draft, old) => {
      draft.metadata.ownerReferences = old.metadata.ownerReferences;
    };
  }
  // An update can never change a deletionTimestamp: the rules for metadata put it back anyway.
  if (path === "metadata.deletionTimestamp") return () => {};
  if (top === undefined || field !== undefined) {
    throw new TypeError(`no rule for the path ${path}`);
  }
  return (draft, old) => {
    draft[top] = old[top];
  };
}

/** Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go ResetObjectMetaForStatus @1.36 */
export function resetMetadata(draft: Draft, old: AnyObject): void {
  const { metadata } = draft;
  const stored = old.metadata;
  metadata.deletionTimestamp = stored.deletionTimestamp;
  metadata.generation = stored.generation;
  metadata.labels = stored.labels;
  metadata.annotations = stored.annotations;
  metadata.finalizers = stored.finalizers;
  metadata.ownerReferences = stored.ownerReferences;
}
