/** Creates what is missing and leaves alone, or brings into line, what is there. Safe to run from several replicas. */
import { isStatusError, type KubeObject, parseApiVersion } from "@kubets/api";
import { applyDefaults } from "@kubets/schema";
import { deepEqual } from "../deep-equal.ts";
import { draftOf, fieldsOf } from "../draft.ts";
import type { Randomness } from "../randomness.ts";
import type { Registry, RequestScope, ResourceStore } from "../store.ts";
import { noAdmission } from "../subresources/no-admission.ts";
import { systemScope } from "./system-scope.ts";

export interface EnsureContext {
  readonly registry: Registry;
  readonly randomness: Randomness;
  readonly signal: AbortSignal;
}

const REPLACE = { subresource: "", forceAllowCreate: false, operation: "Update" } as const;

/** True when it was created now. */
export async function ensureObject(
  context: EnsureContext,
  resource: string,
  object: KubeObject,
): Promise<boolean> {
  const { store, scope, name } = targetOf(context, resource, object);
  if (await exists(store, scope, name)) return false;
  return createMissing(store, scope, object);
}

/** As ensureObject, and sets the given top-level fields of one that is there to these values. */
export async function enforceObject(
  context: EnsureContext,
  resource: string,
  object: KubeObject,
  fields: readonly string[],
): Promise<void> {
  const { store, scope, name } = targetOf(context, resource, object);
  const wanted = fieldsOf(defaulted(object));
  try {
    const current = fieldsOf((await store.get(scope, name)).object);
    if (fields.every((field) => deepEqual(current[field], wanted[field]))) return;
  } catch (error) {
    if (!isStatusError(error, "NotFound")) throw error;
    if (await createMissing(store, scope, object)) return;
  }
  const transform = (current: KubeObject | undefined) => {
    const draft = draftOf(current ?? wanted);
    for (const field of fields) draft[field] = wanted[field];
    return draft;
  };
  await store.update(scope, name, transform, REPLACE, noAdmission);
}

export function storeOf(registry: Registry, resource: string, apiVersion: string): ResourceStore {
  const { group, version } = parseApiVersion(apiVersion) ?? { group: "", version: "" };
  const store = registry.store(group, version, resource);
  if (store === undefined) throw new TypeError(`${resource} of ${apiVersion} are not served`);
  return store;
}

function targetOf(
  { registry, randomness, signal }: EnsureContext,
  resource: string,
  object: KubeObject,
) {
  const { namespace = "", name = "" } = object.metadata;
  return {
    store: storeOf(registry, resource, object.apiVersion),
    scope: systemScope(namespace, { randomness, signal }),
    name,
  };
}

async function exists(store: ResourceStore, scope: RequestScope, name: string): Promise<boolean> {
  try {
    await store.get(scope, name);
    return true;
  } catch (error) {
    if (isStatusError(error, "NotFound")) return false;
    throw error;
  }
}

/** False when another replica was faster. */
async function createMissing(
  store: ResourceStore,
  scope: RequestScope,
  object: KubeObject,
): Promise<boolean> {
  try {
    await store.create(scope, defaulted(object), noAdmission);
    return true;
  } catch (error) {
    if (isStatusError(error, "AlreadyExists")) return false;
    throw error;
  }
}

/** Defaults are filled in place, so they get a copy: bootstrap objects are shared constants. */
function defaulted(object: KubeObject): KubeObject {
  const copy: KubeObject = structuredClone(object);
  applyDefaults(copy);
  return copy;
}
