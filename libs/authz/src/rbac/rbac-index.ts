/**
 * Roles and bindings, found by whom they concern. `generation` changes with every change, so that what was worked out
 * from an older state can be told from what is still true.
 */

import type { KubeObject } from "@kubets/api";
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from "@kubets/api/rbac/v1";
import { serviceAccountUserName, type UserInfo } from "@kubets/authn";
import type { ObjectIndex } from "../follow-objects.ts";
import type { GrantedRule } from "./granted-rules.ts";

export type RbacRole = Role | ClusterRole;
export type RbacBinding = RoleBinding | ClusterRoleBinding;

interface BoundSubject {
  readonly binding: RbacBinding;
  readonly through: string;
}

/** Rules that a user has in one scope, and what kept others from being found. */
export interface ScopeRules {
  readonly rules: readonly GrantedRule[];
  readonly errors: readonly string[];
}

const NOTHING: ScopeRules = { rules: [], errors: [] };

export class RbacIndex {
  generation = 0;
  /** By "namespace/name"; cluster roles have an empty namespace. */
  readonly #roles = new Map<string, RbacRole>();
  readonly #bindings = new Map<string, RbacBinding>();
  /** namespace → subject → bindings; cluster bindings under "". */
  readonly #bySubject = new Map<string, Map<string, BoundSubject[]>>();

  /** For `followObjects`: `clusterScoped` says which half of the roles this feed owns. */
  roleFeed(clusterScoped: boolean): ObjectIndex {
    return this.#feed(this.#roles, clusterScoped, isRole, () => undefined);
  }

  bindingFeed(clusterScoped: boolean): ObjectIndex {
    return this.#feed(this.#bindings, clusterScoped, isBinding, (scope) => this.#reindex(scope));
  }

  hasBindingsIn(namespace: string): boolean {
    return this.#bySubject.has(namespace);
  }

  /** What the bindings of one scope ("" or a namespace) grant to a user. */
  rulesIn(scope: string, user: UserInfo): ScopeRules {
    const bySubject = this.#bySubject.get(scope);
    if (bySubject === undefined) return NOTHING;
    const rules: GrantedRule[] = [];
    const errors: string[] = [];
    const collect = (subject: string) => {
      for (const { binding, through } of bySubject.get(subject) ?? []) {
        const found = this.roleRules(binding.roleRef, scope);
        if (typeof found === "string") errors.push(found);
        else for (const rule of found) rules.push({ rule, through });
      }
    };
    collect(`u:${user.name}`);
    for (const group of user.groups) collect(`g:${group}`);
    return { rules, errors };
  }

  /** The rules of a role, or the text that says it is missing. */
  roleRules(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | string {
    const clusterScoped = roleRef.kind === "ClusterRole";
    const role = this.#roles.get(`${clusterScoped ? "" : namespace}/${roleRef.name}`);
    if (role !== undefined) return role.rules ?? [];
    const kind = clusterScoped ? "clusterrole" : "role";
    return `${kind}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`;
  }

  #feed<T extends KubeObject>(
    into: Map<string, T>,
    clusterScoped: boolean,
    accepts: (object: KubeObject) => object is T,
    changed: (scope: string) => void,
  ): ObjectIndex {
    const scopeOf = (object: KubeObject) =>
      clusterScoped ? "" : (object.metadata.namespace ?? "");
    const keyOf = (object: KubeObject) => `${scopeOf(object)}/${object.metadata.name ?? ""}`;
    return {
      replace: (objects) => {
        const scopes = new Set<string>();
        for (const [key, object] of into) {
          if (key.startsWith("/") !== clusterScoped) continue;
          into.delete(key);
          scopes.add(scopeOf(object));
        }
        for (const object of objects) {
          if (!accepts(object)) continue;
          into.set(keyOf(object), object);
          scopes.add(scopeOf(object));
        }
        for (const scope of scopes) changed(scope);
        this.generation++;
      },
      upsert: (object) => {
        if (!accepts(object)) return;
        into.set(keyOf(object), object);
        changed(scopeOf(object));
        this.generation++;
      },
      remove: (object) => {
        into.delete(keyOf(object));
        changed(scopeOf(object));
        this.generation++;
      },
    };
  }

  /** Bindings change rarely and a scope has few: building it anew is simpler than keeping it in step. */
  #reindex(scope: string): void {
    const bySubject = new Map<string, BoundSubject[]>();
    for (const [key, binding] of this.#bindings) {
      if (!key.startsWith(`${scope}/`)) continue;
      for (const subject of binding.subjects ?? []) {
        const id = subjectKey(subject, scope);
        if (id === undefined) continue;
        const bound = { binding, through: describe(binding, subject, scope) };
        const before = bySubject.get(id);
        if (before === undefined) bySubject.set(id, [bound]);
        else before.push(bound);
      }
    }
    if (bySubject.size === 0) this.#bySubject.delete(scope);
    else this.#bySubject.set(scope, bySubject);
  }
}

function isRole(object: KubeObject): object is RbacRole {
  return object.kind === "Role" || object.kind === "ClusterRole";
}

function isBinding(object: KubeObject): object is RbacBinding {
  return object.kind === "RoleBinding" || object.kind === "ClusterRoleBinding";
}

/** Upstream: pkg/registry/rbac/validation/rule.go appliesToUser @1.36 */
function subjectKey(subject: Subject, scope: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return `u:${subject.name}`;
    case "Group":
      return `g:${subject.name}`;
    case "ServiceAccount": {
      const namespace = (subject.namespace ?? "") === "" ? scope : (subject.namespace ?? "");
      if (namespace === "") return undefined;
      return `u:${serviceAccountUserName({ namespace, name: subject.name })}`;
    }
    default:
      return undefined;
  }
}

/** Upstream: pkg/registry/rbac/validation/rule.go describeSubject and the two describers @1.36 */
function describe(binding: RbacBinding, subject: Subject, scope: string): string {
  const { roleRef } = binding;
  const name = binding.metadata.name ?? "";
  const own =
    scope === ""
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${scope}`)}`;
  const namespace = (subject.namespace ?? "") === "" ? scope : subject.namespace;
  const who = subject.kind === "ServiceAccount" ? `${subject.name}/${namespace}` : subject.name;
  return `${own} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`;
}
