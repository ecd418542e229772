import { isStatusError } from "@kubets/api";
import type { ListRequest, ListResult } from "@kubets/watch-cache";
import { served } from "../generic/current-object.ts";
import type { StoreContext } from "../generic/store-context.ts";
import type { ListPage, ReadOptions, RequestScope } from "../store.ts";
import {
  type Continuation,
  continueExpired,
  decodeContinue,
  encodeContinue,
} from "./continue-token.ts";
import { checkListOptions, listFreshness } from "./list-options.ts";
import { selectionOf } from "./selection.ts";

export async function listObjects(
  store: StoreContext,
  scope: RequestScope,
  options: ReadOptions,
): Promise<ListPage> {
  checkListOptions(options);
  const selection = selectionOf(store, scope, options);
  const tokenScope = { namespaced: store.info.namespaced, namespace: scope.namespace };
  const limit = limitOf(options);
  let result: ListResult;
  if (options.continueToken) {
    const from = decodeContinue(tokenScope, options.continueToken);
    const request = { ...continued(from), selection, ...limit };
    result = await store.cache.list(request).catch((error: unknown) => {
      const isGone = from.revision !== undefined && isStatusError(error, "Expired");
      throw isGone ? continueExpired(tokenScope, from) : error;
    });
  } else {
    result = await store.cache.list({ freshness: listFreshness(options), selection, ...limit });
  }
  const { next, revision } = result;
  return {
    ...result,
    entries:
      store.conversion === undefined
        ? result.entries
        : result.entries.map((entry) => served(store, entry)),
    continueToken: next === undefined ? "" : encodeContinue(tokenScope, next, revision),
  };
}

function continued({ revision, after }: Continuation): Pick<ListRequest, "freshness" | "after"> {
  return { freshness: revision === undefined ? "mostRecent" : { exact: revision }, after };
}

/** Version 0 means the whole of whatever is there; upstream ignores a limit with it. */
function limitOf({ limit = 0, resourceVersion, continueToken }: ReadOptions): { limit?: number } {
  if (limit <= 0 || (resourceVersion === "0" && !continueToken)) return {};
  return { limit };
}
