/**
 * Pods of one kind evenly over zones, hosts or whatever labels say. Constraints are those of the pod; default
 * constraints for pods without any are not applied.
 *
 * Upstream: pkg/scheduler/framework/plugins/podtopologyspread/plugin.go @1.36
 */
import type { Plugin } from "../../framework/plugin.ts";
import { SKIP } from "../../framework/status.ts";
import { spreadConstraints } from "./constraints.ts";
import { SpreadState } from "./spread-filter.ts";
import { normalizeSpread, type SpreadScores, spreadScore, spreadScores } from "./spread-scores.ts";

const NAME = "PodTopologySpread";
const SCORES = `${NAME}/scores`;

export const podTopologySpread: Plugin = {
  name: NAME,
  events: {
    AssignedPodAdd: true,
    AssignedPodUpdate: true,
    AssignedPodDelete: true,
    NodeAdd: true,
    NodeDelete: true,
    NodeLabelChange: true,
    NodeTaintChange: true,
    UnscheduledPodUpdate: true,
  },
  preFilter(state, pod, cluster) {
    if (pod.pod.spec?.topologySpreadConstraints === undefined) return { status: SKIP };
    const constraints = spreadConstraints(pod, "DoNotSchedule");
    if (constraints.length === 0) return { status: SKIP };
    state.write(NAME, SpreadState.of(pod, constraints, cluster));
    return undefined;
  },
  addPod(state, _pod, other, node) {
    state.read<SpreadState>(NAME)?.count(other, node, 1);
  },
  removePod(state, _pod, other, node) {
    state.read<SpreadState>(NAME)?.count(other, node, -1);
  },
  filter(state, _pod, node) {
    return state.read<SpreadState>(NAME)?.refusal(node);
  },
  preScore(state, pod, cluster, nodes) {
    if (pod.pod.spec?.topologySpreadConstraints === undefined) return SKIP;
    const constraints = spreadConstraints(pod, "ScheduleAnyway");
    if (constraints.length === 0) return SKIP;
    state.write(SCORES, spreadScores(pod, constraints, cluster, nodes));
    return undefined;
  },
  score(state, pod, node) {
    const scores = state.read<SpreadScores>(SCORES);
    return scores === undefined ? 0 : spreadScore(scores, pod, node);
  },
  normalize(state, _pod, scores) {
    const kept = state.read<SpreadScores>(SCORES);
    if (kept !== undefined) normalizeSpread(kept, scores);
  },
};
