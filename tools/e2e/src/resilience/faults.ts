/** The ways in which a component is broken, each undone by itself or by who did it. */
import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** SIGSTOP, SIGCONT after a while; a process that was ended meanwhile needs none. */
export async function pause(pids: readonly number[], forMs: number): Promise<void> {
  for (const pid of pids) signal(pid, "SIGSTOP");
  await sleep(forMs);
  for (const pid of pids) signal(pid, "SIGCONT");
}

export function signal(pid: number, name: NodeJS.Signals): void {
  // 0 is the group of this very process.
  if (pid <= 0) throw new RangeError(`there is no process ${pid}`);
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * A component's process and what it has started, as far as the kernel tells. What the keepers have started is the
 * cluster.
 */
export function processesOf(component: string, pid: number): number[] {
  return ["supervisor", "guard"].includes(component) ? [pid] : family(pid);
}

function family(pid: number): number[] {
  const list = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const rows = list.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const children = rows.filter(([, parent]) => parent === pid).map(([child = 0]) => child);
  return [pid, ...children];
}

const TABLE = "kubets_resilience";

/** Drops what these rules match, in both directions, for a while. Rules are those of a chain of the host. */
export async function disconnect(rules: readonly string[], forMs: number): Promise<void> {
  const both = rules.map((rule) => `    ${rule} drop;`).join("\n");
  const input = [
    `table inet ${TABLE} {`,
    "  chain in {",
    "    type filter hook input priority -300; policy accept;",
    both,
    "  }",
    "}",
    "",
  ].join("\n");
  execFileSync("nft", ["-f", "-"], { input });
  try {
    await sleep(forMs);
  } finally {
    connectAgain();
  }
}

/** Also for a run that was cut short. */
export function connectAgain(): void {
  try {
    execFileSync("nft", ["delete", "table", "inet", TABLE], { stdio: "ignore" });
  } catch {
    // Nothing was disconnected.
  }
}

/**
 * Ends the connections of a cluster's own database and takes its socket away for a while; the server runs on. Returns
 * how many connections there were.
 */
export async function cutOffPostgres(cluster: string, pid: number, forMs: number): Promise<number> {
  const folder = `/var/lib/kubets/${cluster}/postgres/run`;
  const away = `${folder}.away`;
  const list = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(pid)], {
    encoding: "utf8",
  });
  const sessions = list
    .split("\n")
    .map((line) => /^\s*(\d+) postgres: kubets kubets /.exec(line)?.[1])
    .filter((found) => found !== undefined);
  renameSync(folder, away);
  try {
    for (const session of sessions) signal(Number(session), "SIGTERM");
    await sleep(forMs);
  } finally {
    renameSync(away, folder);
  }
  return sessions.length;
}

/** The connections of a process to this port, each as a rule that matches both of its directions. */
export function connectionsOf(pid: number, port: number): string[] {
  const list = execFileSync("ss", ["-Htnp", "state", "established"], { encoding: "utf8" });
  return list
    .split("\n")
    .filter((line) => line.includes(`pid=${pid},`))
    .flatMap((line) => {
      const [, , local = "", peer = ""] = line.trim().split(/\s+/);
      const [localPort, peerPort] = [local, peer].map((address) => address.split(":").at(-1));
      return peerPort === String(port) && localPort !== undefined
        ? [`tcp dport ${port} tcp sport ${localPort}`, `tcp sport ${port} tcp dport ${localPort}`]
        : [];
    });
}

/** The port that a process listens on. */
export function listensOn(pid: number): number {
  const list = execFileSync("ss", ["-Htlnp"], { encoding: "utf8" });
  const line = list.split("\n").find((each) => each.includes(`pid=${pid},`)) ?? "";
  const port = Number(line.trim().split(/\s+/)[3]?.split(":").at(-1));
  if (!(port > 0)) throw new Error(`process ${pid} does not listen`);
  return port;
}

/** The same order for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
