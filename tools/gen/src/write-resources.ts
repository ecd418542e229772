/**
 * Writes libs/api/src/data/kinds.ts, the one table of kinds, from the discovery facts of Kubernetes 1.36. It was
 * run once; the table is ours since then.
 *
 * Usage: node tools/gen/src/write-resources.ts FACT_TABLES_FOLDER
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { repository } from "./model.ts";

interface Resources {
  readonly groups: readonly {
    readonly group: string;
    readonly versions: readonly {
      readonly version: string;
      readonly servedByDefault: boolean;
      readonly resources: readonly {
        readonly name: string;
        readonly singular: string;
        readonly kind: string | null;
        readonly listKind?: string;
        readonly namespaced: boolean;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly storageVersionHash?: string;
        readonly subresources: readonly {
          readonly name: string;
          readonly group: string;
          readonly version: string;
          readonly kind: string;
          readonly verbs: readonly string[];
        }[];
      }[];
    }[];
  }[];
}

const facts = process.argv[2] ?? resolve(repository, "../shared/kubernetes-1.36");
const table = JSON.parse(readFileSync(join(facts, "resources.json"), "utf8")) as Resources;

const SETS: Readonly<Record<string, string>> = {
  "create,delete,deletecollection,get,list,patch,update,watch": "EVERYTHING",
  "get,patch,update": "READ_WRITE",
  create: "CREATE",
};
const verbs = (list: readonly string[]) => SETS[list.join(",")] ?? JSON.stringify(list);

const lines: string[] = [];
for (const { group, versions } of table.groups) {
  if (group === "metrics.k8s.io") continue;
  for (const { version, servedByDefault, resources } of versions) {
    lines.push(
      `  ...groupVersion(${JSON.stringify(group)}, ${JSON.stringify(version)}, ${servedByDefault}, [`,
    );
    for (const row of resources) {
      const parts = [
        `resource: ${JSON.stringify(row.name)}`,
        `singular: ${JSON.stringify(row.singular)}`,
        `kind: ${JSON.stringify(row.kind ?? "")}`,
        ...(row.listKind === undefined ? [] : [`listKind: ${JSON.stringify(row.listKind)}`]),
        `namespaced: ${row.namespaced}`,
        `verbs: ${verbs(row.verbs ?? [])}`,
        ...(row.shortNames === undefined ? [] : [`shortNames: ${JSON.stringify(row.shortNames)}`]),
        ...(row.categories === undefined ? [] : [`categories: ${JSON.stringify(row.categories)}`]),
        ...(row.storageVersionHash === undefined
          ? []
          : [`storageVersionHash: ${JSON.stringify(row.storageVersionHash)}`]),
      ];
      if (row.subresources.length > 0) {
        const subs = row.subresources.map((sub) => {
          const own = sub.group === group && sub.version === version;
          const of = own ? "" : `, ${JSON.stringify(sub.group)}, ${JSON.stringify(sub.version)}`;
          return `sub(${JSON.stringify(sub.name)}, ${JSON.stringify(sub.kind)}, ${verbs(sub.verbs)}${of})`;
        });
        parts.push(`subresources: [${subs.join(", ")}]`);
      }
      lines.push(`    { ${parts.join(", ")} },`);
    }
    lines.push("  ]),");
  }
}

writeFileSync(
  join(repository, "libs/api/src/data/kinds.ts"),
  `/**
 * The one table of kinds: every built-in resource with its verbs and subresources, in the order in which
 * discovery lists groups and versions (the first version of a group is the preferred one).
 */
import type { ResourceInfo, SubresourceInfo, Verb } from "../resource-info.ts";

const EVERYTHING: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];
const READ_WRITE: readonly Verb[] = ["get", "patch", "update"];
const CREATE: readonly Verb[] = ["create"];

type Sub = Omit<SubresourceInfo, "group" | "version"> & Partial<SubresourceInfo>;
type Row = Omit<
  ResourceInfo,
  "group" | "version" | "servedByDefault" | "shortNames" | "categories" | "subresources"
> &
  Partial<Pick<ResourceInfo, "shortNames" | "categories">> & { readonly subresources?: readonly Sub[] };

function sub(name: string, kind: string, verbs: readonly Verb[], group?: string, version?: string): Sub {
  return {
    name,
    kind,
    verbs,
    ...(group === undefined ? undefined : { group }),
    ...(version === undefined ? undefined : { version }),
  };
}

function groupVersion(
  group: string,
  version: string,
  servedByDefault: boolean,
  rows: readonly Row[],
): ResourceInfo[] {
  return rows.map((row) => ({
    shortNames: [],
    categories: [],
    ...row,
    group,
    version,
    servedByDefault,
    subresources: (row.subresources ?? []).map((one) => ({ group, version, ...one })),
  }));
}

export const builtinResources: readonly ResourceInfo[] = [
${lines.join("\n")}
];
`,
);
