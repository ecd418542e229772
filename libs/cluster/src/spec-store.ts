/**
 * The specs of the machine's clusters on disk, and the lock under which a new one takes its place in the pool of
 * networks.
 */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, sleep } from "@kubets/service";
import { CLUSTERS_MAX, type ClusterSpec } from "./cluster-spec.ts";
import { clusterPaths } from "./paths.ts";
import { plainMessage } from "./plain-message.ts";
import { isRunning, type ProcessRecord, startTimeOf } from "./process-record.ts";

export interface BaseFolders {
  readonly state: string;
  readonly run: string;
}

export function readSpec(base: BaseFolders, name: string): ClusterSpec | undefined {
  const file = clusterPaths(base, name).spec;
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ClusterSpec;
  } catch (error) {
    throw new BrokenSpecError(name, file, error);
  }
}

/** What a cluster is made of cannot be read; it can only be removed. */
export class BrokenSpecError extends Error {
  constructor(name: string, file: string, cause: unknown) {
    super(
      `cannot read what cluster "${name}" is made of: ${file}: ${plainMessage(cause)}; \`down --name ${name}\` removes it`,
      { cause },
    );
    this.name = "BrokenSpecError";
  }
}

export function writeSpec(base: BaseFolders, spec: ClusterSpec): void {
  const paths = clusterPaths(base, spec.name);
  mkdirSync(paths.logs, { recursive: true, mode: 0o755 });
  const temporary = `${paths.spec}.new`;
  writeFileSync(temporary, `${JSON.stringify(spec, null, 2)}\n`);
  renameSync(temporary, paths.spec);
}

/** Every cluster of this machine that is not removed. */
export function listClusters(base: BaseFolders): ClusterSpec[] {
  if (!existsSync(base.state)) return [];
  return readdirSync(base.state)
    .map((name) => {
      try {
        return readSpec(base, name);
      } catch (error) {
        // The others are there all the same; whoever names it is told.
        if (error instanceof BrokenSpecError) return undefined;
        throw error;
      }
    })
    .filter((spec) => spec !== undefined);
}

/** The first place that no cluster has and whose networks `isFree` does not refuse. */
export function freeIndex(
  clusters: readonly ClusterSpec[],
  isFree: (index: number) => boolean,
): number {
  const taken = new Set(clusters.map((cluster) => cluster.index));
  for (let index = 0; index < CLUSTERS_MAX; index++) {
    if (!taken.has(index) && isFree(index)) return index;
  }
  throw new Error(
    `all ${CLUSTERS_MAX} networks are taken; remove a cluster (npm run kubets -- list shows them) and try again`,
  );
}

const LOCK_WAIT_MS = 50;
const LOCK_ATTEMPTS_MAX = 600;

/** Runs `task` while no other command of this machine allocates. A lock whose holder died is taken over. */
export async function withMachineLock<T>(
  base: BaseFolders,
  clock: Clock,
  task: () => Promise<T>,
): Promise<T> {
  mkdirSync(base.state, { recursive: true });
  const file = join(base.state, ".lock");
  const { pid } = process;
  const own: ProcessRecord = { name: "lock", pid, startTime: startTimeOf(pid) ?? "" };
  // Made whole under another name: a lock that could not be written, or not yet, would name no holder.
  const mine = `${file}.${pid}-${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(mine, JSON.stringify(own));
    for (let attempt = 0; !isLinked(mine, file); attempt++) {
      if (!holderRuns(file)) rmSync(file, { force: true });
      else if (attempt >= LOCK_ATTEMPTS_MAX) throw new Error(`another command holds ${file}`);
      else await sleep(clock, LOCK_WAIT_MS);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await task();
  } finally {
    rmSync(file, { force: true });
  }
}

/** False when the other name is taken. */
function isLinked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function holderRuns(file: string): boolean {
  try {
    return isRunning(JSON.parse(readFileSync(file, "utf8")) as ProcessRecord);
  } catch {
    // Gone, or of no holder: the caller looks again.
    return false;
  }
}

/**
 * The first of `count` consecutive ports from `preferred` up that are all free on `address`, and that no group of as many
 * ports has which begins at one of `taken`: a cluster that is stopped, or about to start, listens nowhere.
 */
export async function freePorts(
  address: string,
  preferred: number,
  count: number,
  taken: readonly number[] = [],
): Promise<number> {
  for (let first = preferred; first < preferred + 2000; first += count) {
    if (taken.some((other) => Math.abs(other - first) < count)) continue;
    const checks = await Promise.all(
      Array.from({ length: count }, (_, offset) => isPortFree(address, first + offset)),
    );
    if (checks.every(Boolean)) return first;
  }
  throw new Error(`no free ports near ${preferred} on ${address}`);
}

function isPortFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
