/** `kubets status`: each component with its state, version, leadership, health and memory. */
import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "@kubets/service";
import type { ClusterSpec, RuntimeKind } from "./cluster-spec.ts";
import { contextName } from "./command-context.ts";
import { componentHealth } from "./component-health.ts";
import { serverUrl } from "./components.ts";
import { type ComponentStatus, callSupervisor, type SupervisorStatus } from "./control.ts";
import type { ClusterPaths } from "./paths.ts";
import { memoryOf } from "./process-memory.ts";
import { isRunning, type ProcessRecord } from "./process-record.ts";
import type { ClusterHandle } from "./status.ts";

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
  const answer = await callSupervisor(paths.controlSocket, "GET", "/status", 5_000);
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

/** What still runs although its supervisor was killed; undefined for a cluster that has stopped in order. */
function leftOver({ processes }: ClusterPaths): SupervisorStatus | undefined {
  if (!existsSync(processes)) return undefined;
  const records = JSON.parse(readFileSync(processes, "utf8")) as ProcessRecord[];
  // The processes that hold nodes' namespaces are no components.
  const components = records
    .filter(({ name }) => !name.startsWith("node "))
    .map((record): ComponentStatus => {
      const { name, pid } = record;
      const process = isRunning(record)
        ? ({ state: "running", pid, restarts: 0 } as const)
        : ({ state: "stopped" } as const);
      return { name, process };
    });
  if (components.every((component) => component.process.state === "stopped")) return undefined;
  return {
    steps: [],
    up: true,
    components: [{ name: "supervisor", process: { state: "stopped" } }, ...components],
  };
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
    // All others may run on; without it nothing that ends is started again.
    const health = name === "supervisor" ? "ended; `start` brings the cluster back" : "stopped";
    return { name, state: "stopped", restarts: 0, health };
  }
  if (running.state === "waiting") {
    const { restarts, lastExit, nextStartMs } = running;
    const seconds = Math.max(0, Math.ceil(((nextStartMs ?? 0) - clock.now()) / 1000));
    const health = nextStartMs === undefined ? lastExit : `${lastExit}; next start in ${seconds} s`;
    return { name, state: "restarting", restarts, health };
  }
  const { pid, restarts } = running;
  // All others are its children.
  const memoryBytes = memoryOf(pid, { withChildren: name !== "supervisor" });
  const found = await componentHealth(name, { spec, paths, clock });
  const base = { name, state: "running", pid, restarts, ...found } as const;
  return memoryBytes === undefined ? base : { ...base, memoryBytes };
}
