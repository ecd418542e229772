import type { KubeObject } from "@kubets/api";
import type { ResourceType } from "@kubets/client";
import type { MemoryClient } from "@kubets/client/testing";

/** What two runs to the same end may differ in: identities, moments, and how often something was written. */
const LEFT_OUT = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "observedGeneration",
  "managedFields",
]);

/** The objects of these types as sorted texts. */
export function normalForm(client: MemoryClient, types: readonly ResourceType[]): string[] {
  return types.flatMap((type) => client.peekAll(type).map((object) => textOf(type, object))).sort();
}

function textOf(type: ResourceType, object: KubeObject): string {
  const { generateName, name } = object.metadata;
  const shown = generateName === undefined ? object : renamed(object, `${generateName}*`);
  return `${type.resource} ${generateName === undefined ? name : `${generateName}*`} ${JSON.stringify(
    plain(shown),
  )}`;
}

function renamed(object: KubeObject, name: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, name } };
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, inner]) => inner !== undefined && !LEFT_OUT.has(key) && !isMoment(key))
    .map(([key, inner]): [string, unknown] => [key, inMeaning(key, plain(inner))]);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

function isMoment(key: string): boolean {
  return /(Time|Timestamp|At|timeAdded|LastTransitionTime|last-change-trigger-time)$/.test(key);
}

/** Endpoints are a set. */
function inMeaning(key: string, value: unknown): unknown {
  if (key !== "endpoints" || !Array.isArray(value)) return value;
  return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
