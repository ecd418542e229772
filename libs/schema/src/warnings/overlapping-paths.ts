/** Upstream: pkg/api/pod/warnings.go warningsForOverlappingVirtualPaths @1.36 */
import type { JsonObject } from "@kubets/api";
import { itemsAt, objectAt, textAt } from "../json-fields.ts";
import { goQuote } from "../validation/go-quote.ts";
import type { Warn } from "./warn.ts";

interface SourcePath {
  readonly path: string;
  /** What the path comes from, as it is shown; "" where only one thing can be meant. */
  readonly source: string;
}

export function warnOfOverlappingPaths(volumes: readonly JsonObject[], warn: Warn): void {
  for (const volume of volumes) {
    const name = goQuote(textAt(volume, "name"));
    for (const { shown, paths } of flatSources(volume)) {
      for (const overlap of overlaps(paths)) {
        warn(`volume ${name} (${shown}): overlapping paths: ${overlap}`);
      }
    }
    const projected = objectAt(volume, "projected");
    if (projected === undefined) continue;
    const paths: SourcePath[] = [];
    for (const source of itemsAt(projected, "sources")) {
      if (Object.keys(source).length === 0) {
        warn(`volume ${name} (Projected) has no sources provided`);
      } else paths.push(...projectedPaths(source));
    }
    for (const overlap of overlaps(paths)) {
      warn(`volume ${name} (Projected): overlapping paths: ${overlap}`);
    }
  }
}

function flatSources(
  volume: JsonObject,
): { readonly shown: string; readonly paths: readonly SourcePath[] }[] {
  const configMap = objectAt(volume, "configMap");
  const secret = objectAt(volume, "secret");
  const downward = objectAt(volume, "downwardAPI");
  return [
    { shown: `ConfigMap ${goQuote(textAt(configMap, "name"))}`, paths: pathsOf(configMap, "") },
    { shown: `Secret ${goQuote(textAt(secret, "secretName"))}`, paths: pathsOf(secret, "") },
    { shown: "DownwardAPI", paths: pathsOf(downward, "") },
  ];
}

function pathsOf(holder: JsonObject | undefined, source: string): SourcePath[] {
  return itemsAt(holder, "items").map((item) => ({ path: textAt(item, "path"), source }));
}

function projectedPaths(source: JsonObject): SourcePath[] {
  const configMap = objectAt(source, "configMap");
  const secret = objectAt(source, "secret");
  if (configMap?.items !== undefined)
    return pathsOf(configMap, `ConfigMap ${goQuote(textAt(configMap, "name"))}`);
  if (secret?.items !== undefined)
    return pathsOf(secret, `Secret ${goQuote(textAt(secret, "name"))}`);
  const downward = objectAt(source, "downwardAPI");
  if (downward?.items !== undefined) return pathsOf(downward, "DownwardAPI");
  const token = objectAt(source, "serviceAccountToken");
  if (token !== undefined) return [{ path: textAt(token, "path"), source: "ServiceAccountToken" }];
  const bundle = objectAt(source, "clusterTrustBundle");
  if (bundle !== undefined) {
    const shown = textAt(bundle, "name") || textAt(bundle, "signerName");
    return [{ path: textAt(bundle, "path"), source: `ClusterTrustBundle ${goQuote(shown)}` }];
  }
  const certificate = objectAt(source, "podCertificate");
  return [
    { path: textAt(certificate, "certificateChainPath"), source: "PodCertificate chain" },
    { path: textAt(certificate, "keyPath"), source: "PodCertificate key" },
    {
      path: textAt(certificate, "credentialBundlePath"),
      source: "PodCertificate credential bundle",
    },
  ].filter(({ path }) => path !== "");
}

/** More than this many of one volume no client is told of … */
const OVERLAPS_MAX = 100;
/** … and the first ones are looked for among this many. */
const PAIRS_MAX = 10_000;

interface Entry extends SourcePath {
  readonly index: number;
  /** With a slash at its end: what lies in it begins so. */
  readonly folder: string;
}

/** Each path with those before it that it lies in or that lie in it. */
function overlaps(paths: readonly SourcePath[]): string[] {
  const entries = paths.flatMap(({ path: given, source }, index): Entry[] => {
    const path = given.replace(/\/+$/, "");
    return path === "" ? [] : [{ index, path, source, folder: `${path}/` }];
  });
  return overlappingPairs(entries)
    .sort(([a, b], [c, d]) => a.index - c.index || b.index - d.index)
    .slice(0, OVERLAPS_MAX)
    .map(([later, earlier]) => `${shownPath(later)} with ${shownPath(earlier)}`);
}

/** In order of the paths a folder comes right before all that lies in it, so nobody is held against everybody. */
function overlappingPairs(entries: readonly Entry[]): [later: Entry, earlier: Entry][] {
  const pairs: [Entry, Entry][] = [];
  const around: Entry[] = [];
  for (const entry of entries.toSorted((a, b) => (a.folder < b.folder ? -1 : 1))) {
    let last = around.at(-1);
    while (last !== undefined && !entry.folder.startsWith(last.folder)) {
      around.pop();
      last = around.at(-1);
    }
    for (const other of around) {
      if (pairs.length >= PAIRS_MAX) return pairs;
      pairs.push(entry.index > other.index ? [entry, other] : [other, entry]);
    }
    around.push(entry);
  }
  return pairs;
}

function shownPath({ path, source }: SourcePath): string {
  return source === "" ? goQuote(path) : `${goQuote(path)} (${source})`;
}
