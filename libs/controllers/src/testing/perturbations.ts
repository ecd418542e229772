/**
 * Plays a scene again and again, each time with another fault, and compares what is there at the end with the run
 * without faults: a crash after each write, views that lag, history that is lost at each event.
 */
import type { ResourceType } from "@kubets/client";
import { createMemoryClient, type MemoryClient } from "@kubets/client/testing";
import { FakeClock } from "@kubets/service";
import type { ControllerDefinition } from "../controller-context.ts";
import { type Disturbance, disturbedReader } from "./disturbed-reader.ts";
import { Incarnation, type RecordedEvent } from "./incarnation.ts";
import { normalForm } from "./normal-form.ts";
import { type Behaviour, serve, stepPods } from "./simulated-pods.ts";

export interface Stage {
  readonly client: MemoryClient;
  readonly clock: FakeClock;
}

export interface Scene {
  readonly controllers: readonly ControllerDefinition[];
  /** What users do, one after another; everything comes to rest in between. */
  readonly steps: readonly ((stage: Stage) => void | Promise<void>)[];
  /** What is compared at the end. */
  readonly compared: readonly ResourceType[];
  /** How pods end. Default: they run. */
  readonly behaviour?: Behaviour;
  /** Done after each moment, beside the pods' steps: other components. */
  environment?(stage: Stage): void | Promise<void>;
  /** Whether expectations may time out at the end, five minutes later. Default true. */
  readonly waitsLong?: boolean;
}

export interface Outcome {
  readonly state: readonly string[];
  readonly writes: readonly string[];
  /** How many of the writes each controller made. */
  readonly writers: ReadonlyMap<string, number>;
  readonly events: readonly RecordedEvent[];
  /** Watch events that informers saw. */
  readonly seen: number;
  /** What a fresh start wrote when all was at rest. */
  readonly writesOfRestart: readonly string[];
  readonly stage: Stage;
}

export interface Fault extends Disturbance {
  readonly crashAfterWrite?: number;
}

const QUIET_ROUNDS = 12;
const ROUNDS_MAX = 3_000;
const ROUND_MS = 500;
const LONG_MS = 301_000;
const LAGS_MS = [0, 700, 2_600];

export async function play(scene: Scene, fault: Fault = {}): Promise<Outcome> {
  const clock = new FakeClock();
  const client = createMemoryClient({ clock });
  const stage: Stage = { client, clock };
  const writes: string[] = [];
  const writers = new Map<string, number>();
  const events: RecordedEvent[] = [];
  let seen = 0;
  const reader = disturbedReader(client, clock, fault, () => ++seen);
  const begin = async (writesMax?: number) => {
    const incarnation = new Incarnation({
      client,
      reader,
      clock,
      controllers: scene.controllers,
      ...(writesMax === undefined ? {} : { writesMax }),
      onWrite(description, controller) {
        writes.push(description);
        writers.set(controller, (writers.get(controller) ?? 0) + 1);
      },
      onEvent: (event) => events.push(event),
    });
    await incarnation.start();
    return incarnation;
  };
  let running = await begin(fault.crashAfterWrite);
  const restart = async () => {
    await running.stop();
    running = await begin();
  };
  const rest = async () => {
    let quiet = 0;
    for (let round = 0; quiet < QUIET_ROUNDS; round++) {
      if (round === ROUNDS_MAX) {
        const last = writes.slice(-6).join(", ");
        throw new Error(`${JSON.stringify(fault)} never comes to rest, at last: ${last}`);
      }
      const before = client.revision;
      await clock.advance(ROUND_MS);
      if (running.isDead) await restart();
      await stepPods(client, clock, scene.behaviour ?? serve);
      await scene.environment?.(stage);
      quiet = client.revision === before ? quiet + 1 : 0;
    }
  };
  await rest();
  for (const step of scene.steps) {
    await step(stage);
    await rest();
  }
  if (scene.waitsLong !== false) {
    await clock.advance(LONG_MS);
    await rest();
  }
  const state = normalForm(client, scene.compared);
  const written = writes.length;
  await restart();
  await rest();
  await running.stop();
  return {
    state,
    writes: writes.slice(0, written),
    writers,
    events,
    seen,
    writesOfRestart: writes.slice(written),
    stage,
  };
}

/** All faults of a scene whose run without faults made so many writes and saw so many events. */
export function faultsOf(plain: Outcome, perKindMax = 60): [string, Fault][] {
  const faults: [string, Fault][] = [];
  for (const write of spread(plain.writes.length, perKindMax)) {
    faults.push([`crash after write ${write}`, { crashAfterWrite: write }]);
  }
  for (const event of spread(plain.seen, perKindMax)) {
    faults.push([`history lost at event ${event}`, { lostEvent: event }]);
  }
  for (let shift = 0; shift < LAGS_MS.length; shift++) {
    const lagMs = (resource: string) =>
      LAGS_MS[(resource.length + resource.charCodeAt(0) + shift) % LAGS_MS.length] ?? 0;
    faults.push([`views that lag, ${shift}`, { lagMs }]);
  }
  return faults;
}

/** From 1 to `count`, at most `max` of them. */
function spread(count: number, max: number): number[] {
  const step = Math.max(1, count / max);
  const chosen = new Set<number>();
  for (let at = 1; at <= count; at += step) chosen.add(Math.floor(at));
  return [...chosen];
}

/** How often a scene was played with each fault. */
export interface FaultCounts {
  readonly crashes: number;
  readonly lostHistories: number;
  readonly laggingViews: number;
}

/** Throws when some fault leads to another end. */
export async function expectSameEnd(
  scene: Scene,
): Promise<Outcome & { readonly faults: FaultCounts }> {
  const plain = await play(scene);
  if (plain.writesOfRestart.length > 0) {
    throw new Error(`a restart writes: ${plain.writesOfRestart.join(", ")}`);
  }
  const faults = faultsOf(plain);
  for (const [name, fault] of faults) {
    const disturbed = await play(scene, fault);
    const lacking = without(plain.state, disturbed.state);
    const surplus = without(disturbed.state, plain.state);
    if (lacking.length + surplus.length > 0) {
      const write = plain.writes[(fault.crashAfterWrite ?? 0) - 1] ?? "";
      throw new Error(
        [`${name} (${write}) leads elsewhere. Wanted:`, ...lacking, "but:", ...surplus].join("\n"),
      );
    }
    if (disturbed.writesOfRestart.length > 0) {
      throw new Error(`${name}: a restart writes ${disturbed.writesOfRestart.join(", ")}`);
    }
  }
  const count = (kind: keyof Fault) =>
    faults.filter(([, fault]) => fault[kind] !== undefined).length;
  return {
    ...plain,
    faults: {
      crashes: count("crashAfterWrite"),
      lostHistories: count("lostEvent"),
      laggingViews: count("lagMs"),
    },
  };
}

/** The lines of `all` that are not in `some`; each line of `some` takes one away. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some];
  return all.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
