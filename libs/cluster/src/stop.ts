/** `kubets stop`: ends everything that runs, and keeps the state: `start` brings the cluster back as it was. */
import { existsSync, rmSync } from "node:fs";
import { silentLogger } from "@kubets/service";
import { stopEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import type { ClusterSpec } from "./cluster-spec.ts";
import { runCommand } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { GUARD, POSTGRES } from "./components.ts";
import { callSupervisor } from "./control.ts";
import { fabricDown, forwardRules, runSteps } from "./fabric.ts";
import { clusterCgroup, removeCgroup, removeCgroupOfAll } from "./node-cgroup.ts";
import { baseFolders, type ClusterPaths } from "./paths.ts";
import { type ProcessRecord, readRecords, signalRecorded } from "./process-record.ts";
import { withMachineLock } from "./spec-store.ts";
import { findCluster } from "./status.ts";

const STOP_TIMEOUT_MS = 60_000;

/** False when it was stopped already. */
export async function stop(name: string, context: CommandContext): Promise<boolean> {
  const { spec, paths } = findCluster(name, context.environment);
  if (!existsSync(paths.run)) return false;
  context.progress.begin(`Stopping cluster "${name}"`);
  await stopEverything(paths, spec, context);
  rmSync(paths.run, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  context.progress.done(`Cluster "${name}" has stopped`);
  return true;
}

/** In order where a supervisor answers; what one that was killed left behind is found by its records. */
export async function stopEverything(
  paths: ClusterPaths,
  spec: ClusterSpec | undefined,
  { clock, environment }: CommandContext,
): Promise<void> {
  let stopped = await stopSupervisor(paths);
  if (!stopped) {
    const base = baseFolders(environment, process.getuid?.() ?? 0);
    const left = await withMachineLock(base, clock, () => takeRecords(paths));
    // One that began to take over just before.
    stopped = (await isAnswering(paths)) && (await stopSupervisor(paths));
    // The database is stopped in order below.
    for (const record of left.filter(({ name }) => name !== POSTGRES)) {
      signalRecorded(record, "SIGKILL");
    }
  }
  if (existsSync(paths.postgres)) {
    await stopEmbeddedPostgres({ dataDir: paths.postgres, logger: silentLogger, clock });
  }
  if (spec?.runtime === "containerd") {
    await removeCgroup(clusterCgroup(spec.name), clock);
    removeCgroupOfAll();
    for (const node of spec.nodes) await killShims(paths.node(node.name).containerdSocket);
    if (!stopped) {
      await runSteps([...forwardRules(spec.network, "-D"), ...fabricDown(spec.network)], true);
    }
  }
}

/** Whether a supervisor was there and stopped in order; what a broken one runs is found by its records. */
async function stopSupervisor(paths: ClusterPaths): Promise<boolean> {
  try {
    return (
      (await callSupervisor(paths.controlSocket, "POST", "/stop", STOP_TIMEOUT_MS)) !== undefined
    );
  } catch {
    return false;
  }
}

const ANSWER_TIMEOUT_MS = 2_000;

async function isAnswering({ controlSocket }: ClusterPaths): Promise<boolean> {
  try {
    const answer = await callSupervisor(controlSocket, "GET", "/status", ANSWER_TIMEOUT_MS);
    return answer !== undefined;
  } catch {
    return false;
  }
}

/**
 * What a supervisor that was killed left behind. Under the lock and without the file nobody takes it over: a supervisor
 * looks for both before it begins.
 */
async function takeRecords({ processes }: ClusterPaths): Promise<ProcessRecord[]> {
  const records = readRecords(processes);
  for (const record of records.filter(({ name }) => name === GUARD)) {
    signalRecorded(record, "SIGKILL");
  }
  rmSync(processes, { force: true });
  return records;
}

/** containerd's shims are nobody's children; they carry the node's socket on their command line. */
export async function killShims(socket: string): Promise<void> {
  const list = await runCommand("ps", ["-eo", "pid=,args="]);
  for (const line of list.split("\n")) {
    const [pid, ...words] = line.trim().split(/\s+/);
    if (words[0]?.includes("containerd-shim") && words.includes(socket)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It ended between the listing and now.
      }
    }
  }
}
