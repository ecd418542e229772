import { createHash } from "node:crypto";
import { apiVersionOf, type JsonObject, type ResourceInfo, type SchemaTable } from "@kubets/api";
import { servedGroups } from "../discovery/api-groups.ts";
import { reachableDefinitions } from "./definitions.ts";
import type { Dialect, OpenApiInfo } from "./dialect.ts";
import { ResourcePaths } from "./resource-paths.ts";

function pathsOf(
  table: SchemaTable,
  dialect: Dialect,
  resources: readonly ResourceInfo[],
): JsonObject {
  const items = new Map<string, JsonObject>();
  for (const info of resources) {
    for (const [path, item] of new ResourcePaths(table, dialect, info).build()) {
      items.set(path, item);
    }
  }
  return Object.fromEntries([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `/openapi/v2`: everything in one document. */
export function openapiV2Document(
  table: SchemaTable,
  resources: readonly ResourceInfo[],
  info: OpenApiInfo,
): JsonObject {
  const paths = pathsOf(table, "v2", resources);
  return {
    swagger: "2.0",
    info: { title: info.title, version: info.version },
    paths,
    definitions: reachableDefinitions(table, "v2", paths, resources),
    securityDefinitions: {
      BearerToken: {
        description: "Bearer Token authentication",
        type: "apiKey",
        name: "authorization",
        in: "header",
      },
    },
    security: [{ BearerToken: [] }],
  };
}

/** Below `/openapi/v3/`: "api/v1", "apis/apps/v1". */
export function openapiV3Path(gv: { readonly group: string; readonly version: string }): string {
  return gv.group === "" ? `api/${gv.version}` : `apis/${gv.group}/${gv.version}`;
}

/** One group version's document; undefined where nothing of it is served. */
export function openapiV3Document(
  table: SchemaTable,
  resources: readonly ResourceInfo[],
  gv: { readonly group: string; readonly version: string },
  info: OpenApiInfo,
): JsonObject | undefined {
  const own = resources.filter(
    ({ group, version }) => group === gv.group && version === gv.version,
  );
  if (own.length === 0) return undefined;
  const paths = pathsOf(table, "v3", own);
  return {
    openapi: "3.0.0",
    info: { title: info.title, version: info.version },
    paths,
    components: {
      schemas: reachableDefinitions(table, "v3", paths, resources),
      securitySchemes: {
        BearerToken: {
          description: "Bearer Token authentication",
          type: "apiKey",
          name: "authorization",
          in: "header",
        },
      },
    },
  };
}

/** Names a document's content: clients keep what they have as long as it stays. */
export function openapiHash(text: string | Uint8Array): string {
  return createHash("sha512").update(text).digest("hex").toUpperCase();
}

/** `/openapi/v3`: where each document is, under the hash of its text. */
export function openapiV3Index(hashes: ReadonlyMap<string, string>): JsonObject {
  return {
    paths: Object.fromEntries(
      [...hashes].map(([path, hash]) => [
        path,
        { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` },
      ]),
    ),
  };
}

/** The documents that the index names, in the order of discovery. */
export function openapiV3GroupVersions(resources: readonly ResourceInfo[]) {
  return servedGroups(resources).flatMap(({ group, versions }) =>
    versions.map((version) => ({
      group,
      version,
      apiVersion: apiVersionOf({ group, version }),
      path: openapiV3Path({ group, version }),
    })),
  );
}
