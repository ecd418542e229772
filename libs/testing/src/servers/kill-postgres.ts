import { readdirSync, readFileSync } from "node:fs";
import { sleep, systemClock } from "@kubets/service";

/** As a crash of the machine would, but for the page cache: resolves when the server and all its processes are gone. */
export async function killPostgres(postmaster: number): Promise<void> {
  const processes = [postmaster, ...childrenOf(postmaster)];
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
  // Until then a start would take the dying server for a running one.
  while (processes.some(isRunning)) await sleep(systemClock, 5);
}

function isRunning(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
    return state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
        return Number(fields.split(" ")[1]) === parent;
      } catch {
        return false;
      }
    });
}
