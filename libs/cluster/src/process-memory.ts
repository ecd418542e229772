/** What a component's memory costs this machine: the proportional set size of its process and of all it started. */
import { readdirSync, readFileSync } from "node:fs";

/** Undefined where the kernel does not tell (another user's process, not Linux). */
export function memoryOf(
  pid: number,
  { withChildren = true, proc = "/proc" }: { withChildren?: boolean; proc?: string } = {},
): number | undefined {
  const own = pssOf(pid, proc);
  if (own === undefined || !withChildren) return own;
  return childrenOf(pid, proc).reduce((sum, child) => sum + (memoryOf(child, { proc }) ?? 0), own);
}

function pssOf(pid: number, proc: string): number | undefined {
  const text = read(`${proc}/${pid}/smaps_rollup`);
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(text) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function childrenOf(pid: number, proc: string): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`${proc}/${pid}/task`);
  } catch {
    // It ended meanwhile.
    return [];
  }
  return threads.flatMap((thread) =>
    read(`${proc}/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Ended meanwhile, or not ours to look at.
    return "";
  }
}
