/** What processes use, by the kernel's own counters. Linux only. */
import { readdirSync, readFileSync } from "node:fs";

export interface Use {
  readonly cpuMs: number;
  readonly wakeups: number;
}

const read = (file: string) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A thread or a process that has ended meanwhile.
    return "";
  }
};

const threadsOf = (pid: number) => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return [];
  }
};

/** Nanoseconds on a processor, not ticks: sleepers use far less than one tick at a time. */
export function useOf(pid: number): Use {
  let cpuMs = 0;
  let wakeups = 0;
  for (const thread of threadsOf(pid)) {
    cpuMs += Number(read(`${thread}/schedstat`).split(" ")[0] ?? 0) / 1e6;
    wakeups += Number(
      /^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`${thread}/status`))?.[1] ?? 0,
    );
  }
  return { cpuMs, wakeups };
}

/** Memory that would be free without it: what several processes share is split among them. */
export const pssMegabytesOf = (pid: number) =>
  (Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024) / 1e6;

/** A process and all that descend from it. */
export function familyOf(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    read(`${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** What the kernel calls its program: `postgres`; empty when it has ended. */
export const programOf = (pid: number) => read(`/proc/${pid}/comm`).trim();
