/** `kubets status`, `list` and `load`: questions to a cluster that is there. */
import { readFileSync } from "node:fs";
import { readHostFacts } from "@kubets/cri";
import { type ClusterSpec, checkClusterName } from "./cluster-spec.ts";
import { loadImageInto } from "./containerd-node.ts";
import { callSupervisor, type SupervisorStatus } from "./control.ts";
import { type Environment, ownCommand } from "./machine.ts";
import { baseFolders, type ClusterPaths, clusterPaths } from "./paths.ts";
import { plainReason } from "./plain-message.ts";
import { listClusters, readSpec } from "./spec-store.ts";

export interface ClusterHandle {
  readonly spec: ClusterSpec;
  readonly paths: ClusterPaths;
}

/** Throws a text for the user when there is no such cluster. */
export function findCluster(name: string, environment: Environment): ClusterHandle {
  checkClusterName(name);
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const spec = readSpec(base, name);
  if (spec === undefined) {
    const names = listClusters(base).map((cluster) => cluster.name);
    throw new Error(
      names.length === 0
        ? `there is no cluster "${name}"; ${ownCommand(environment)} up --name ${name} makes one`
        : `there is no cluster "${name}"; there is: ${names.join(", ")}`,
    );
  }
  return { spec, paths: clusterPaths(base, name) };
}

export function clusters(environment: Environment): ClusterSpec[] {
  return listClusters(baseFolders(environment, process.getuid?.() ?? 0));
}

/** Undefined when the cluster does not run. */
export async function clusterStatus({
  paths,
}: ClusterHandle): Promise<SupervisorStatus | undefined> {
  const text = await callSupervisor(paths.controlSocket, "GET", "/status", 5_000);
  return text === undefined ? undefined : (JSON.parse(text) as SupervisorStatus);
}

/** Puts an OCI or Docker image archive into every node. */
export async function loadArchive(
  { spec, paths }: ClusterHandle,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  if (spec.runtime === "simulated") {
    throw new Error(
      `cluster "${spec.name}" has the simulated runtime, where every image is there already`,
    );
  }
  const archive = readArchive(file);
  const facts = await readHostFacts();
  for (const node of spec.nodes) {
    await loadImageInto(paths.node(node.name), facts, archive, signal);
  }
}

function readArchive(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read the archive: ${file}: ${plainReason(error)}`, { cause: error });
  }
}
