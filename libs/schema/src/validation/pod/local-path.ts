/** Paths inside volumes. Upstream: pkg/apis/core/validation/validation.go validateLocalDescendingPath @1.36 */
import type { Path } from "../path.ts";
import type { Problems } from "../problems.ts";

export function hasBacksteps(path: string): boolean {
  return path.includes("..") && path.split("/").includes("..");
}

export function validateNoBacksteps(path: string, at: Path, problems: Problems): void {
  if (hasBacksteps(path)) problems.invalid(at, path, "must not contain '..'");
}

export function validateDescendingPath(path: string, at: Path, problems: Problems): void {
  if (path.startsWith("/")) problems.invalid(at, path, "must be a relative path");
  validateNoBacksteps(path, at, problems);
}

/** Names that start with two dots are the kubelet's own. */
export function validateNonReservedPath(path: string, at: Path, problems: Problems): void {
  validateDescendingPath(path, at, problems);
  if (path.startsWith("..") && !path.startsWith("../") && !hasBacksteps(path)) {
    problems.invalid(at, path, "must not start with '..'");
  }
}
