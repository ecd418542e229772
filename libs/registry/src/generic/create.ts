/**
 * Create: what the client sent becomes an object with a name, a uid and an owner for each field, is
 * admitted and validated, and is committed once.
 *
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Create @1.36
 */
import type { AdmissionChain } from "@kubets/admission";
import {
  alreadyExists,
  invalid,
  type KubeObject,
  notFound,
  StatusError,
  stringifyJson,
} from "@kubets/api";
import { recordUpdate } from "@kubets/patch";
import { validateCreate, warnOfWrite } from "@kubets/schema";
import type { ObjectKey, StoredObject } from "@kubets/storage";
import type { Entry } from "@kubets/watch-cache";
import { ConvertedEntry } from "../conversion/converted-entry.ts";
import { validatedForm } from "../conversion/validated-form.ts";
import { type Draft, draftOf } from "../draft.ts";
import type { RequestScope } from "../store.ts";
import { StoreAdmissionRequest } from "./admission-request.ts";
import { commit, storageFailure, writeId } from "./commit.ts";
import { loadCurrent } from "./current-object.ts";
import { generatedName } from "./generated-name.ts";
import { keyOf } from "./object-key.ts";
import { dedupOwnerReferences, fillSystemFields, placeInNamespace } from "./object-meta.ts";
import type { StoreContext } from "./store-context.ts";
import { entryOfStored, WrittenEntry } from "./written-entry.ts";

/** Upstream: store.go maxNameGenerationCreateAttempts @1.36 */
const NAME_ATTEMPTS_MAX = 8;

export async function createObject(
  store: StoreContext,
  scope: RequestScope,
  object: KubeObject,
  admission: AdmissionChain,
): Promise<Entry> {
  const draft = beginDraft(store, scope, object);
  return createDraft(store, scope, recordCreate(store, scope, draft), admission);
}

/** The rest of a create, for an object whose managed fields stand (server-side apply brings its own). */
export async function createDraft(
  store: StoreContext,
  scope: RequestScope,
  draft: Draft,
  admission: AdmissionChain,
): Promise<Entry> {
  const request = new StoreAdmissionRequest(store, scope, {
    operation: "CREATE",
    name: draft.metadata.name ?? "",
    object: draft,
  });
  const admitted = await admission.mutate(request);
  const base = admitted === undefined || admitted === draft ? draft : draftOf(admitted);
  dedupOwnerReferences(base.metadata, scope);
  if (base.metadata.name || !base.metadata.generateName) {
    return attemptCreate(store, scope, base, admission, 0);
  }
  return createWithGeneratedName(store, scope, base, admission);
}

export function beginDraft(store: StoreContext, scope: RequestScope, object: KubeObject): Draft {
  const draft = draftOf(object);
  const { metadata } = draft;
  // A dry run ends before the place that looks at this.
  if (metadata.resourceVersion && !scope.dryRun) {
    // Upstream's store refuses this below the place where errors get their codes, hence the 500.
    throw new StatusError({
      code: 500,
      message: "resourceVersion should not be set on objects to be created",
    });
  }
  placeInNamespace(store, scope, metadata);
  dedupOwnerReferences(metadata, scope);
  return draft;
}

function recordCreate(store: StoreContext, scope: RequestScope, draft: Draft): Draft {
  const owned = store.strategy.resetForCreate(draft);
  if (store.type === undefined) return draft;
  const entries = recordUpdate({
    live: undefined,
    updated: owned,
    manager: scope.fieldManager,
    apiVersion: store.apiVersion,
    subresource: "",
    nowMs: store.clock.now(),
    type: store.type,
  });
  // Absent rather than empty, as upstream writes it.
  draft.metadata.managedFields = entries.length > 0 ? entries : undefined;
  return draft;
}

async function createWithGeneratedName(
  store: StoreContext,
  scope: RequestScope,
  base: Draft,
  admission: AdmissionChain,
): Promise<Entry> {
  const generateName = base.metadata.generateName ?? "";
  for (let attempt = 0; ; attempt++) {
    const draft = draftOf(base);
    draft.metadata.name = generatedName(generateName, store.randomness);
    try {
      return await attemptCreate(store, scope, draft, admission, attempt);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
      if (attempt + 1 === NAME_ATTEMPTS_MAX) throw generatedNameTaken(store, draft);
    }
  }
}

async function attemptCreate(
  store: StoreContext,
  scope: RequestScope,
  draft: Draft,
  admission: AdmissionChain,
  attempt: number,
): Promise<Entry> {
  const { strategy, clock, randomness } = store;
  const nowMs = clock.now();
  fillSystemFields(draft.metadata, { uid: randomness.uuid(), nowMs });
  if (strategy.guard !== undefined) await strategy.guard(draft, undefined, scope);
  const reservation = await strategy.beginCreate?.(draft, scope);
  try {
    strategy.prepareForCreate(draft, { nowMs, user: scope.user, randomness });
    const name = draft.metadata.name ?? "";
    const causes = validateCreate(validatedForm(store, draft));
    if (causes.length > 0) throw invalid(store.info, name, causes);
    if (attempt === 0) warnOfWrite(draft, undefined, "", (text) => scope.warn(text));
    strategy.canonicalize?.(draft);
    await admission.validate(
      new StoreAdmissionRequest(store, scope, { operation: "CREATE", name, object: draft }),
    );
    const entry = scope.dryRun
      ? await dryCreate(store, scope, draft, name)
      : await commitCreate(store, scope, draft, name, attempt);
    if (reservation !== undefined) await reservation.commit();
    return entry;
  } catch (error) {
    if (reservation !== undefined) await reservation.revert();
    throw error;
  }
}

async function commitCreate(
  store: StoreContext,
  scope: RequestScope,
  draft: Draft,
  name: string,
  attempt: number,
): Promise<Entry> {
  const key = keyOf(store, scope, name);
  const stored = store.conversion === undefined ? draft : store.conversion.toStored(draft);
  const bytes = Buffer.from(stringifyJson(stored));
  const result = await commit(store, {
    op: "create",
    key,
    requestId: writeId(scope, attempt),
    uid: draft.metadata.uid ?? "",
    bytes,
    decoded: stored,
    ...(scope.fence && { fence: scope.fence }),
  });
  if (result.status === "committed") return entryOfWrite(store, key, result.revision, draft, bytes);
  if (result.status === "replayed") {
    const { entry } = await loadCurrent(store, scope, name);
    if (entry === undefined) throw notFound(store.info, name);
    return entry;
  }
  if (result.status !== "exists") throw new TypeError(`a create cannot end as ${result.status}`);
  throw nameTaken(store, name, isEnding(result.current));
}

async function dryCreate(
  store: StoreContext,
  scope: RequestScope,
  draft: Draft,
  name: string,
): Promise<Entry> {
  const key = keyOf(store, scope, name);
  let current: Awaited<ReturnType<typeof store.storage.get>>;
  try {
    current = await store.storage.get(key);
  } catch (error) {
    throw storageFailure(error);
  }
  if (current !== undefined) throw nameTaken(store, name, isEnding(current));
  const stored = store.conversion?.toStored(draft) ?? draft;
  return entryOfWrite(store, key, 0n, draft, Buffer.from(stringifyJson(stored)));
}

/** The entry of a write that was just made, as a read in the version that was asked for would give it. */
export function entryOfWrite(
  store: StoreContext,
  key: ObjectKey,
  revision: bigint,
  draft: Draft,
  storedBytes: Buffer,
): Entry {
  // The write is done with the draft, so it becomes the object that everybody shares.
  if (revision !== 0n) draft.metadata.resourceVersion = `${revision}`;
  const stored = store.conversion?.toStored(draft) ?? draft;
  return ConvertedEntry.of(new WrittenEntry(key, revision, stored, storedBytes), store);
}

function isEnding(current: StoredObject): boolean {
  return entryOfStored(current).object.metadata.deletionTimestamp !== undefined;
}

function nameTaken(store: StoreContext, name: string, ending: boolean): StatusError {
  const error = alreadyExists(store.info, name);
  if (!ending) return error;
  const { message, code, reason, details } = error.status;
  return new StatusError({
    message: `object is being deleted: ${message}`,
    code,
    reason,
    details,
  });
}

function generatedNameTaken(store: StoreContext, draft: Draft): StatusError {
  const { status } = alreadyExists(store.info, draft.metadata.name ?? "");
  return new StatusError({
    message: `${status.message}, the server was not able to generate a unique name for the object`,
    code: status.code,
    reason: status.reason,
    details: { ...status.details, retryAfterSeconds: 1 },
  });
}
