/** The background process of one cluster: its supervisor until a signal, or until `down` asks it to stop. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readHostFacts } from "@kubets/cri";
import { createLogger, systemClock } from "@kubets/service";
import { callSupervisor } from "./control.ts";
import type { Environment } from "./machine.ts";
import { baseFolders } from "./paths.ts";
import { withMachineLock } from "./spec-store.ts";
import { findCluster } from "./status.ts";
import { Supervisor } from "./supervisor.ts";

const ANSWER_MS = 5_000;

export interface SuperviseOptions {
  readonly name: string;
  /** Take over what a supervisor that was killed has left running. */
  readonly resume: boolean;
  /** Ends this process. */
  readonly endNow: (code: number) => void;
}

/** Resolves when everything has stopped; rejects when the cluster could not be brought up. */
export async function superviseCluster(
  { name, resume, endNow }: SuperviseOptions,
  environment: Environment,
): Promise<void> {
  const { spec, paths } = findCluster(name, environment);
  const logger = createLogger({
    name: "supervisor",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const supervisor = new Supervisor({
    spec,
    readNodes: () => findCluster(name, environment).spec.nodes,
    paths,
    facts: await readHostFacts(),
    programs: { node: process.execPath, bundle: bundleOf },
    clock: systemClock,
    logger,
    endNow,
  });
  const stop = () => {
    supervisor.stop().catch((error: unknown) => logger.error("cannot stop in order", { error }));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const base = baseFolders(environment, process.getuid?.() ?? 0);
  const isOnly = await withMachineLock(base, systemClock, async () => {
    // Without records there is nothing to take over: the cluster was stopped.
    if (resume && !existsSync(paths.processes)) return false;
    if ((await callSupervisor(paths.controlSocket, "GET", "/status", ANSWER_MS)) !== undefined) {
      return false;
    }
    await supervisor.open();
    return true;
  });
  if (!isOnly) {
    logger.info("nothing to do: the cluster is stopped, or another supervises it", { resume });
    return;
  }
  try {
    await (resume ? supervisor.resume() : supervisor.run());
  } catch (error) {
    if (!supervisor.isStopping && resume) {
      // What it has started keeps it alive, and the guard has another try only when it ends.
      logger.error("cannot take over the cluster", { error });
      endNow(1);
      return;
    }
    if (!supervisor.isStopping) throw error;
    logger.info("stopped while it came up", { cluster: name });
  }
}

/** The bundles lie side by side: apps/NAME/dist/main.js. */
export function bundleOf(app: string): string {
  const own = dirname(fileURLToPath(import.meta.url));
  return join(dirname(dirname(own)), app, "dist", "main.js");
}
