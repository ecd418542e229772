import type { Container, PodSpec } from "@kubets/api/core/v1";

/**
 * The stored spec with nothing but the new resources and resize policies; undefined when the containers
 * are not the same ones.
 *
 * Upstream: pkg/registry/core/pod/strategy.go dropNonResizeUpdates @1.36
 */
export function onlyResize(next: PodSpec, old: Readonly<PodSpec>): PodSpec | undefined {
  const containers = resized(next.containers, old.containers);
  const initContainers = resized(next.initContainers ?? [], old.initContainers ?? []);
  if (containers === undefined || initContainers === undefined) return undefined;
  return {
    ...old,
    containers,
    ...(old.initContainers && { initContainers }),
    ...(next.resources ? { resources: next.resources } : { resources: undefined }),
  };
}

function resized(next: readonly Container[], old: readonly Container[]): Container[] | undefined {
  if (next.length !== old.length) return undefined;
  const merged: Container[] = [];
  for (const [i, stored] of old.entries()) {
    const wanted = next[i];
    if (wanted?.name !== stored.name) return undefined;
    merged.push({
      ...stored,
      resources: wanted.resources,
      resizePolicy: wanted.resizePolicy,
    });
  }
  return merged;
}
