/**
 * `kubets guard`: starts another supervisor when a cluster's ends or falls silent, which takes over what runs. A
 * component among others, so that the supervisor starts it again in turn: of the two only one may be missing at a time.
 */
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createLogger, systemClock } from "@kubets/service";
import { SUPERVISOR } from "./components.ts";
import { watchLiveness } from "./liveness.ts";
import type { Environment } from "./machine.ts";
import { CONTROL_GREETING, greetingProbe } from "./probes.ts";
import { isRunning, readRecords } from "./process-record.ts";
import { findCluster } from "./status.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** Nothing waits for a supervisor's orderly end here: its own `stop` ends the guard first. */
const STOP_TIMEOUT_MS = 5_000;

export interface GuardOptions {
  readonly name: string;
  /** The command line of this program. */
  readonly self: readonly [string, ...string[]];
  /** Ends this process. */
  readonly endNow: (code: number) => void;
}

/** Runs until a signal, or until the cluster is stopped. */
export async function guardCluster(
  { name, self, endNow }: GuardOptions,
  environment: Environment,
): Promise<void> {
  const { spec, paths } = findCluster(name, environment);
  const logger = createLogger({
    name: "guard",
    verbosity: 0,
    destination: { write: (line) => process.stderr.write(line) },
  });
  const clock = systemClock;
  const [program, ...args] = self;
  const supervisor = new SupervisedProcess(
    {
      name: SUPERVISOR,
      program,
      args: [...args, "supervise", "--name", spec.name, "--resume"],
      logFile: join(paths.logs, "supervisor.log"),
      stopTimeoutMs: STOP_TIMEOUT_MS,
    },
    clock,
    logger,
    () => {
      // Without records there is nothing to take over: the cluster was stopped.
      if (supervisor.state.state === "waiting" && !existsSync(paths.processes)) endNow(0);
    },
  );
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => endNow(0));
  rmSync(paths.guardSocket, { force: true });
  // Whoever connects sees that it is not silent.
  createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end("ok\n");
  }).listen(paths.guardSocket);

  const running = readRecords(paths.processes).find((record) => record.name === SUPERVISOR);
  if (running !== undefined && isRunning(running)) supervisor.adopt(running);
  else supervisor.start();
  watchLiveness({
    probe: greetingProbe(() => ({ path: paths.controlSocket }), CONTROL_GREETING, clock),
    clock,
    onSilent: (why) => {
      logger.error("the supervisor is silent and is killed", { why });
      supervisor.kill(`killed: ${why}`);
    },
  });
}
