/** Delete of one object: plan from the object as it is, admission, one write. */
import type { AdmissionChain } from "@kubets/admission";
import { conflict, MODIFIED_MESSAGE, notFound, stringifyJson } from "@kubets/api";
import type { Entry } from "@kubets/watch-cache";
import { draftOf, fieldsOf } from "../draft.ts";
import type { DeleteOptions, DeleteResult, RequestScope } from "../store.ts";
import type { DeletePlan } from "../strategy/strategy.ts";
import { StoreAdmissionRequest } from "./admission-request.ts";
import { commit, writeId } from "./commit.ts";
import { entryOfWrite } from "./create.ts";
import { type CurrentObject, loadCurrent, suggestCurrent } from "./current-object.ts";
import { keyOf } from "./object-key.ts";
import { planDelete } from "./plan-delete.ts";
import type { StoreContext } from "./store-context.ts";

const ATTEMPTS_MAX = 100;

export interface DeleteRequest {
  readonly scope: RequestScope;
  readonly name: string;
  readonly options: DeleteOptions;
  readonly admission: AdmissionChain;
}

export async function deleteObject(
  store: StoreContext,
  request: DeleteRequest,
): Promise<DeleteResult> {
  const { scope, name, options } = request;
  let current = await suggestCurrent(store, scope, name);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    scope.signal.throwIfAborted();
    const { entry } = current;
    if (entry === undefined) throw notFound(store.info, name);
    const object = fieldsOf(entry.object);
    const context = { nowMs: store.clock.now(), options };
    const plan = planDelete(store.strategy, store.info, object, context);
    if (!current.certain && (plan.step === "refuse" || plan.step === "pending")) {
      current = await loadCurrent(store, scope, name);
      continue;
    }
    if (plan.step === "refuse") throw plan.error;
    await admit(store, request, entry);
    if (plan.step === "pending") return { deleted: false, entry };
    const outcome = await perform(store, request, { entry, plan, attempt });
    if ("deleted" in outcome) return outcome;
    current = outcome;
  }
  throw conflict(store.info, name, MODIFIED_MESSAGE);
}

async function admit(
  store: StoreContext,
  { scope, name, options, admission }: DeleteRequest,
  entry: Entry,
): Promise<void> {
  const asked = new StoreAdmissionRequest(store, scope, {
    operation: "DELETE",
    name,
    oldObject: entry.object,
    options,
  });
  await admission.mutate(asked);
  await admission.validate(asked);
}

async function perform(
  store: StoreContext,
  { scope, name }: DeleteRequest,
  {
    entry,
    plan,
    attempt,
  }: {
    entry: Entry;
    plan: Extract<DeletePlan, { step: "remove" | "update" }>;
    attempt: number;
  },
): Promise<DeleteResult | CurrentObject> {
  const removes = plan.step === "remove";
  const draft = draftOf(removes ? plan.last : plan.draft);
  draft.metadata.resourceVersion = undefined;
  const key = keyOf(store, scope, name);
  const stored = store.conversion === undefined ? draft : store.conversion.toStored(draft);
  const bytes = Buffer.from(stringifyJson(stored));
  if (scope.dryRun) {
    return { deleted: removes, entry: entryOfWrite(store, key, entry.revision, draft, bytes) };
  }
  const result = await commit(store, {
    op: removes ? "delete" : "update",
    key,
    requestId: writeId(scope, attempt),
    expectedRevision: entry.revision,
    uid: draft.metadata.uid ?? "",
    bytes,
    decoded: stored,
    ...(scope.fence && { fence: scope.fence }),
  });
  if (result.status === "replayed") return { deleted: removes, entry };
  if (result.status === "committed") {
    if (removes) await store.strategy.afterDelete?.(fieldsOf(entry.object), scope);
    return { deleted: removes, entry: entryOfWrite(store, key, result.revision, draft, bytes) };
  }
  return loadCurrent(store, scope, name);
}
