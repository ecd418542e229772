/**
 * A process id alone may have been given to another program since; with the start time beside it, it names one process
 * for good. Records let the next supervisor take over what a killed one left, and `down` find it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks after boot (Linux); empty elsewhere. */
  readonly startTime: string;
  /** How often it has ended by itself so far. */
  readonly restarts?: number;
  /** Of what holds a node's namespaces: everything in them was made. */
  readonly isComplete?: boolean;
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

/** A process that has ended meanwhile, or whose id is another's now, is left alone. */
export function signalRecorded(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** None where there is no such file. */
export function readRecords(file: string): ProcessRecord[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ProcessRecord[]) : [];
}

/** Whole or not at all, whenever the writer is killed. */
export function writeRecords(file: string, records: readonly ProcessRecord[]): void {
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(records));
  renameSync(next, file);
}
