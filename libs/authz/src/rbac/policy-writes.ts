import { forbidden, notFound } from "@kubets/api";
import type { PolicyRule, RoleRef } from "@kubets/api/rbac/v1";
import { GROUP_MASTERS, type UserInfo } from "@kubets/authn";
import type { Authorizer } from "../authorizer.ts";
import { findEscalation } from "./escalation.ts";
import type { RbacAuthorizer } from "./rbac-authorizer.ts";
import type { RbacBinding, RbacRole } from "./rbac-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export interface PolicyWriteOptions {
  /** Whose rules count as held. */
  readonly rbac: RbacAuthorizer;
  /** Who decides about the verbs `bind` and `escalate`. */
  readonly authorizer: Authorizer;
}

export interface RoleWrite {
  readonly resource: "roles" | "clusterroles";
  readonly role: RbacRole;
  readonly oldRole?: RbacRole;
  readonly user: UserInfo;
}

export interface BindingWrite {
  readonly resource: "rolebindings" | "clusterrolebindings";
  readonly binding: RbacBinding;
  readonly oldBinding?: RbacBinding;
  readonly user: UserInfo;
}

/** Throws StatusError 403 when a write of a role or binding would give more than its author has. */
export class PolicyWrites {
  readonly #options: PolicyWriteOptions;
  constructor(options: PolicyWriteOptions) {
    this.#options = options;
  }

  async checkRole({ resource, role, oldRole, user }: RoleWrite): Promise<void> {
    if (user.groups.includes(GROUP_MASTERS)) return;
    const namespace = role.metadata.namespace ?? "";
    const name = role.metadata.name ?? "";
    const sameRules = sameJson(role.rules ?? [], oldRole?.rules ?? []);
    const aggregation = "aggregationRule" in role ? role.aggregationRule : undefined;
    const oldAggregation =
      oldRole !== undefined && "aggregationRule" in oldRole ? oldRole.aggregationRule : undefined;
    const sameAggregation = sameJson(aggregation, oldAggregation);
    if (oldRole !== undefined && sameRules && sameAggregation) return;
    if (await this.#may(user, "escalate", resource, namespace, name)) return;
    const escalation = this.#findEscalation(user, namespace, role.rules ?? []);
    if (escalation !== undefined) throw forbidden({ group: GROUP, resource }, name, escalation);
    if (aggregation === undefined || sameAggregation) return;
    const missing = this.#findEscalation(user, "", FULL_AUTHORITY);
    if (missing !== undefined) {
      throw forbidden(
        { group: GROUP, resource },
        name,
        `must have cluster-admin privileges to use the aggregationRule: ${missing}`,
      );
    }
  }

  async checkBinding({ resource, binding, oldBinding, user }: BindingWrite): Promise<void> {
    if (user.groups.includes(GROUP_MASTERS)) return;
    const namespace = binding.metadata.namespace ?? "";
    const { roleRef } = binding;
    if (
      oldBinding !== undefined &&
      sameJson(oldBinding.roleRef, roleRef) &&
      sameJson(oldBinding.subjects ?? [], binding.subjects ?? [])
    ) {
      return;
    }
    const roles = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
    if (await this.#may(user, "bind", roles, namespace, roleRef.name)) return;
    const escalation = this.#findEscalation(user, namespace, this.#rulesOf(roleRef, namespace));
    if (escalation !== undefined) {
      throw forbidden({ group: GROUP, resource }, binding.metadata.name ?? "", escalation);
    }
  }

  #rulesOf(roleRef: RoleRef, namespace: string): readonly PolicyRule[] {
    const rules = this.#options.rbac.index.roleRules(roleRef, namespace);
    if (typeof rules !== "string") return rules;
    const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
    throw notFound({ group: GROUP, resource }, roleRef.name);
  }

  #findEscalation(
    user: UserInfo,
    namespace: string,
    wanted: readonly PolicyRule[],
  ): string | undefined {
    const { rules: held, errors } = this.#options.rbac.policyRulesFor(user, namespace);
    return findEscalation({ user, held, wanted, resolutionErrors: errors });
  }

  async #may(
    user: UserInfo,
    verb: string,
    resource: string,
    namespace: string,
    name: string,
  ): Promise<boolean> {
    const decision = await this.#options.authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      apiGroup: GROUP,
      apiVersion: "*",
      resource,
      subresource: "",
      namespace,
      name,
      path: "",
    });
    return decision.verdict === "allow";
  }
}

/** Rules keep their order on the way from the client to the store, so the texts can be compared. */
function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
