/**
 * Tells users what happened to an object, as Event objects. Best effort: recording never waits and never
 * throws; what does not fit into the queue is dropped and counted.
 *
 * Events about one object go out one after another; those about different objects side by side.
 *
 * Upstream: client-go tools/record/event.go, tools/events/event_broadcaster.go @1.36
 */
import { isStatusError, type KubeObject } from "@kubets/api";
import type { ObjectReference } from "@kubets/api/core/v1";
import { type Clock, type Logger, type Metrics, type Runnable, sleep } from "@kubets/service";
import type { Client } from "../client.ts";
import { createCoreEventSink } from "./core-event-sink.ts";
import type { Attempt, EventSink, RecordedEvent } from "./event-sink.ts";
import { createEventsV1Sink } from "./events-v1-sink.ts";

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  /** "kubelet", "default-scheduler", "replicaset-controller". */
  readonly component: string;
  /** The host's name: in core/v1 the source's host, in events.k8s.io/v1 part of the reporting instance. */
  readonly host: string;
  /** Which of the two forms the component has upstream: the scheduler events.k8s.io/v1, others core/v1. */
  readonly api: "core/v1" | "events.k8s.io/v1";
  readonly metrics?: Metrics;
  /** Events that wait to be sent; more are dropped. Default 10,000. */
  readonly queueMax?: number;
  readonly random?: () => number;
}

/** What a component uses of the recorder. */
export interface EventSource {
  /**
   * `regarding`: the object, or a reference to it (with a fieldPath for one container). `action` is required
   * by events.k8s.io/v1: what was done, "Binding".
   */
  event(
    regarding: KubeObject | ObjectReference,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    more?: EventDetails,
  ): void;
}

export interface EventDetails {
  readonly action?: string;
  readonly related?: KubeObject | ObjectReference;
  readonly annotations?: Readonly<Record<string, string>>;
}

const LANES = 16;
/** Upstream's maxTriesPerEvent and defaultSleepDuration. */
const TRIES_MAX = 12;
const RETRY_MS = 10_000;
const FINISH_CHECK_MS = 60_000;
const STOP_WAIT_MS = 2_000;

interface Lane {
  /** Each gives what to send when its turn has come, if anything. */
  readonly waiting: (() => Attempt | undefined)[];
  running: Promise<void> | undefined;
}

export class EventRecorder implements EventSource, Runnable {
  readonly name: string;
  readonly #options: EventRecorderOptions;
  readonly #sink: EventSink;
  readonly #lanes: readonly Lane[];
  readonly #stopping = new AbortController();
  readonly #count: (outcome: "sent" | "dropped" | "refused" | "failed") => void;
  #queued = 0;
  #cancelFinish: (() => void) | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.name = `events of ${options.component}`;
    this.#sink =
      options.api === "core/v1" ? createCoreEventSink(options) : createEventsV1Sink(options);
    this.#lanes = Array.from({ length: LANES }, () => ({ waiting: [], running: undefined }));
    const counter = options.metrics?.counter({
      name: "kubets_event_recorder_events_total",
      help: "Events recorded, by what became of them.",
      labels: ["component", "outcome"],
    });
    const { component } = options;
    this.#count = (outcome) => counter?.inc({ component, outcome });
  }

  event(
    regarding: KubeObject | ObjectReference,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    more: EventDetails = {},
  ): void {
    const { clock, queueMax = 10_000 } = this.#options;
    if (this.#queued >= queueMax || this.#stopping.signal.aborted) {
      this.#count("dropped");
      return;
    }
    const reference = referenceTo(regarding);
    const recorded: RecordedEvent = {
      atMs: clock.now(),
      regarding: reference,
      type,
      reason,
      message,
      action: more.action ?? "",
      related: more.related === undefined ? undefined : referenceTo(more.related),
      annotations: more.annotations,
    };
    this.#enqueue(laneOf(reference.uid ?? reference.name ?? ""), () => this.#sink.plan(recorded));
  }

  start(): Promise<void> {
    this.#scheduleFinish();
    return Promise.resolve();
  }

  /** Gives what waits a moment to go out. */
  async stop(): Promise<void> {
    this.#cancelFinish?.();
    const all = Promise.all(this.#lanes.map((lane) => lane.running));
    const limit = new AbortController();
    await Promise.race([
      all,
      sleep(this.#options.clock, STOP_WAIT_MS, limit.signal).catch(() => {}),
    ]);
    limit.abort();
    this.#stopping.abort();
    await all;
  }

  #enqueue(index: number, plan: () => Attempt | undefined): void {
    const lane = this.#lanes[index];
    if (lane === undefined) return;
    this.#queued++;
    lane.waiting.push(plan);
    lane.running ??= this.#drain(lane);
  }

  async #drain(lane: Lane): Promise<void> {
    // The caller goes on first: recording costs it nothing but the queue.
    await Promise.resolve();
    for (;;) {
      const plan = lane.waiting.shift();
      if (plan === undefined) break;
      this.#queued--;
      if (this.#stopping.signal.aborted) {
        this.#count("dropped");
        continue;
      }
      const attempt = plan();
      if (attempt !== undefined) await this.#send(attempt);
    }
    lane.running = undefined;
  }

  /** Tries again while the server cannot be reached; a refusal is final. */
  async #send(attempt: Attempt): Promise<void> {
    const { clock, logger, random = Math.random } = this.#options;
    const { signal } = this.#stopping;
    for (let tried = 1; ; tried++) {
      try {
        await attempt(signal);
        this.#count("sent");
        return;
      } catch (error) {
        if (isStatusError(error)) {
          this.#count("refused");
          // Ordinary while a namespace ends.
          logger.debug("the server refused an event", { error });
          return;
        }
        if (tried === TRIES_MAX || signal.aborted) {
          this.#count("failed");
          logger.warn("an event could not be sent", { tries: tried, error });
          return;
        }
        // The first wait is a random part, so that components do not all come back together.
        const delayMs = tried === 1 ? RETRY_MS * random() : RETRY_MS;
        await sleep(clock, delayMs, signal).catch(() => {});
      }
    }
  }

  #scheduleFinish(): void {
    const { finish } = this.#sink;
    if (finish === undefined) return;
    this.#cancelFinish = this.#options.clock.setTimer(FINISH_CHECK_MS, () => {
      for (const attempt of finish()) this.#enqueue(0, () => attempt);
      this.#scheduleFinish();
    });
  }
}

function referenceTo(target: KubeObject | ObjectReference): ObjectReference {
  if (!("metadata" in target)) return target;
  const { apiVersion, kind, metadata } = target;
  const { namespace, name, uid, resourceVersion } = metadata;
  return { kind, namespace, name, uid, apiVersion, resourceVersion };
}

function laneOf(uid: string): number {
  let hash = 0;
  for (let i = 0; i < uid.length; i++) hash = (hash * 31 + uid.charCodeAt(i)) | 0;
  return (hash >>> 0) % LANES;
}
