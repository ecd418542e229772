/** Upstream: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go @1.36 */
import type { Node, NodeSelectorTerm, Pod } from "@kubets/api/core/v1";
import type { Plugin } from "../framework/plugin.ts";
import { SKIP, unresolvable } from "../framework/status.ts";
import { matchesRequiredAffinity, matchesTerm } from "./node-selector.ts";
import { normalizeToMax } from "./normalize-to-max.ts";

const REFUSED = unresolvable("node(s) didn't match Pod's node affinity/selector");
const CONFLICT = unresolvable("pod affinity terms conflict");

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  isNodeLocal: true,
  events: {
    NodeAdd: ({ pod }, { current }) => matchesObject(pod, current),
    NodeLabelChange: ({ pod }, { old, current }) =>
      !matchesObject(pod, old) && matchesObject(pod, current),
    UnscheduledPodUpdate: true,
  },
  preFilter(_state, { pod }) {
    const required =
      pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined) {
      return Object.keys(pod.spec?.nodeSelector ?? {}).length === 0 ? { status: SKIP } : undefined;
    }
    const nodeNames = namedNodes(required.nodeSelectorTerms ?? []);
    if (nodeNames === undefined) return undefined;
    return nodeNames.size === 0 ? { status: CONFLICT } : { nodeNames };
  },
  filter(_state, { pod }, node) {
    return matchesRequiredAffinity(pod, node) ? undefined : REFUSED;
  },
  preScore(_state, { pod }) {
    return preferences(pod).length === 0 ? SKIP : undefined;
  },
  score(_state, { pod }, node) {
    let score = 0;
    for (const { weight, preference } of preferences(pod)) {
      if (weight !== 0 && matchesTerm(preference, node)) score += weight;
    }
    return score;
  },
  normalize(_state, _pod, scores) {
    normalizeToMax(scores, false);
  },
};

function preferences({ spec }: Pod) {
  return spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** Where every term names its nodes (as those of a DaemonSet's pods do), only they come into question. */
function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let names: ReadonlySet<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== "metadata.name" || operator !== "In") continue;
      const given = new Set(values);
      names = names === undefined ? given : names.intersection(given);
    }
    if (names === undefined) return undefined;
    for (const name of names) all.add(name);
  }
  return terms.length === 0 ? undefined : all;
}

function matchesObject(pod: Pod, object: unknown): boolean {
  // The event is about nodes.
  const node = object as Node | undefined;
  if (node === undefined) return false;
  const { name = "", labels = {} } = node.metadata;
  return matchesRequiredAffinity(pod, { name, labels });
}
