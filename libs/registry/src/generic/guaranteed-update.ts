/**
 * A write of the server itself on top of whatever is stored now: no strategy, no admission, no managed
 * fields. For what a handler has already checked (a binding) or keeps for itself (a budget's status).
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/interfaces.go GuaranteedUpdate @1.36
 */
import { conflict, MODIFIED_MESSAGE, notFound, stringifyJson } from "@kubets/api";
import type { Entry } from "@kubets/watch-cache";
import { type AnyObject, type Draft, fieldsOf } from "../draft.ts";
import type { RequestScope } from "../store.ts";
import { commit, writeId } from "./commit.ts";
import { entryOfWrite } from "./create.ts";
import { loadCurrent, suggestCurrent } from "./current-object.ts";
import { keyOf } from "./object-key.ts";
import type { StoreContext } from "./store-context.ts";

const ATTEMPTS_MAX = 100;

/** `change` gives a draft of its own, or throws to refuse; it is called again when another write came between. */
export async function guaranteedUpdate(
  store: StoreContext,
  scope: RequestScope,
  name: string,
  change: (current: AnyObject) => Draft,
): Promise<Entry> {
  let current = await suggestCurrent(store, scope, name);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    scope.signal.throwIfAborted();
    const { entry } = current;
    if (entry === undefined) throw notFound(store.info, name);
    let draft: Draft;
    try {
      draft = change(fieldsOf(entry.object));
    } catch (error) {
      if (current.certain) throw error;
      current = await loadCurrent(store, scope, name);
      continue;
    }
    draft.metadata.resourceVersion = undefined;
    const key = keyOf(store, scope, name);
    const bytes = Buffer.from(stringifyJson(draft));
    if (scope.dryRun) return entryOfWrite(store, key, entry.revision, draft, bytes);
    const result = await commit(store, {
      op: "update",
      key,
      requestId: writeId(scope, attempt),
      expectedRevision: entry.revision,
      uid: draft.metadata.uid ?? "",
      bytes,
      decoded: draft,
      ...(scope.fence && { fence: scope.fence }),
    });
    if (result.status === "committed") {
      return entryOfWrite(store, key, result.revision, draft, bytes);
    }
    current = await loadCurrent(store, scope, name);
    if (result.status === "replayed" && current.entry !== undefined) return current.entry;
  }
  throw conflict(store.info, name, MODIFIED_MESSAGE);
}
