import { apiVersionOf, type ResourceInfo } from "@kubets/api";
import type { APIGroup, APIGroupList, APIVersions } from "@kubets/api/meta/v1";

export interface ServedGroup {
  readonly group: string;
  /** In order of preference. */
  readonly versions: readonly string[];
}

/** Groups and versions in the order of the table, which is their order of preference. */
export function servedGroups(resources: readonly ResourceInfo[]): ServedGroup[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources) {
    const versions = groups.get(group) ?? new Set();
    groups.set(group, versions.add(version));
  }
  return [...groups].map(([group, versions]) => ({ group, versions: [...versions] }));
}

/** What `/api` answers; `serverAddress` is host and port as the client may reach them. */
export function apiVersions(resources: readonly ResourceInfo[], serverAddress: string) {
  const core = servedGroups(resources).find(({ group }) => group === "");
  return {
    kind: "APIVersions",
    versions: [...(core?.versions ?? [])],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  } satisfies Partial<APIVersions>;
}

function groupValue({ group, versions }: ServedGroup) {
  const all = versions.map((version) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  const [preferred] = all;
  return {
    name: group,
    versions: all,
    ...(preferred === undefined ? undefined : { preferredVersion: preferred }),
  };
}

/** What `/apis` answers: every group but core. */
export function apiGroupList(resources: readonly ResourceInfo[]) {
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: servedGroups(resources)
      .filter(({ group }) => group !== "")
      .map(groupValue),
  } satisfies Partial<APIGroupList> | { groups: Partial<APIGroup>[] };
}

/** What `/apis/GROUP` answers; undefined where the group is not served. */
export function apiGroup(resources: readonly ResourceInfo[], group: string) {
  const served = servedGroups(resources).find((one) => one.group === group);
  if (served === undefined || group === "") return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupValue(served) };
}
