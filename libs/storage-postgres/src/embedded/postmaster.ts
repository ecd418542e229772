import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@kubets/service";
import { sleep } from "@kubets/service";

/** What a running server says about itself in its lock file. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/** The live server of a data folder; undefined when there is none (a lock file may be left over). */
export async function findPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataDir, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !(await isServerOf(pid, dataDir))) return undefined;
  return { pid, port: Number(lines[3]), isReady: isReadyState(lines[7]?.trim()) };
}

/** A standby answers queries as well. */
function isReadyState(state: string | undefined): boolean {
  return state === "ready" || state === "standby";
}

/** Asks every few milliseconds, the server has no other sign; false when the time is over. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  options: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  const { clock, timeoutMs, signal } = options;
  const endMs = clock.monotonicMs() + timeoutMs;
  while (!(await condition())) {
    if (clock.monotonicMs() > endMs) return false;
    await sleep(clock, 10, signal);
  }
  return true;
}

/** Process ids are used again: the process must also be a server with this folder. */
async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Without the right to signal it, it is somebody's live process all the same.
    if (!(error instanceof Error) || Reflect.get(error, "code") !== "EPERM") return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  if (command === undefined) return process.platform !== "linux";
  return command.split("\0").includes(dataDir);
}
