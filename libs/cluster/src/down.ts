/** `kubets down`: removes everything a cluster made. Safe to run again, and after anything that was killed. */
import { existsSync, rmSync } from "node:fs";
import { type ClusterSpec, checkClusterName } from "./cluster-spec.ts";
import { type CommandContext, contextName } from "./command-context.ts";
import { changeKubeconfig, kubeconfigFile, withoutEntry } from "./kubeconfig.ts";
import { baseFolders, clusterPaths } from "./paths.ts";
import { type BaseFolders, BrokenSpecError, readSpec } from "./spec-store.ts";
import { stopEverything } from "./stop.ts";

export interface DownOptions {
  readonly name: string;
  readonly kubeconfig?: string;
}

/** True when there was something to remove. */
export async function down(options: DownOptions, context: CommandContext): Promise<boolean> {
  const { environment, clock, progress } = context;
  // The name becomes a part of the paths that are removed.
  checkClusterName(options.name);
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const paths = clusterPaths(base, options.name);
  const spec = specIfReadable(base, options.name);
  const file = kubeconfigFile(options.kubeconfig, environment);
  if (existsSync(file)) {
    await changeKubeconfig(
      file,
      (document) => withoutEntry(document, contextName(options.name)),
      clock,
    );
  }
  if (spec === undefined && !existsSync(paths.state) && !existsSync(paths.run)) return false;

  progress.begin(`Removing cluster "${options.name}"`);
  await stopEverything(paths, spec, context);
  rmSync(paths.run, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  rmSync(paths.state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  progress.done(`Cluster "${options.name}" is removed`);
  return true;
}

/** A cluster whose spec is broken is removed by what its folders tell. */
function specIfReadable(base: BaseFolders, name: string): ClusterSpec | undefined {
  try {
    return readSpec(base, name);
  } catch (error) {
    if (error instanceof BrokenSpecError) return undefined;
    throw error;
  }
}
