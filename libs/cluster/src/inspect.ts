/** `kubets status`: each component with its state, version, leadership, health and memory. */
import type { Clock } from "@kubets/service";
import type { ClusterSpec, RuntimeKind } from "./cluster-spec.ts";
import { contextName } from "./command-context.ts";
import { componentHealth } from "./component-health.ts";
import { GUARD, SUPERVISOR, serverUrl } from "./components.ts";
import {
  type ComponentStatus,
  callSupervisor,
  SilentSupervisorError,
  type SupervisorStatus,
} from "./control.ts";
import { recordName } from "./node-namespace.ts";
import type { ClusterPaths } from "./paths.ts";
import { memoryOf } from "./process-memory.ts";
import { isRunning, type ProcessRecord, readRecords } from "./process-record.ts";
import type { ClusterHandle } from "./status.ts";
import type { ProcessState } from "./supervised-process.ts";

export interface ComponentReport {
  readonly name: string;
  readonly state: "running" | "restarting" | "stopped";
  readonly pid?: number;
  readonly restarts: number;
  readonly version?: string;
  /** Whether it holds its lease; absent for what elects no leader. */
  readonly leader?: boolean;
  /** "ok", or what is wrong. */
  readonly health: string;
  /** Proportional set size of the process and of what it started. */
  readonly memoryBytes?: number;
}

export interface ClusterReport {
  readonly name: string;
  readonly state: "running" | "unhealthy" | "starting" | "stopped";
  readonly runtime: RuntimeKind;
  readonly server: string;
  readonly context: string;
  readonly nodes: readonly string[];
  readonly logs: string;
  readonly components: readonly ComponentReport[];
  readonly memoryBytes: number;
}

export async function inspectCluster(
  { spec, paths }: ClusterHandle,
  clock: Clock,
): Promise<ClusterReport> {
  const answer = await callSupervisor(paths.controlSocket, "GET", "/status", 5_000).catch(
    (error: unknown) => {
      if (error instanceof SilentSupervisorError) return undefined;
      throw error;
    },
  );
  const status = answer === undefined ? leftOver(paths) : (JSON.parse(answer) as SupervisorStatus);
  const components = await Promise.all(
    (status?.components ?? []).map((component) => reportOf(component, spec, paths, clock)),
  );
  return {
    name: spec.name,
    state: stateOf(status, components),
    runtime: spec.runtime,
    server: serverUrl(spec),
    context: contextName(spec.name),
    nodes: spec.nodes.map((node) => node.name),
    logs: paths.logs,
    components,
    memoryBytes: components.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0),
  };
}

/** What still runs although its supervisor was killed or is silent; undefined for a cluster that has stopped in order. */
function leftOver({ processes }: ClusterPaths): SupervisorStatus | undefined {
  const records = readRecords(processes);
  if (!records.some(isRunning)) return undefined;
  const isGuarded = records.some((record) => record.name === GUARD && isRunning(record));
  const stateOfRecord = (record: ProcessRecord): ProcessState => {
    const { name, pid, restarts = 0 } = record;
    if (name === SUPERVISOR && isGuarded) {
      const lastExit = isRunning(record) ? "does not answer" : "ended";
      return { state: "waiting", restarts, lastExit: `${lastExit}; another takes over` };
    }
    // It has not answered, whether it runs or not.
    if (name === SUPERVISOR) return { state: "stopped" };
    return isRunning(record) ? { state: "running", pid, restarts } : { state: "stopped" };
  };
  const components = records
    // The processes that hold nodes' namespaces are no components.
    .filter(({ name }) => !name.startsWith(recordName("")))
    .map((record): ComponentStatus => ({ name: record.name, process: stateOfRecord(record) }));
  return { steps: [], up: true, components };
}

function stateOf(
  status: SupervisorStatus | undefined,
  components: readonly ComponentReport[],
): ClusterReport["state"] {
  if (status === undefined) return "stopped";
  if (!status.up) return "starting";
  return components.every(({ health }) => health === "ok") ? "running" : "unhealthy";
}

async function reportOf(
  { name, process: running }: ComponentStatus,
  spec: ClusterSpec,
  paths: ClusterPaths,
  clock: Clock,
): Promise<ComponentReport> {
  if (running.state === "stopped") {
    const health = name === SUPERVISOR ? "ended; `start` brings the cluster back" : "stopped";
    return { name, state: "stopped", restarts: 0, health };
  }
  if (running.state === "waiting") {
    const { restarts, lastExit, nextStartMs } = running;
    const seconds = Math.max(0, Math.ceil(((nextStartMs ?? 0) - clock.now()) / 1000));
    const health = nextStartMs === undefined ? lastExit : `${lastExit}; next start in ${seconds} s`;
    return { name, state: "restarting", restarts, health };
  }
  const { pid, restarts } = running;
  // All others are children of one of the two.
  const withChildren = name !== SUPERVISOR && name !== GUARD;
  const memoryBytes = memoryOf(pid, { withChildren });
  const found = await componentHealth(name, { spec, paths, clock });
  const base = { name, state: "running", pid, restarts, ...found } as const;
  return memoryBytes === undefined ? base : { ...base, memoryBytes };
}
