import type { ResourceInfo } from "@kubets/api";

export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ResourceInfo[];
}

export interface ServedGroup {
  /** Empty for core. */
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[];
}

/** In the order of the table of kinds. */
export function servedGroups(resources: readonly ResourceInfo[]): readonly ServedGroup[] {
  const known = cache.get(resources);
  if (known !== undefined) return known;
  const groups = new Map<string, Map<string, ResourceInfo[]>>();
  for (const info of resources) {
    const versions = groups.get(info.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(info.group, versions);
    const rows = versions.get(info.version) ?? [];
    versions.set(info.version, rows);
    rows.push(info);
  }
  const served = [...groups].map(([group, versions]) => ({
    group,
    versions: [...versions]
      .map(([version, rows]) => ({ version, resources: rows }))
      .sort((a, b) => versionRank(b.version) - versionRank(a.version)),
  }));
  cache.set(resources, served);
  return served;
}

/** The registry gives the same list until a resource comes or goes. */
const cache = new WeakMap<readonly ResourceInfo[], readonly ServedGroup[]>();

export function groupsOf(groups: readonly ServedGroup[], isCore: boolean): readonly ServedGroup[] {
  return groups.filter(({ group }) => (group === "") === isCore);
}

/**
 * Stable before beta before alpha, then the higher number.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/version/helpers.go CompareKubeAwareVersionStrings @1.36
 */
function versionRank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return -1;
  const [, major, stage, minor] = match;
  const stageRank = stage === undefined ? 2 : stage === "beta" ? 1 : 0;
  return stageRank * 1e6 + Number(major) * 1e3 + Number(minor ?? 0);
}
