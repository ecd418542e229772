import { createHash } from "node:crypto";
import { FakeClock, sleep } from "@kubets/service";
import { type LogEntry, MemoryHistory } from "@kubets/storage";
import { checkHistory, type Verdict } from "../checks/check-history.ts";
import type { LogRecord } from "../history/history.ts";
import { HistoryRecorder } from "../history/history-recorder.ts";
import { withDeletions } from "../history/with-deletions.ts";
import { contentOfBytes, keyName } from "../processes/object-content.ts";
import * as maps from "../replicas/config-maps.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ModelClient, type ModelWorld } from "./model-client.ts";
import { ModelWatch } from "./model-watch.ts";
import { SimulatedReplica } from "./simulated-replica.ts";
import { type ModelControl, simulatedStorage } from "./simulated-storage.ts";

export interface ModelOptions {
  readonly seed: number;
  /** Of each client. */
  readonly steps: number;
  readonly clients?: number;
  /** A build that must be caught. */
  readonly control?: ModelControl;
}

export interface ModelRun {
  readonly verdict: Verdict;
  /** What was answered unlike anything the API may say. */
  readonly surprises: readonly string[];
  readonly kills: number;
  readonly compactions: number;
  /** The same for every run with the same seed. */
  readonly digest: string;
}

/** Two replicas, clients and watches in simulated time, all decided by one number. */
export async function runModel(options: ModelOptions): Promise<ModelRun> {
  const random = new SeededRandom(options.seed);
  const clock = new FakeClock();
  const history = new MemoryHistory();
  const log: LogRecord[] = [];
  const reader = {};
  history.onChange(() => {
    // At once, before anything is compacted.
    const after = log.at(-1)?.revision ?? 0n;
    if (after >= history.compacted) {
      log.push(...history.logAfter(after, Number.POSITIVE_INFINITY, reader).map(recordOf));
    }
  });
  let ids = 0;
  const rates = { unavailable: 0.01, unknownAfter: 0.02, unknownBefore: 0.01, reads: 0.01 };
  const start = (name: string) =>
    SimulatedReplica.start({
      name,
      storage: simulatedStorage({
        history,
        clock,
        random: random.fork(),
        rates,
        control: options.control ?? "none",
      }),
      clock,
      newId: () => `id-${ids++}`,
    });
  const replicas: SimulatedReplica[] = [];
  const recorder = new HistoryRecorder(clock);
  const world: ModelWorld = {
    clock,
    recorder,
    surprises: [],
    replica: (by) => by.pick(replicas),
  };
  const counts = { kills: 0, compactions: 0 };
  let isOver = false;

  async function startReplica(name: string): Promise<SimulatedReplica> {
    for (;;) {
      try {
        return await start(name);
      } catch {
        // The store was away; a program would be started again too.
        await sleep(clock, 10);
      }
    }
  }
  async function breakThings(): Promise<void> {
    const by = random.fork();
    while (!isOver) {
      await sleep(clock, 100 + by.below(900));
      if (by.chance(0.5)) {
        counts.compactions += 1;
        await by
          .pick(replicas)
          .compact(BigInt(by.below(40)))
          .catch(() => {});
        continue;
      }
      const index = by.below(replicas.length);
      const victim = replicas[index];
      if (victim === undefined) continue;
      counts.kills += 1;
      replicas[index] = await startReplica(`${victim.name}'`);
      await victim.kill();
    }
  }
  async function play(): Promise<void> {
    replicas.push(await startReplica("one"), await startReplica("two"));
    const watches = [undefined, undefined, ...maps.colors].map(
      (color, i) => new ModelWatch(world, `watch-${i}`, color, random.fork()),
    );
    const watching = watches.map((watch) => watch.run());
    const breaking = breakThings();
    await Promise.all(
      Array.from({ length: options.clients ?? 5 }, (_, i) =>
        new ModelClient(world, `c${i}`, random.fork()).run(options.steps),
      ),
    );
    isOver = true;
    await sleep(clock, 200);
    for (const watch of watches) watch.stop();
    await Promise.all([...watching, breaking]);
    for (const replica of replicas) await replica.kill();
  }

  const playing = play().finally(() => {
    isOver = true;
  });
  let isPlaying = true;
  const done = playing.finally(() => {
    isPlaying = false;
  });
  done.catch(() => {});
  while (isPlaying) await clock.advance(5);
  await done;
  const full = recorder.history(log, 0n);
  const verdict = checkHistory({ ...full, operations: withDeletions(full.operations, log) });
  return { verdict, surprises: world.surprises, ...counts, digest: digestOf(full) };
}

function recordOf({ revision, type, key, bytes, previousRevision }: LogEntry): LogRecord {
  return {
    revision,
    type,
    key: keyName(key),
    content: contentOfBytes(bytes),
    requestId: String(revision),
    ...(previousRevision === undefined ? {} : { previousRevision }),
  };
}

function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return String(part);
    return part instanceof Map ? [...part] : part;
  });
  return createHash("sha256").update(text).digest("hex");
}
