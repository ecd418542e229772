export { ClusterState } from "./cluster/cluster-state.ts";
export type { ClusterView } from "./cluster/cluster-view.ts";
export type { NodeInfo } from "./cluster/node-info.ts";
export { DEFAULT_SCHEDULER_NAME, PodInfo } from "./cluster/pod-info.ts";
export {
  ConfigurationError,
  DEFAULT_CONFIGURATION,
  parseConfiguration,
  type SchedulerConfiguration,
} from "./configuration.ts";
export type { ClusterEvent, PluginEvents, QueueingHint } from "./framework/cluster-event.ts";
export { CycleState } from "./framework/cycle-state.ts";
export { type EnabledPlugin, Framework } from "./framework/framework.ts";
export type { Plugin } from "./framework/plugin.ts";
export type { Status, StatusCode } from "./framework/status.ts";
export { noWorkloads, type Workloads } from "./plugins/pod-topology-spread/default-constraints.ts";
export {
  buildFramework,
  defaultPlugins,
  type ProfileConfig,
  type ProfilePlugins,
} from "./profiles.ts";
export { type ScheduleContext, type ScheduleResult, schedule } from "./schedule/schedule.ts";
export { ScoreIndexes } from "./schedule/score-indexes.ts";
export { Scheduler, type SchedulerOptions } from "./shell/scheduler.ts";
export { type SchedulerRunnableOptions, schedulerRunnable } from "./shell/scheduler-runnable.ts";
