/**
 * Runs a node's container as its plan says, until a signal ends it. It does next to nothing for as long as the node
 * lives, so it is a program of its own that knows no certificates and no API: 23 MB where one that does takes 59.
 */
import { createLogger, systemClock } from "@kubets/service";
import { runCommand } from "./command.ts";
import { removeCgroup } from "./node-cgroup.ts";
import { followNodeNetwork, prepareNodeNetwork } from "./node-network.ts";
import type { NodePlan, NodeProgram } from "./node-plan.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const CONTAINERD_TIMEOUT_MS = 40_000;
const STOP_TIMEOUT_MS = 15_000;

/** Resolves when a signal has ended it; rejects when the node could not be brought up, or has got another address. */
export async function keepNode(plan: NodePlan): Promise<void> {
  const clock = systemClock;
  const logger = createLogger({
    name: "node",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const abort = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => abort.abort());
  }
  const network = { podCidr: plan.podCidr, podsOnLink: plan.podsOnLink, clock, logger };
  await prepareNodeNetwork(network);
  const start = (program: NodeProgram) => {
    const spec = { ...program, stopTimeoutMs: STOP_TIMEOUT_MS };
    const child = new SupervisedProcess(spec, clock, logger, () => {});
    child.start();
    return child;
  };
  const containerd = start(plan.containerd);
  const { program, args } = plan.containerdReady;
  await runCommand(program, args, { timeoutMs: CONTAINERD_TIMEOUT_MS });
  const programs = plan.programs.map(start);
  logger.info("node is running", { node: plan.node, address: plan.address });
  const moved = await followNodeNetwork(plan.address, network, abort.signal);

  await Promise.all(programs.map((each) => each.stop()));
  await removeCgroup(plan.cgroup, clock);
  await containerd.stop();
  logger.info("node has stopped", { node: plan.node });
  // Certificates and the Node's status are for the old one; whoever runs this container starts it again.
  if (moved !== undefined) {
    throw new Error(`this node's address has changed from ${plan.address} to ${moved}`);
  }
}
