import type { WatchedEvent } from "../history/history.ts";

const content = "testing/content";
const basePath = "/api/v1/namespaces/default/configmaps";
export const scope = "configmaps/default/";

interface Metadata {
  readonly name: string;
  readonly resourceVersion: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
export interface ConfigMap {
  readonly metadata: Metadata;
}
export interface ConfigMapList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly ConfigMap[];
}
interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: ConfigMap & { readonly code?: number };
}

export const colors = ["red", "blue"] as const;
export type Color = (typeof colors)[number];

/** A content ends with the object's colour, so that what a selector shows can be told from it. */
export function colorOf(text: string): string {
  return text.slice(text.lastIndexOf(":") + 1);
}

export function configMap(name: string, text: string, resourceVersion?: bigint): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      annotations: { [content]: text },
      labels: { color: colorOf(text) },
      ...(resourceVersion === undefined ? {} : { resourceVersion: String(resourceVersion) }),
    },
    data: { padding: "x".repeat(200) },
  };
}

export function mergePatch(text: string): object {
  return { metadata: { annotations: { [content]: text }, labels: { color: colorOf(text) } } };
}

export function pathOf(name?: string, query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `${basePath}${name === undefined ? "" : `/${name}`}${search === "" ? "" : `?${search}`}`;
}

export function keyOf({ metadata }: ConfigMap): string {
  return `${scope}${metadata.name}`;
}
export function revisionOf({ metadata }: ConfigMap | ConfigMapList): bigint {
  return BigInt(metadata.resourceVersion);
}
export function contentOf({ metadata }: ConfigMap): string {
  return metadata.annotations?.[content] ?? "";
}

/** One line of a watch; the code of an ERROR as a number. */
export function parseWatchLine(line: string): WatchedEvent | number {
  const { type, object }: WatchLine = JSON.parse(line);
  if (type === "ERROR") return object.code ?? 500;
  const revision = revisionOf(object);
  if (type === "BOOKMARK") return { type, revision };
  return { type, revision, key: keyOf(object), content: contentOf(object) };
}
