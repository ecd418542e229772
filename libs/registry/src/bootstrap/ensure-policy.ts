/** The RBAC policy of a new cluster, and what later versions add to it. */
import { isStatusError, type KubeObject } from "@kubets/api";
import type { BootstrapPolicy } from "@kubets/authz";
import { bootstrapPolicy, type PolicyStep, planBinding, planRole } from "@kubets/authz";
import { noAdmission } from "../subresources/no-admission.ts";
import { type EnsureContext, ensureObject, storeOf } from "./ensure-object.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { systemScope } from "./system-scope.ts";

const API_VERSION = "rbac.authorization.k8s.io/v1";
const WORKERS_MAX = 32;
const REPLACE = { subresource: "", forceAllowCreate: false, operation: "Update" } as const;

/** Upstream: pkg/registry/rbac/rest/storage_rbac.go PostStartHook @1.36 */
export async function ensurePolicy(
  context: EnsureContext,
  policy: BootstrapPolicy = bootstrapPolicy(),
): Promise<void> {
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = policy;
  await forEachBounded(clusterRoles, WORKERS_MAX, (role) =>
    ensure(context, "clusterroles", role, planRole),
  );
  await forEachBounded(clusterRoleBindings, WORKERS_MAX, (binding) =>
    ensure(context, "clusterrolebindings", binding, planBinding),
  );
  await forEachBounded(roles, WORKERS_MAX, (role) => ensure(context, "roles", role, planRole));
  await forEachBounded(roleBindings, WORKERS_MAX, (binding) =>
    ensure(context, "rolebindings", binding, planBinding),
  );
}

async function ensure<T extends KubeObject>(
  context: EnsureContext,
  resource: string,
  expected: T,
  plan: (expected: T, existing: T | undefined) => PolicyStep<T>,
): Promise<void> {
  const { randomness, signal, registry } = context;
  const { namespace = "", name = "" } = expected.metadata;
  const store = storeOf(registry, resource, API_VERSION);
  const scope = systemScope(namespace, { randomness, signal });
  let existing: T | undefined;
  try {
    existing = (await store.get(scope, name)).object as T;
  } catch (error) {
    if (!isStatusError(error, "NotFound")) throw error;
  }
  const step = plan(expected, existing);
  switch (step.action) {
    case "none":
      return;
    case "create":
      await ensureObject(context, resource, step.object);
      return;
    case "update":
      // The plan was made from what another replica may have changed meanwhile: then it has the same plan.
      await store
        .update(scope, name, () => step.object, REPLACE, noAdmission)
        .catch(ignoring("Conflict"));
      return;
    case "replace":
      await store.delete(scope, name, {}, noAdmission).catch(ignoring("NotFound"));
      await ensureObject(context, resource, step.object);
      return;
  }
}

function ignoring(reason: string): (error: unknown) => void {
  return (error) => {
    if (!isStatusError(error, reason)) throw error;
  };
}
