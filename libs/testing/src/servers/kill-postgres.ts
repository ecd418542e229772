import { readdirSync, readFileSync } from "node:fs";

/** As a crash of the machine would, but for the page cache: the server and all its processes are gone at once. */
export function killPostgres(postmaster: number): void {
  const processes = [postmaster, ...childrenOf(postmaster)];
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
}

function childrenOf(parent: number): number[] {
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
