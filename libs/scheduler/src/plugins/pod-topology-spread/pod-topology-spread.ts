/**
 * Pods of one kind evenly over zones, hosts or whatever labels say. The constraints are those of the pod; pods
 * that have none get the default ones.
 *
 * Upstream: pkg/scheduler/framework/plugins/podtopologyspread/plugin.go @1.36
 */
import type { TopologySpreadConstraint } from "@kubets/api/core/v1";
import type { PodInfo } from "../../cluster/pod-info.ts";
import type { Plugin } from "../../framework/plugin.ts";
import { SKIP } from "../../framework/status.ts";
import { defaultConstraints, type SpreadAction, spreadConstraints } from "./constraints.ts";
import { SYSTEM_DEFAULT_CONSTRAINTS, type Workloads } from "./default-constraints.ts";
import { SpreadState } from "./spread-filter.ts";
import { SpreadScores } from "./spread-scores.ts";

const NAME = "PodTopologySpread";
const SCORES = `${NAME}/scores`;

export interface SpreadOptions {
  readonly workloads: Workloads;
  /** For pods without constraints. Default: the system's own. Upstream: PodTopologySpreadArgs defaultConstraints */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[];
}

export function podTopologySpread({ workloads, ...options }: SpreadOptions): Plugin {
  const defaults = options.defaultConstraints ?? SYSTEM_DEFAULT_CONSTRAINTS;
  const isSystemDefaulted = options.defaultConstraints === undefined;
  const hasOwn = ({ pod }: PodInfo) => (pod.spec?.topologySpreadConstraints ?? []).length > 0;
  const constraintsOf = (pod: PodInfo, action: SpreadAction) =>
    hasOwn(pod)
      ? spreadConstraints(pod, action)
      : defaultConstraints(pod, defaults, action, workloads);
  return {
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
      const constraints = constraintsOf(pod, "DoNotSchedule");
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
      const constraints = constraintsOf(pod, "ScheduleAnyway");
      if (constraints.length === 0) return SKIP;
      // With the system's constraints, nodes without zones are still spread over as hosts.
      const needsAllKeys = hasOwn(pod) || !isSystemDefaulted;
      state.write(SCORES, new SpreadScores(pod, constraints, cluster, nodes, needsAllKeys));
      return undefined;
    },
    score(state, _pod, node) {
      return state.read<SpreadScores>(SCORES)?.score(node) ?? 0;
    },
    normalize(state, _pod, scores) {
      state.read<SpreadScores>(SCORES)?.normalize(scores);
    },
  };
}
