/**
 * KubeSchedulerConfiguration kubescheduler.config.k8s.io/v1, as far as it is supported: profiles with plugins
 * turned off or weighted, back-offs, sampling, leader election, client connection. What is not supported is
 * refused.
 *
 * Upstream: staging/src/k8s.io/kube-scheduler/config/v1/types.go @1.36
 */
import { parseDuration, parseYaml } from "@kubets/api";
import type { TopologySpreadConstraint } from "@kubets/api/core/v1";
import { DEFAULT_SCHEDULER_NAME } from "./cluster/pod-info.ts";
import {
  EXTENSION_POINTS,
  type ExtensionPoint,
  type PluginChanges,
  type ProfileConfig,
} from "./profiles.ts";

export interface SchedulerConfiguration {
  readonly profiles: readonly ProfileConfig[];
  readonly percentageOfNodesToScore?: number;
  readonly backoffInitialMs?: number;
  readonly backoffMaxMs?: number;
  readonly kubeconfig?: string;
  readonly qps?: number;
  readonly burst?: number;
  readonly leaderElect?: boolean;
  /** The Lease of the leader, where the file names something of it. */
  readonly lease?: LeaseConfiguration;
}

export interface LeaseConfiguration {
  readonly leaseNamespace?: string;
  readonly leaseName?: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

export class ConfigurationError extends Error {
  constructor(path: string, what: string) {
    super(`${path}: ${what}`);
    this.name = "ConfigurationError";
  }
}

export const DEFAULT_CONFIGURATION: SchedulerConfiguration = {
  profiles: [{ schedulerName: DEFAULT_SCHEDULER_NAME, changes: new Map() }],
};

/** Throws ConfigurationError for what is wrong or not supported. */
export function parseConfiguration(text: string): SchedulerConfiguration {
  const root = fieldsOf(parseYaml(text), "configuration");
  expect(root, "apiVersion", "kubescheduler.config.k8s.io/v1");
  expect(root, "kind", "KubeSchedulerConfiguration");
  only(root, "configuration", [
    "apiVersion",
    "kind",
    "profiles",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    "clientConnection",
    "leaderElection",
    "parallelism",
    "enableProfiling",
    "enableContentionProfiling",
  ]);
  const connection = fieldsOf(root.get("clientConnection") ?? {}, "clientConnection");
  const election = fieldsOf(root.get("leaderElection") ?? {}, "leaderElection");
  only(connection, "clientConnection", [
    "kubeconfig",
    "acceptContentTypes",
    "contentType",
    "qps",
    "burst",
  ]);
  const profiles = listOf(root.get("profiles"), "profiles").map(profileOf);
  const seconds = (name: string) => {
    const value = numberOf(root, name);
    return value === undefined ? undefined : value * 1000;
  };
  return defined({
    profiles: profiles.length === 0 ? DEFAULT_CONFIGURATION.profiles : profiles,
    percentageOfNodesToScore: numberOf(root, "percentageOfNodesToScore"),
    backoffInitialMs: seconds("podInitialBackoffSeconds"),
    backoffMaxMs: seconds("podMaxBackoffSeconds"),
    kubeconfig: textOf(connection, "kubeconfig"),
    qps: numberOf(connection, "qps"),
    burst: numberOf(connection, "burst"),
    leaderElect: booleanOf(election, "leaderElect"),
    lease: leaseOf(election),
  });
}

/** Undefined: the file names nothing of it. */
function leaseOf(election: Fields): LeaseConfiguration | undefined {
  only(election, "leaderElection", [
    "leaderElect",
    "leaseDuration",
    "renewDeadline",
    "retryPeriod",
    "resourceLock",
    "resourceName",
    "resourceNamespace",
  ]);
  const lock = textOf(election, "resourceLock") ?? "leases";
  if (lock !== "leases") throw new ConfigurationError("leaderElection.resourceLock", "not leases");
  const lease = defined<LeaseConfiguration>({
    leaseNamespace: textOf(election, "resourceNamespace"),
    leaseName: textOf(election, "resourceName"),
    leaseDurationMs: durationOf(election, "leaseDuration"),
    renewDeadlineMs: durationOf(election, "renewDeadline"),
    retryPeriodMs: durationOf(election, "retryPeriod"),
  });
  return Object.keys(lease).length === 0 ? undefined : lease;
}

function profileOf(value: unknown, index: number): ProfileConfig {
  const path = `profiles[${index}]`;
  const profile = fieldsOf(value, path);
  only(profile, path, ["schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore"]);
  const changes = new Map<ExtensionPoint, PluginChanges>();
  for (const [point, set] of fieldsOf(profile.get("plugins") ?? {}, `${path}.plugins`)) {
    if (!isExtensionPoint(point))
      throw new ConfigurationError(`${path}.plugins.${point}`, "unknown");
    changes.set(point, changesOf(set, `${path}.plugins.${point}`));
  }
  return defined({
    schedulerName: textOf(profile, "schedulerName") ?? DEFAULT_SCHEDULER_NAME,
    changes,
    defaultConstraints: defaultConstraintsOf(profile.get("pluginConfig"), `${path}.pluginConfig`),
  });
}

/**
 * The only plugin whose arguments are read: PodTopologySpread's.
 *
 * Upstream: pkg/scheduler/apis/config/validation/validation_pluginargs.go ValidatePodTopologySpreadArgs @1.36
 */
function defaultConstraintsOf(
  value: unknown,
  path: string,
): readonly TopologySpreadConstraint[] | undefined {
  let found: readonly TopologySpreadConstraint[] | undefined;
  for (const each of listOf(value, path)) {
    const plugin = fieldsOf(each, path);
    const name = textOf(plugin, "name") ?? "";
    if (name !== "PodTopologySpread")
      throw new ConfigurationError(`${path}.${name}`, "not supported");
    const args = fieldsOf(plugin.get("args") ?? {}, `${path}.args`);
    only(args, `${path}.args`, ["apiVersion", "kind", "defaultConstraints", "defaultingType"]);
    const constraints = listOf(args.get("defaultConstraints"), `${path}.args.defaultConstraints`);
    const type = textOf(args, "defaultingType") ?? "System";
    if (type !== "System" && type !== "List") {
      throw new ConfigurationError(`${path}.args.defaultingType`, "neither System nor List");
    }
    if (type === "System" && constraints.length > 0) {
      throw new ConfigurationError(
        `${path}.args.defaultingType`,
        "when .defaultConstraints are specified, must be List",
      );
    }
    if (type === "List") found = constraints.map((one) => constraintOf(one, `${path}.args`));
  }
  return found;
}

function constraintOf(value: unknown, path: string): TopologySpreadConstraint {
  const at = `${path}.defaultConstraints`;
  const fields = fieldsOf(value, at);
  // A selector would be of no use: it is worked out for each pod.
  only(fields, at, ["maxSkew", "topologyKey", "whenUnsatisfiable"]);
  const maxSkew = numberOf(fields, "maxSkew") ?? 0;
  const topologyKey = textOf(fields, "topologyKey") ?? "";
  const whenUnsatisfiable = textOf(fields, "whenUnsatisfiable") ?? "";
  if (maxSkew <= 0) throw new ConfigurationError(`${at}.maxSkew`, "not greater than zero");
  if (topologyKey === "") throw new ConfigurationError(`${at}.topologyKey`, "can not be empty");
  if (whenUnsatisfiable !== "DoNotSchedule" && whenUnsatisfiable !== "ScheduleAnyway") {
    throw new ConfigurationError(
      `${at}.whenUnsatisfiable`,
      "neither DoNotSchedule nor ScheduleAnyway",
    );
  }
  return { maxSkew, topologyKey, whenUnsatisfiable };
}

function changesOf(value: unknown, path: string): PluginChanges {
  const set = fieldsOf(value, path);
  only(set, path, ["enabled", "disabled"]);
  const nameOf = (each: unknown) => textOf(fieldsOf(each, path), "name") ?? "";
  const enabled = new Map<string, number | undefined>();
  for (const each of listOf(set.get("enabled"), `${path}.enabled`)) {
    enabled.set(nameOf(each), numberOf(fieldsOf(each, path), "weight"));
  }
  return { disabled: listOf(set.get("disabled"), `${path}.disabled`).map(nameOf), enabled };
}

function isExtensionPoint(name: string): name is ExtensionPoint {
  return Object.hasOwn(EXTENSION_POINTS, name);
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, "not a mapping");
  }
  return new Map(Object.entries(value));
}
function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ConfigurationError(path, "not a list");
  return value;
}
function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new ConfigurationError(name, "not a text");
  return value;
}
function numberOf(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new ConfigurationError(name, "not a number");
  return value;
}
function durationOf(fields: Fields, name: string): number | undefined {
  const text = textOf(fields, name);
  if (text === undefined) return undefined;
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined) throw new ConfigurationError(name, "not a duration");
  return Number(nanoseconds / 1_000_000n);
}
function booleanOf(fields: Fields, name: string): boolean | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== "boolean") throw new ConfigurationError(name, "neither true nor false");
  return value;
}
function expect(fields: Fields, name: string, value: string): void {
  if (fields.get(name) !== value) throw new ConfigurationError(name, `expected ${value}`);
}
function only(fields: Fields, path: string, names: readonly string[]): void {
  for (const name of fields.keys()) {
    if (!names.includes(name)) throw new ConfigurationError(`${path}.${name}`, "not supported");
  }
}

/** The same without what is undefined. */
function defined<T extends object>(
  value: {
    readonly [K in keyof T]: T[K] | undefined;
  },
): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined),
  ) as unknown as T;
}
