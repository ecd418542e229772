/**
 * F1: what a cluster costs that has nothing to do: processor time, wake-ups and memory of all its services, Postgres,
 * NATS and containerd included. Linux only: the figures are the kernel's.
 *
 *   node tools/bench/idle.ts [--runtime containerd] [--nodes 1] [--settle 30] [--seconds 60]
 *     brings up a cluster of its own and removes it
 *   node tools/bench/idle.ts --compose kubets
 *     looks at the compose project of this name, which runs and stays: `docker compose up -d --scale node=1`
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { containersOf, cpuMsOf, pidsOf } from "./compose-project.ts";
import { familyOf, pssMegabytesOf, type Use, useOf } from "./process-use.ts";

const { values } = parseArgs({
  options: {
    compose: { type: "string" },
    runtime: { type: "string", default: "containerd" },
    nodes: { type: "string", default: "1" },
    settle: { type: "string", default: "30" },
    seconds: { type: "string", default: "60" },
  },
});
const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

interface Part {
  readonly name: string;
  readonly pids: readonly number[];
  /** Of the whole of it, where something counts also what has ended meanwhile. */
  readonly cpuMs?: () => Promise<number>;
}

await (values.compose === undefined ? measureOwnCluster() : measureProject(values.compose));

async function measureProject(project: string): Promise<void> {
  await sleep(Number(values.settle));
  const containers = await containersOf(project);
  if (containers.length === 0) throw new Error(`nothing of the project ${project} runs`);
  const parts = containers.map(async ({ name, id }) => {
    return { name, pids: await pidsOf(id), cpuMs: () => cpuMsOf(id) };
  });
  await measure(await Promise.all(parts));
}

async function measureOwnCluster(): Promise<void> {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const folder = mkdtempSync(join(tmpdir(), "kubets-idle-"));
  const kubets = (...words: string[]) =>
    execFileSync(
      process.execPath,
      [join(root, "apps", "kubets", "dist", "main.js"), ...words, "--name", "bench-idle"],
      { encoding: "utf8", env: { ...process.env, KUBECONFIG: join(folder, "config") } },
    );
  const startedMs = performance.now();
  kubets("up", "--runtime", values.runtime, "--nodes", values.nodes);
  console.log(`up to Ready: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  try {
    await sleep(Number(values.settle));
    const { components } = JSON.parse(kubets("status", "--output", "json")) as {
      components: { readonly name: string; readonly pid?: number }[];
    };
    // The question itself keeps them busy for a moment.
    await sleep(5);
    // All others are the supervisor's children.
    const parts = components.map(({ name, pid = 0 }) => {
      return { name, pids: name === "supervisor" ? [pid] : familyOf(pid) };
    });
    await measure(parts);
  } finally {
    kubets("down");
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Counters {
  readonly uses: readonly Use[];
  readonly cpuMs: number | undefined;
}

async function countersOf({ pids, cpuMs }: Part): Promise<Counters> {
  return { uses: pids.map(useOf), cpuMs: await cpuMs?.() };
}

async function measure(parts: readonly Part[]): Promise<void> {
  const before = await Promise.all(parts.map(countersOf));
  const beganMs = performance.now();
  await sleep(Number(values.seconds));
  const tookMs = performance.now() - beganMs;
  const after = await Promise.all(parts.map(countersOf));
  const sums = parts.map(({ name, pids }, index) => {
    const [then, now] = [before[index], after[index]];
    // A process that has ended has used what it had before.
    const grown = (what: keyof Use) =>
      pids.reduce((all, _, i) => {
        return all + Math.max(0, (now?.uses[i]?.[what] ?? 0) - (then?.uses[i]?.[what] ?? 0));
      }, 0);
    const ofAll = now?.cpuMs === undefined ? undefined : now.cpuMs - (then?.cpuMs ?? 0);
    return {
      name,
      percent: ((ofAll ?? grown("cpuMs")) / tookMs) * 100,
      wakeups: (grown("wakeups") / tookMs) * 1_000,
      megabytes: pids.reduce((all, pid) => all + pssMegabytesOf(pid), 0),
    };
  });
  const total = (what: "percent" | "wakeups" | "megabytes") =>
    sums.reduce((all, sum) => all + sum[what], 0);
  const all = {
    percent: total("percent"),
    wakeups: total("wakeups"),
    megabytes: total("megabytes"),
  };
  for (const sum of [...sums, { name: "total", ...all }]) {
    console.log(
      `F1 ${sum.name.padEnd(28)} ${sum.percent.toFixed(2).padStart(6)} % of a core  ${sum.wakeups.toFixed(0).padStart(5)} wake-ups/s  ${sum.megabytes.toFixed(0).padStart(5)} MB`,
    );
  }
}
