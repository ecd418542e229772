/**
 * A process id alone may have been given to another program since; with the start time beside it, it names one process
 * for good. Records let `down` find what a killed supervisor left.
 */
import { readFileSync } from "node:fs";

export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks after boot (Linux); empty elsewhere. */
  readonly startTime: string;
}

/** The start time of a running process, or undefined when there is none with this id. */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform !== "linux") {
    try {
      process.kill(pid, 0);
      return "";
    } catch {
      return undefined;
    }
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const zombie = fields[0] === "Z";
    return zombie ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isRunning(record: ProcessRecord): boolean {
  const startTime = startTimeOf(record.pid);
  return startTime !== undefined && (record.startTime === "" || startTime === record.startTime);
}
