/**
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go @1.36
 */
import { StatusError } from "@kubets/api";
import { type FieldSet, memberPaths } from "../managed-fields/field-set.ts";
import type { Manager } from "../managed-fields/managed-entries.ts";

export interface Conflict {
  readonly manager: Manager;
  /** What of the manager's fields the apply would change. */
  readonly set: FieldSet;
}

export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const shown = conflicts
    .map(({ manager, set }) => ({ name: showManager(manager), paths: memberPaths(set) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const causes = shown.flatMap(({ name, paths }) =>
    paths.map((path) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${name}`,
      field: path,
    })),
  );
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: message(shown, causes.length),
    details: { causes },
  });
}

function message(shown: readonly { name: string; paths: string[] }[], count: number): string {
  const [first] = shown;
  if (count === 1 && first !== undefined) {
    return `Apply failed with 1 conflict: conflict with ${first.name}: ${first.paths[0] ?? ""}`;
  }
  const lines = shown.flatMap(({ name, paths }) => [
    `conflicts with ${name}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${count} conflicts: ${lines.join("\n")}`;
}

/** Identities carry no time, so it is not shown either. */
function showManager(manager: Manager): string {
  const name = JSON.stringify(manager.manager);
  const who =
    manager.subresource === ""
      ? name
      : `${name} with subresource ${JSON.stringify(manager.subresource)}`;
  return manager.operation === "Update" ? `${who} using ${manager.apiVersion}` : who;
}
