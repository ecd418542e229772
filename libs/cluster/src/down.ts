/** `kubets down`: removes everything a cluster made. Safe to run again, and after anything that was killed. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { silentLogger } from "@kubets/service";
import { stopEmbeddedPostgres } from "@kubets/storage-postgres/embedded";
import { runCommand } from "./command.ts";
import { type CommandContext, contextName } from "./command-context.ts";
import { callSupervisor } from "./control.ts";
import { fabricDown, forwardRules, runSteps } from "./fabric.ts";
import { changeKubeconfig, kubeconfigFile, withoutEntry } from "./kubeconfig.ts";
import { nodeCgroup, removeCgroup } from "./node-cgroup.ts";
import { baseFolders, type ClusterPaths, clusterPaths } from "./paths.ts";
import { isRunning, type ProcessRecord } from "./process-record.ts";
import { readSpec } from "./spec-store.ts";

export interface DownOptions {
  readonly name: string;
  readonly kubeconfig?: string;
}

const STOP_TIMEOUT_MS = 60_000;

/** True when there was something to remove. */
export async function down(options: DownOptions, context: CommandContext): Promise<boolean> {
  const { environment, clock, progress } = context;
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const paths = clusterPaths(base, options.name);
  const spec = readSpec(base, options.name);
  const file = kubeconfigFile(options.kubeconfig, environment);
  if (existsSync(file)) {
    await changeKubeconfig(
      file,
      (document) => withoutEntry(document, contextName(options.name)),
      clock,
    );
  }
  if (spec === undefined && !existsSync(paths.state) && !existsSync(paths.run)) return false;

  progress.begin(`Stopping cluster "${options.name}"`);
  const stopped = await stopSupervisor(paths);
  killRecorded(paths);
  if (existsSync(paths.postgres)) {
    await stopEmbeddedPostgres({ dataDir: paths.postgres, logger: silentLogger, clock });
  }
  if (spec?.runtime === "containerd") {
    for (const node of spec.nodes) {
      await removeCgroup(nodeCgroup(spec.name, node.name), clock);
      await killShims(paths.node(node.name).containerdSocket);
    }
    if (!stopped) {
      await runSteps([...forwardRules(spec.network, "-D"), ...fabricDown(spec.network)], true);
    }
  }
  rmSync(paths.run, { recursive: true, force: true });
  rmSync(paths.state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  progress.done(`Cluster "${options.name}" is removed`);
  return true;
}

/** Whether a supervisor was there and stopped in order; a broken one is left to `killRecorded`. */
async function stopSupervisor(paths: ClusterPaths): Promise<boolean> {
  try {
    return (
      (await callSupervisor(paths.controlSocket, "POST", "/stop", STOP_TIMEOUT_MS)) !== undefined
    );
  } catch {
    return false;
  }
}

/** Ends what a supervisor that was killed left behind. */
function killRecorded(paths: ClusterPaths): void {
  if (!existsSync(paths.processes)) return;
  const records = JSON.parse(readFileSync(paths.processes, "utf8")) as ProcessRecord[];
  for (const record of records.filter(isRunning)) process.kill(record.pid, "SIGKILL");
}

/** containerd's shims are nobody's children; they carry the node's socket on their command line. */
async function killShims(socket: string): Promise<void> {
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
