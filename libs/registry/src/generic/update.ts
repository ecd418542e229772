/**
 * Update: PUT, every patch and apply, of the object or of a subresource. The new object is computed from
 * the cached one; when that turns out not to be the newest, it is computed again from the stored one.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Update @1.36
 */
import { conflict, isStatusError, MODIFIED_MESSAGE, notFound, stringifyJson } from "@kubets/api";
import { keyText } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import { draftOf } from "../draft.ts";
import { commit, writeId } from "./commit.ts";
import { beginDraft, createDraft, createObject, entryOfWrite } from "./create.ts";
import { type CurrentObject, loadCurrent, suggestCurrent } from "./current-object.ts";
import { keyOf } from "./object-key.ts";
import { uidPreconditionFailed } from "./precondition.ts";
import { type PreparedUpdate, prepareUpdate, wantUpdate } from "./prepare-update.ts";
import type { StoreContext } from "./store-context.ts";
import type { UpdateRequest } from "./update-request.ts";

/** Other writers of one object can win this often before the caller is told of a conflict. */
const ATTEMPTS_MAX = 100;

export interface UpdateResult {
  readonly entry: Entry;
  readonly created: boolean;
}

export async function updateObject(
  store: StoreContext,
  request: UpdateRequest,
): Promise<UpdateResult> {
  const lane = keyText(keyOf(store, request.scope, request.name));
  // Who meets nobody does not queue.
  let leave = store.lanes.isBusy(lane) ? await store.lanes.enter(lane) : undefined;
  try {
    return await tryUpdate(store, request, async () => {
      leave ??= await store.lanes.enter(lane);
    });
  } finally {
    leave?.();
  }
}

/** `lineUp` is called when another write came first: it resolves when those of this process are through. */
async function tryUpdate(
  store: StoreContext,
  request: UpdateRequest,
  lineUp: () => Promise<void>,
): Promise<UpdateResult> {
  const { scope, name } = request;
  let current = await suggestCurrent(store, scope, name);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    scope.signal.throwIfAborted();
    let outcome: UpdateResult | CurrentObject;
    try {
      outcome =
        current.entry === undefined
          ? await createByUpdate(store, request)
          : await attemptUpdate(store, request, current.entry, current.certain, attempt);
    } catch (error) {
      // What looked wrong may be right for the object as it is stored now. A write whose outcome is not known
      // may have made that object: it must not be told, nor made, a second time.
      if (current.certain || !isRefusal(error)) throw error;
      const fresh = await loadCurrent(store, scope, name);
      if (fresh.entry?.revision === current.entry?.revision) throw error;
      current = fresh;
      continue;
    }
    if ("created" in outcome) return outcome;
    await lineUp();
    // Those before us have written since; what they wrote is in the cache.
    const cached = await suggestCurrent(store, scope, name);
    current = isNewer(cached, outcome) ? cached : outcome;
  }
  throw conflict(store.info, name, MODIFIED_MESSAGE);
}

function isNewer({ entry }: CurrentObject, than: CurrentObject): boolean {
  return entry !== undefined && than.entry !== undefined && entry.revision > than.entry.revision;
}

function isRefusal(error: unknown): boolean {
  return isStatusError(error) && error.code < 500;
}

/** Gives the object to try again from when it turned out to be another one. */
async function attemptUpdate(
  store: StoreContext,
  request: UpdateRequest,
  current: Entry,
  certain: boolean,
  attempt: number,
): Promise<UpdateResult | CurrentObject> {
  const { scope, name, admission } = request;
  const wanted = await wantUpdate(store, request, current);
  const reservation =
    request.options.subresource === ""
      ? await store.strategy.beginUpdate?.(wanted.draft, wanted.old, scope)
      : undefined;
  try {
    const prepared = prepareUpdate(store, request, wanted);
    await admission.validate(prepared.admission());
    let outcome: UpdateResult | CurrentObject;
    if (!prepared.removes && prepared.isSame()) {
      // The cache may be behind: another writer may have changed what this one leaves as it is.
      const fresh = certain ? undefined : await loadCurrent(store, scope, name);
      const same = fresh === undefined || fresh.entry?.revision === current.revision;
      outcome = same ? { entry: current, created: false } : fresh;
    } else {
      outcome = await write(store, request, prepared, current, attempt);
    }
    if (reservation !== undefined) {
      await ("created" in outcome ? reservation.commit() : reservation.revert());
    }
    return outcome;
  } catch (error) {
    if (reservation !== undefined) await reservation.revert();
    throw error;
  }
}

async function write(
  store: StoreContext,
  { scope, name }: UpdateRequest,
  prepared: PreparedUpdate,
  current: Entry,
  attempt: number,
): Promise<UpdateResult | CurrentObject> {
  const { draft, removes } = prepared;
  draft.metadata.resourceVersion = undefined;
  const key = keyOf(store, scope, name);
  const stored = store.conversion === undefined ? draft : store.conversion.toStored(draft);
  const bytes = Buffer.from(stringifyJson(stored));
  if (scope.dryRun) {
    const entry = entryOfWrite(store, key, current.revision, draft, bytes);
    return { entry, created: false };
  }
  const base = {
    key,
    requestId: writeId(scope, attempt),
    expectedRevision: current.revision,
    ...(scope.fence && { fence: scope.fence }),
  };
  const result = await commit(
    store,
    removes
      ? { ...base, op: "delete", ...lastState(store, prepared) }
      : { ...base, op: "update", uid: draft.metadata.uid ?? "", bytes, decoded: stored },
  );
  switch (result.status) {
    case "committed": {
      if (removes) await store.strategy.afterDelete?.(prepared.old, scope);
      const revision = removes ? current.revision : result.revision;
      return { entry: entryOfWrite(store, key, revision, draft, bytes), created: false };
    }
    case "replayed": {
      const { entry } = await loadCurrent(store, scope, name);
      if (entry === undefined) throw notFound(store.info, name);
      return { entry, created: false };
    }
    case "conflict":
    case "notFound":
      return loadCurrent(store, scope, name);
    default:
      throw new TypeError(`an update cannot end as ${result.status}`);
  }
}

/** The DELETED event shows the object as it was stored, its last finalizer included. */
function lastState(store: StoreContext, { old }: PreparedUpdate) {
  const last = draftOf(old);
  last.metadata.resourceVersion = undefined;
  const stored = store.conversion === undefined ? last : store.conversion.toStored(last);
  return { bytes: Buffer.from(stringifyJson(stored)), decoded: stored };
}

async function createByUpdate(store: StoreContext, request: UpdateRequest): Promise<UpdateResult> {
  const { scope, name, transform, options, admission } = request;
  if (!store.strategy.createOnUpdate && !options.forceAllowCreate) throw notFound(store.info, name);
  const object = await transform(undefined);
  if (options.operation === "Update" && object.metadata.uid) {
    throw uidPreconditionFailed(store, scope, { name, wanted: object.metadata.uid, found: "" });
  }
  const draft = draftOf(object);
  draft.metadata.resourceVersion = undefined;
  draft.metadata.uid = undefined;
  if (options.operation === "Update") {
    return { entry: await createObject(store, scope, draft, admission), created: true };
  }
  const applied = beginDraft(store, scope, draft);
  store.strategy.resetForCreate(applied);
  return { entry: await createDraft(store, scope, applied, admission), created: true };
}
