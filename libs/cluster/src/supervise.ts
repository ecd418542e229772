/** The background process of one cluster: its supervisor until a signal, or until `down` asks it to stop. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readHostFacts } from "@kubets/cri";
import { createLogger, systemClock } from "@kubets/service";
import type { Environment } from "./machine.ts";
import { findCluster } from "./status.ts";
import { Supervisor } from "./supervisor.ts";

/** Resolves when everything has stopped; rejects when the cluster could not be brought up. */
export async function superviseCluster(name: string, environment: Environment): Promise<void> {
  const { spec, paths } = findCluster(name, environment);
  const logger = createLogger({
    name: "supervisor",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const supervisor = new Supervisor({
    spec,
    paths,
    facts: await readHostFacts(),
    programs: { node: process.execPath, bundle: bundleOf },
    clock: systemClock,
    logger,
  });
  const stop = () => {
    supervisor.stop().catch((error: unknown) => logger.error("cannot stop in order", { error }));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await supervisor.run();
  } catch (error) {
    if (!supervisor.isStopping) throw error;
    logger.info("stopped while it came up", { cluster: name });
  }
}

/** The bundles lie side by side: apps/NAME/dist/main.js. */
export function bundleOf(app: string): string {
  const own = dirname(fileURLToPath(import.meta.url));
  return join(dirname(dirname(own)), app, "dist", "main.js");
}
