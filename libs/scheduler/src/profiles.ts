/**
 * The default plugins in upstream's order with their weights, and the profiles that a configuration makes of
 * them.
 *
 * Upstream: pkg/scheduler/apis/config/v1/default_plugins.go @1.36
 */
import type { TopologySpreadConstraint } from "@kubets/api/core/v1";
import { type EnabledPlugin, Framework } from "./framework/framework.ts";
import type { Plugin } from "./framework/plugin.ts";
import { dynamicResources } from "./plugins/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import type { NamespaceLabels } from "./plugins/inter-pod-affinity/affinity-terms.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity/inter-pod-affinity.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import type { Workloads } from "./plugins/pod-topology-spread/default-constraints.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread/pod-topology-spread.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { type VolumeSurroundings, volumeBinding } from "./plugins/volume-binding/volume-binding.ts";

/** Plugins that need something of their surroundings. */
export interface ProfilePlugins {
  readonly defaultBinder: Plugin;
  readonly defaultPreemption: Plugin;
  readonly namespaceLabels: NamespaceLabels;
  readonly volumes: VolumeSurroundings;
  readonly workloads: Workloads;
}

export function defaultPlugins(
  surroundings: ProfilePlugins,
  { defaultConstraints }: Pick<ProfileConfig, "defaultConstraints"> = {},
): readonly EnabledPlugin[] {
  const { workloads } = surroundings;
  const spread = defaultConstraints === undefined ? {} : { defaultConstraints };
  return [
    { plugin: schedulingGates },
    { plugin: prioritySort },
    { plugin: nodeUnschedulable },
    { plugin: nodeName },
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinity, weight: 2 },
    { plugin: nodePorts },
    { plugin: nodeResourcesFit, weight: 1 },
    { plugin: volumeBinding(surroundings.volumes) },
    { plugin: podTopologySpread({ workloads, ...spread }), weight: 2 },
    { plugin: interPodAffinity(surroundings), weight: 2 },
    { plugin: dynamicResources },
    { plugin: surroundings.defaultPreemption },
    { plugin: nodeResourcesBalancedAllocation, weight: 1 },
    { plugin: imageLocality, weight: 1 },
    { plugin: surroundings.defaultBinder },
  ];
}

/** Which plugins of the defaults a profile turns off, or gives another weight. */
export interface PluginChanges {
  /** "*" stands for all. */
  readonly disabled: readonly string[];
  /** Kept whatever is disabled; with the weight of its score, where one is given. */
  readonly enabled: ReadonlyMap<string, number | undefined>;
}

/** One profile of the configuration. */
export interface ProfileConfig {
  readonly schedulerName: string;
  /** Under "multiPoint" for the whole plugin, else for one extension point. */
  readonly changes: ReadonlyMap<ExtensionPoint, PluginChanges>;
  /** How pods without spread constraints are spread; absent: as the system does. */
  readonly defaultConstraints?: readonly TopologySpreadConstraint[];
}

/** The names in KubeSchedulerConfiguration, with the functions that each stands for. */
export const EXTENSION_POINTS = {
  multiPoint: [],
  preEnqueue: ["preEnqueue"],
  queueSort: ["less"],
  preFilter: ["preFilter"],
  filter: ["filter"],
  postFilter: ["postFilter"],
  preScore: ["preScore"],
  score: ["score", "normalize"],
  reserve: ["reserve", "unreserve"],
  permit: ["permit"],
  preBind: ["preBind"],
  bind: ["bind"],
  postBind: ["postBind"],
} as const satisfies Record<string, readonly (keyof Plugin)[]>;

export type ExtensionPoint = keyof typeof EXTENSION_POINTS;

export function buildFramework(
  config: ProfileConfig,
  plugins: readonly EnabledPlugin[],
): Framework {
  let enabled = plugins;
  for (const [point, { disabled, enabled: kept }] of config.changes) {
    const isOff = ({ plugin: { name } }: EnabledPlugin) =>
      !kept.has(name) && (disabled.includes("*") || disabled.includes(name));
    if (point === "multiPoint") enabled = enabled.filter((each) => !isOff(each));
    else enabled = enabled.map((each) => (isOff(each) ? without(each, point) : each));
    enabled = enabled.map((each) => {
      const weight = kept.get(each.plugin.name);
      return weight === undefined ? each : { ...each, weight };
    });
  }
  return new Framework(config.schedulerName, enabled);
}

function without(enabled: EnabledPlugin, point: ExtensionPoint): EnabledPlugin {
  const plugin: Plugin = { ...enabled.plugin };
  for (const key of EXTENSION_POINTS[point]) delete plugin[key];
  return { ...enabled, plugin };
}
