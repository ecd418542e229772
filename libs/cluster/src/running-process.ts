/** A process that runs, whoever started it: a child of this one, or what an earlier supervisor left. */
import { type SpawnOptions, spawn } from "node:child_process";
import type { Clock } from "@kubets/service";
import { isRunning, type ProcessRecord, signalRecorded, startTimeOf } from "./process-record.ts";

export interface RunningProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly startTime: string;
  /** How it ended, for people. */
  readonly ended: Promise<string>;
  signal(name: NodeJS.Signals): void;
}

export function startProcess(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): RunningProcess {
  const child = spawn(program, [...args], options);
  const { pid } = child;
  return {
    pid,
    startTime: pid === undefined ? "" : (startTimeOf(pid) ?? ""),
    ended: new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
    }),
    signal: (name) => {
      child.kill(name);
    },
  };
}

/** The kernel tells the end of a process to its parent alone, so a stranger's is looked for. */
const LOOK_MS = 500;

export function adoptProcess(record: ProcessRecord, clock: Clock): RunningProcess {
  return {
    pid: record.pid,
    startTime: record.startTime,
    ended: new Promise((resolve) => {
      const look = () => {
        if (isRunning(record)) clock.setTimer(LOOK_MS, look);
        else resolve("ended");
      };
      look();
    }),
    signal: (name) => signalRecorded(record, name),
  };
}
