/** From the stored object and a transform to the object that is to be written. */
import type { AdmissionRequest } from "@kubets/admission";
import { conflict, invalid, MODIFIED_MESSAGE, StatusError } from "@kubets/api";
import { recordUpdate } from "@kubets/patch";
import { validateUpdate, warnOfWrite } from "@kubets/schema";
import type { Entry } from "@kubets/watch-cache";
import { validatedForm } from "../conversion/validated-form.ts";
import { deepEqual } from "../deep-equal.ts";
import { type AnyObject, type Draft, draftOf, fieldsOf } from "../draft.ts";
import type { RequestScope } from "../store.ts";
import type { UpdateStrategy } from "../strategy/strategy.ts";
import { StoreAdmissionRequest } from "./admission-request.ts";
import { dedupOwnerReferences, keepSystemFields, placeInNamespace } from "./object-meta.ts";
import { uidPreconditionFailed } from "./precondition.ts";
import type { StoreContext } from "./store-context.ts";
import type { UpdateRequest } from "./update-request.ts";

/** What is to be written as far as the client and admission say it; `prepareUpdate` gives the rest. */
export interface WantedUpdate {
  readonly draft: Draft;
  readonly old: AnyObject;
  readonly way: UpdateStrategy;
}

export interface PreparedUpdate {
  /** Carries the resourceVersion it was computed from, until it is written. */
  readonly draft: Draft;
  readonly old: AnyObject;
  /** The last finalizer of an object that waits for nothing else: it goes. */
  readonly removes: boolean;
  admission(): AdmissionRequest;
  /** Nothing changes, so nothing is written and the resourceVersion stays. */
  isSame(): boolean;
}

export async function wantUpdate(
  store: StoreContext,
  request: UpdateRequest,
  current: Entry,
): Promise<WantedUpdate> {
  const { scope, name, options } = request;
  const { strategy } = store;
  const { subresource } = options;
  const way = subresource === "" ? strategy.main : strategy.subresources.get(subresource);
  if (way === undefined)
    throw new TypeError(`no way to write ${store.info.resource}/${subresource}`);
  const old = fieldsOf(current.object);

  const draft = draftOf(await request.transform(current.object));
  checkIdentity(store, scope, { name, draft, old, isPatch: options.isPatch ?? false });
  placeInNamespace(store, scope, draft.metadata);
  dedupOwnerReferences(draft.metadata, scope);
  draft.metadata.generation = old.metadata.generation;
  way.reset(draft, old);
  if (options.operation === "Update") record(store, scope, { draft, old, subresource });

  const question = ask(store, request, { draft, old, way });
  const admitted = await request.admission.mutate(question);
  const wanted = admitted === undefined || admitted === draft ? draft : draftOf(admitted);
  if (strategy.guard !== undefined && subresource === "") await strategy.guard(wanted, old, scope);
  return { draft: wanted, old, way };
}

export function prepareUpdate(
  store: StoreContext,
  request: UpdateRequest,
  wanted: WantedUpdate,
): PreparedUpdate {
  finish(store, request, wanted);
  const { draft, old } = wanted;
  return {
    draft,
    old,
    removes: isRemovedBy(store, draft, old),
    admission: () => ask(store, request, wanted),
    isSame: () => deepEqual(draft, old),
  };
}

function ask(
  store: StoreContext,
  { scope, name, options }: UpdateRequest,
  { draft, old }: WantedUpdate,
): AdmissionRequest {
  return new StoreAdmissionRequest(store, scope, {
    operation: "UPDATE",
    name,
    subresource: options.subresource,
    object: draft,
    oldObject: old,
  });
}

/** Who is meant: the uid and the resourceVersion of the request against those of the stored object. */
function checkIdentity(
  store: StoreContext,
  scope: RequestScope,
  { name, draft, old, isPatch }: { name: string; draft: Draft; old: AnyObject; isPatch: boolean },
): void {
  const { uid, resourceVersion } = draft.metadata;
  // The uid of a patched object says nothing about what was meant; validation finds that it changed.
  if (uid && uid !== old.metadata.uid && !isPatch) {
    throw uidPreconditionFailed(store, scope, { name, wanted: uid, found: old.metadata.uid ?? "" });
  }
  if (!resourceVersion || resourceVersion === "0") {
    if (store.strategy.unconditionalUpdate) return;
    throw invalid({ group: store.info.group, kind: store.info.resource }, name, [
      {
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
        field: "metadata.resourceVersion",
      },
    ]);
  }
  if (resourceVersion === old.metadata.resourceVersion) return;
  if (!/^[0-9]{1,39}$/.test(resourceVersion)) {
    // Upstream meets this where errors have no codes yet.
    throw new StatusError({
      code: 500,
      message: `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    });
  }
  throw conflict(store.info, name, MODIFIED_MESSAGE);
}

function record(
  store: StoreContext,
  scope: RequestScope,
  { draft, old, subresource }: { draft: Draft; old: AnyObject; subresource: string },
): void {
  if (store.type === undefined) return;
  const entries = recordUpdate({
    live: old,
    updated: draft,
    manager: scope.fieldManager,
    apiVersion: store.apiVersion,
    subresource,
    nowMs: store.clock.now(),
    type: store.type,
  });
  // Absent rather than empty, as upstream writes it.
  draft.metadata.managedFields = entries.length > 0 ? entries : undefined;
}

/** What follows from the change, then the rules for every kind, then validation. */
function finish(
  store: StoreContext,
  { scope, options }: UpdateRequest,
  { draft, old, way }: WantedUpdate,
): void {
  const { randomness, clock } = store;
  dedupOwnerReferences(draft.metadata, scope);
  draft.metadata.generation = old.metadata.generation;
  way.reset(draft, old);
  way.prepare?.(draft, old, { nowMs: clock.now(), user: scope.user, randomness });
  keepSystemFields(draft.metadata, old.metadata);
  draft.metadata.resourceVersion = old.metadata.resourceVersion;
  const causes = validateUpdate(
    validatedForm(store, draft),
    validatedForm(store, old),
    options.subresource,
  );
  if (causes.length > 0) throw invalid(store.info, draft.metadata.name ?? "", causes);
  warnOfWrite(draft, old, options.subresource, (text) => scope.warn(text));
  store.strategy.canonicalize?.(draft);
}

/** Upstream: store.go ShouldDeleteDuringUpdate @1.36 */
function isRemovedBy(store: StoreContext, draft: Draft, old: AnyObject): boolean {
  if ((draft.metadata.finalizers?.length ?? 0) > 0) return false;
  if (old.metadata.deletionTimestamp === undefined) return false;
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return store.strategy.mayRemoveOnUpdate?.(draft) ?? true;
}
