/**
 * F1: what a cluster costs that has nothing to do: processor time, wake-ups and memory of all its services, Postgres,
 * NATS and containerd included: `node tools/bench/idle.ts [--runtime containerd] [--nodes 1] [--settle 30] [--seconds 60]`.
 * Brings up a cluster of its own and removes it. Linux only: the figures are the kernel's.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "containerd" },
    nodes: { type: "string", default: "1" },
    settle: { type: "string", default: "30" },
    seconds: { type: "string", default: "60" },
  },
});
const NAME = "bench-idle";
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), "kubets-idle-"));
const kubets = (...words: string[]) =>
  execFileSync(
    process.execPath,
    [join(root, "apps", "kubets", "dist", "main.js"), ...words, "--name", NAME],
    { encoding: "utf8", env: { ...process.env, KUBECONFIG: join(folder, "config") } },
  );
const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
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

interface Use {
  readonly cpuMs: number;
  readonly wakeups: number;
}

/** Nanoseconds on a processor, not ticks: sleepers use far less than one tick at a time. */
function useOf(pid: number): Use {
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

const pssOf = (pid: number) =>
  (Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024) / 1e6;

function family(pid: number, isAlone: boolean): number[] {
  if (isAlone) return [pid];
  const children = threadsOf(pid).flatMap((thread) =>
    read(`${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap((child) => family(child, false))];
}

interface Component {
  readonly name: string;
  readonly pid?: number;
}

const startedMs = performance.now();
kubets("up", "--runtime", values.runtime, "--nodes", values.nodes);
console.log(`up to Ready: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
try {
  await sleep(Number(values.settle));
  const { components } = JSON.parse(kubets("status", "--output", "json")) as {
    components: Component[];
  };
  // The question itself keeps them busy for a moment.
  await sleep(5);
  const all = components.map(({ name, pid = 0 }) => {
    // All others are the supervisor's children.
    const pids = family(pid, name === "supervisor");
    return { name, pids, before: pids.map(useOf) };
  });
  const beganMs = performance.now();
  await sleep(Number(values.seconds));
  const tookMs = performance.now() - beganMs;
  let total = { percent: 0, wakeups: 0, megabytes: 0 };
  for (const { name, pids, before } of all) {
    const sum = { percent: 0, wakeups: 0, megabytes: 0 };
    pids.forEach((pid, index) => {
      const now = useOf(pid);
      const then = before[index] ?? now;
      // A process that has ended has used what it had before.
      sum.percent += (Math.max(0, now.cpuMs - then.cpuMs) / tookMs) * 100;
      sum.wakeups += (Math.max(0, now.wakeups - then.wakeups) / tookMs) * 1_000;
      sum.megabytes += pssOf(pid);
    });
    total = {
      percent: total.percent + sum.percent,
      wakeups: total.wakeups + sum.wakeups,
      megabytes: total.megabytes + sum.megabytes,
    };
    print(name, sum);
  }
  print("total", total);
} finally {
  kubets("down");
  rmSync(folder, { recursive: true, force: true });
}

function print(name: string, use: { percent: number; wakeups: number; megabytes: number }): void {
  console.log(
    `F1 ${name.padEnd(28)} ${use.percent.toFixed(2).padStart(6)} % of a core  ${use.wakeups.toFixed(0).padStart(5)} wake-ups/s  ${use.megabytes.toFixed(0).padStart(5)} MB`,
  );
}
