/** Deletes what a list selects, a few at a time. */
import type { AdmissionChain } from "@kubets/admission";
import { isStatusError } from "@kubets/api";
import { listObjects } from "../reads/list.ts";
import type { DeleteOptions, ListPage, ReadOptions, RequestScope } from "../store.ts";
import { deleteObject } from "./delete.ts";
import type { StoreContext } from "./store-context.ts";

/** Deletes under way at one time: enough that they share commits. */
const WORKERS_MAX = 64;

export async function deleteCollection(
  store: StoreContext,
  request: {
    readonly scope: RequestScope;
    readonly options: DeleteOptions;
    readonly selection: ReadOptions;
    readonly admission: AdmissionChain;
  },
): Promise<ListPage> {
  const { scope, options, admission } = request;
  const page = await listObjects(store, scope, request.selection);
  const queue = page.entries.values();
  const work = async () => {
    for (const { key } of queue) {
      scope.signal.throwIfAborted();
      // Each object has its own namespace where the list went over all of them.
      const own = store.info.namespaced ? scopeIn(scope, key.namespace) : scope;
      try {
        await deleteObject(store, { scope: own, name: key.name, options, admission });
      } catch (error) {
        // Somebody else was faster: what was wanted is so.
        if (!isStatusError(error, "NotFound")) throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(WORKERS_MAX, page.entries.length) }, work);
  const results = await Promise.allSettled(workers);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return page;
}

function scopeIn(scope: RequestScope, namespace: string): RequestScope {
  return scope.namespace === namespace
    ? scope
    : {
        user: scope.user,
        namespace,
        requestId: scope.requestId,
        dryRun: scope.dryRun,
        fieldManager: scope.fieldManager,
        ...(scope.fence && { fence: scope.fence }),
        warn: (text) => scope.warn(text),
        signal: scope.signal,
      };
}
