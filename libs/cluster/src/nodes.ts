/** `kubets node`: adds nodes to a cluster and takes them away, running or stopped. */
import { sleep } from "@kubets/service";
import { adminCredentials, adminRequest } from "./apiserver-ready.ts";
import { NODES_MAX } from "./cluster-config.ts";
import {
  type ClusterSpec,
  type NodeSettings,
  type NodeSpec,
  withMoreNodes,
} from "./cluster-spec.ts";
import type { CommandContext } from "./command-context.ts";
import { serverUrl } from "./components.ts";
import { callSupervisor } from "./control.ts";
import { baseFolders, type ClusterPaths } from "./paths.ts";
import { withMachineLock, writeSpec } from "./spec-store.ts";
import { findCluster } from "./status.ts";
import { waitForNodes } from "./wait-for-nodes.ts";

/** Namespaces, containerd and a kubelet for each new node. */
const CHANGE_TIMEOUT_MS = 120_000;
const POD_POLL_MS = 200;

export interface NodesResult {
  readonly name: string;
  /** The nodes that were added or removed. */
  readonly nodes: readonly string[];
  /** False when a new node was not Ready in time, or the cluster is stopped. */
  readonly ready: boolean;
  readonly running: boolean;
}

export interface AddNodesOptions {
  readonly name: string;
  readonly nodes: readonly NodeSettings[];
  readonly waitSeconds: number;
}

export async function addNodes(
  options: AddNodesOptions,
  context: CommandContext,
): Promise<NodesResult> {
  const { environment, clock } = context;
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const { known, spec, paths } = await withMachineLock(base, clock, async () => {
    const { spec: before, paths: found } = findCluster(options.name, environment);
    if (before.nodes.length + options.nodes.length > NODES_MAX) {
      throw new Error(`a cluster on one machine has at most ${NODES_MAX} nodes`);
    }
    const after = { ...before, nodes: withMoreNodes(before, options.nodes) };
    writeSpec(base, after);
    return { known: before, spec: after, paths: found };
  });
  const added = spec.nodes.slice(known.nodes.length).map((node) => node.name);
  const running = await changeRunningNodes(known, spec, paths, context);
  const ready = running && (await waitForNodes(spec, paths, options.waitSeconds, context));
  return { name: spec.name, nodes: added, ready, running };
}

/**
 * Has the supervisor follow the new list of nodes, and puts the old one back when it cannot. False when the cluster is
 * stopped: the next start follows the list.
 */
export async function changeRunningNodes(
  known: ClusterSpec,
  spec: ClusterSpec,
  paths: ClusterPaths,
  context: CommandContext,
): Promise<boolean> {
  const { environment, progress, clock } = context;
  const added = without(spec.nodes, known.nodes);
  const removed = without(known.nodes, spec.nodes);
  const names = (nodes: readonly NodeSpec[]) => nodes.map(({ name }) => name).join(", ");
  const text = [
    ...(added.length === 0 ? [] : [`Starting ${names(added)}`]),
    ...(removed.length === 0 ? [] : [`Stopping ${names(removed)}`]),
  ].join(", ");
  progress.begin(text);
  const follow = () => callSupervisor(paths.controlSocket, "POST", "/nodes", CHANGE_TIMEOUT_MS);
  try {
    const running = (await follow()) !== undefined;
    if (running) progress.done(text);
    else progress.note(`Cluster "${spec.name}" is stopped; its next start has these nodes.`);
    return running;
  } catch (error) {
    progress.failed(text);
    const base = baseFolders(environment, process.getuid?.() ?? 0);
    await withMachineLock(base, clock, async () => {
      const { spec: latest } = findCluster(spec.name, environment);
      // What other commands have changed meanwhile stays.
      const kept = without(without(latest.nodes, added), removed);
      writeSpec(base, { ...latest, nodes: [...kept, ...removed] });
    });
    await follow();
    throw error;
  }
}

const without = (nodes: readonly NodeSpec[], others: readonly NodeSpec[]) =>
  nodes.filter(({ name }) => !others.some((other) => other.name === name));

export interface RemoveNodesOptions {
  readonly name: string;
  readonly nodes: readonly string[];
  /** How long the node's pods may take to end; 0: they are killed with it. */
  readonly drainSeconds: number;
}

export async function removeNodes(
  options: RemoveNodesOptions,
  context: CommandContext,
): Promise<NodesResult> {
  const { environment, clock } = context;
  const { spec, paths } = findCluster(options.name, environment);
  const known = spec.nodes.map((node) => node.name);
  const strangers = options.nodes.filter((node) => !known.includes(node));
  if (strangers.length > 0) {
    throw new Error(
      `cluster "${spec.name}" has no node ${strangers.join(", ")}; there is: ${known.join(", ")}`,
    );
  }
  if (known.every((node) => options.nodes.includes(node))) {
    throw new Error(allNodes(spec));
  }
  const isRunning =
    (await callSupervisor(paths.controlSocket, "GET", "/status", 5_000)) !== undefined;
  if (isRunning) await drain(spec, paths, options, context);
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const [before, after] = await withMachineLock(base, clock, async () => {
    const { spec: latest } = findCluster(options.name, environment);
    const nodes = latest.nodes.filter((node) => !options.nodes.includes(node.name));
    // Another command may have removed the rest meanwhile.
    if (nodes.length === 0) throw new Error(allNodes(spec));
    const changed = { ...latest, nodes };
    writeSpec(base, changed);
    return [latest, changed];
  });
  await changeRunningNodes(before, after, paths, context);
  if (isRunning) {
    const ask = adminRequest(serverUrl(spec), adminCredentials(paths));
    for (const node of options.nodes) await ask("DELETE", `/api/v1/nodes/${node}`);
  }
  return { name: spec.name, nodes: options.nodes, ready: true, running: isRunning };
}

const allNodes = ({ name }: ClusterSpec) => `these are all nodes of "${name}"; a cluster needs one`;

interface PodNames {
  readonly items?: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
  }[];
}

/** No new pods; those that are there are asked to end and get the time that their specs give them. */
async function drain(
  spec: ClusterSpec,
  paths: ClusterPaths,
  { nodes, drainSeconds }: RemoveNodesOptions,
  { clock, progress }: CommandContext,
): Promise<void> {
  const ask = adminRequest(serverUrl(spec), adminCredentials(paths));
  const podsOf = async (node: string) => {
    const { body } = await ask("GET", `/api/v1/pods?fieldSelector=spec.nodeName=${node}`);
    return (JSON.parse(body) as PodNames).items ?? [];
  };
  const text = `Draining ${nodes.join(", ")}`;
  progress.begin(text);
  for (const node of nodes) {
    await ask("PATCH", `/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
    for (const { metadata } of await podsOf(node)) {
      await ask("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`);
    }
  }
  const deadlineMs = clock.monotonicMs() + drainSeconds * 1000;
  while ((await Promise.all(nodes.map(podsOf))).some((pods) => pods.length > 0)) {
    if (clock.monotonicMs() > deadlineMs) {
      progress.failed(`${text}: some pods did not end in ${drainSeconds} s; they are killed`);
      return;
    }
    await sleep(clock, POD_POLL_MS);
  }
  progress.done(text);
}
