/**
 * Nobody gives away rights that they do not have.
 *
 * Upstream: pkg/registry/rbac/{role,rolebinding,…}/policybased/storage.go @1.36
 */
import type { ClusterRole, ClusterRoleBinding, RoleBinding } from "@kubets/api/rbac/v1";
import type { PolicyWrites } from "@kubets/authz";
import type { StrategyHooks } from "../strategy/strategy.ts";

export type PolicyGuard = Pick<PolicyWrites, "checkRole" | "checkBinding">;

export function roleHooks(
  resource: "roles" | "clusterroles",
  guard: PolicyGuard | undefined,
): StrategyHooks {
  if (guard === undefined) return {};
  return {
    guard: (draft, old, { user }) =>
      guard.checkRole({
        resource,
        role: draft as unknown as ClusterRole,
        ...(old && { oldRole: old as unknown as ClusterRole }),
        user,
      }),
  };
}

export function bindingHooks(
  resource: "rolebindings" | "clusterrolebindings",
  guard: PolicyGuard | undefined,
): StrategyHooks {
  if (guard === undefined) return {};
  return {
    guard: (draft, old, { user }) =>
      guard.checkBinding({
        resource,
        binding: draft as unknown as RoleBinding | ClusterRoleBinding,
        ...(old && { oldBinding: old as unknown as RoleBinding | ClusterRoleBinding }),
        user,
      }),
  };
}
