/** One sync: what is marked is read, planned and given to the kernel; a failure makes the next one a full one. */

import { parseTime } from "@kubets/api";
import type { Service } from "@kubets/api/core/v1";
import type { EndpointSlice } from "@kubets/api/discovery/v1";
import type { StoreReader } from "@kubets/client";
import type { Clock, Logger } from "@kubets/service";
import { FamilyRules, type RuleSettings, type ServiceState } from "./family-rules.ts";
import type { Kernel } from "./kernel.ts";
import { KernelError } from "./kernel-error.ts";
import type { ProxyMetrics } from "./proxy-metrics.ts";
import type { Family } from "./rule-set.ts";
import type { RunResult } from "./sync-timer.ts";
import type { FlowFilter, UdpFlow } from "./udp-flows.ts";

export interface RuleSyncOptions {
  readonly families: readonly Family[];
  readonly services: StoreReader<Service>;
  /** Has the index SERVICE_INDEX. */
  readonly slices: StoreReader<EndpointSlice>;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProxyMetrics;
  /** How often what the kernel has is compared with what was written. */
  readonly lookPeriodMs: number;
}

export const SERVICE_INDEX = "service";
const TRIGGER_TIME_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";
/** Old kernels still count a chain's use by a deleted map element for a moment. */
const STALE_MS = 1_000;
/** As many unused chains may be there while Services keep changing. */
const STALE_MAX = 1_000;
/** Also with a table that looks right and no failure. */
const FULL_SYNC_MS = 3_600_000;
/** Of changes that wait for a sync as many are measured; while none succeeds there is no end of them. */
const TRIGGERS_MAX = 1_000;
/** More flows than this are not worth a program each. */
const FLOWS_MAX = 1_000;

interface FamilyState {
  readonly rules: FamilyRules;
  /** The next sync of this family starts from nothing. */
  needsFull: boolean;
  lastFullMs: number;
  lastLookMs: number;
  /** Flows from before this process were looked at; from then on differences tell which are stale. */
  knowsFlows: boolean;
  /** To forget once the rules are right. */
  flows: FlowFilter[];
}

export class RuleSync {
  readonly #options: RuleSyncOptions;
  readonly #families: readonly FamilyState[];
  readonly #marked = new Set<string>();
  /** When somebody caused the slice changes that wait, in milliseconds of the wall clock. */
  #triggers: number[] = [];
  #allMarked = false;
  #startedMs: number;
  #synced = false;
  #lastSyncMs: number;
  #waitingSinceMs: number | undefined;

  constructor(options: RuleSyncOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    this.#lastSyncMs = this.#startedMs;
    this.#families = options.families.map((family) => ({
      rules: new FamilyRules(family),
      needsFull: true,
      lastFullMs: 0,
      lastLookMs: 0,
      knowsFlows: false,
      flows: [],
    }));
  }

  get hasSynced(): boolean {
    return this.#synced;
  }
  get progress() {
    return { lastSyncMs: this.#lastSyncMs, waitingSinceMs: this.#waitingSinceMs };
  }

  mark(service: string, why: "service" | "endpoints"): void {
    const { metrics, clock } = this.#options;
    this.#marked.add(service);
    this.#waitingSinceMs ??= clock.now();
    const [changes, pending] =
      why === "service"
        ? [metrics.serviceChanges, metrics.servicesPending]
        : [metrics.endpointChanges, metrics.endpointsPending];
    for (const labels of this.#labels()) {
      changes.inc(labels);
      pending.inc(labels);
      metrics.lastQueued.set(labels, clock.now() / 1000);
    }
  }

  /** The node changed: every rule may. */
  markAll(): void {
    this.#allMarked = true;
    this.#waitingSinceMs ??= this.#options.clock.now();
  }

  /** Remembers since when a change is under way; changes from before this process are no measure of it. */
  noteTrigger(slice: EndpointSlice): void {
    const time = slice.metadata.annotations?.[TRIGGER_TIME_ANNOTATION];
    const atMs = time === undefined ? undefined : parseTime(time);
    if (this.#triggers.length >= TRIGGERS_MAX) return;
    if (atMs !== undefined && atMs >= this.#startedMs) this.#triggers.push(atMs);
  }

  /** After a failure the next run begins from nothing. */
  async run(settings: RuleSettings, signal: AbortSignal): Promise<RunResult> {
    const { clock, metrics } = this.#options;
    const marked = this.#allMarked ? this.#known() : [...this.#marked];
    const triggers = this.#triggers;
    this.#marked.clear();
    this.#allMarked = false;
    this.#triggers = [];
    this.#waitingSinceMs = undefined;
    let done = true;
    for (const family of this.#families) {
      done = (await this.#runFamily(family, marked, settings, signal)) && done;
    }
    const nowMs = clock.now();
    for (const labels of this.#labels()) {
      metrics.endpointsPending.set(labels, 0);
      metrics.servicesPending.set(labels, 0);
      if (!done) continue;
      metrics.lastSync.set(labels, nowMs / 1000);
      for (const atMs of triggers) {
        metrics.programmingSeconds.observe(labels, Math.max(0, nowMs - atMs) / 1000);
      }
    }
    if (done) {
      this.#synced = true;
      this.#lastSyncMs = nowMs;
    } else {
      this.#triggers = [...triggers, ...this.#triggers].slice(0, TRIGGERS_MAX);
      this.#waitingSinceMs ??= nowMs;
    }
    if (!done) return "failed";
    return this.#families.some(({ rules }) => rules.hasStale) ? "leftovers" : "done";
  }

  async #runFamily(
    state: FamilyState,
    marked: readonly string[],
    settings: RuleSettings,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, kernel, logger, metrics } = this.#options;
    const { rules } = state;
    const labels = { ip_family: labelOf(rules.family) };
    const startMs = clock.monotonicMs();
    try {
      const isFull = state.needsFull || startMs - state.lastFullMs > FULL_SYNC_MS;
      const plan = isFull
        ? rules.full(this.#states(this.#known()), settings, startMs)
        : rules.partial(this.#states(marked), settings, startMs);
      if (state.knowsFlows) state.flows.push(...plan.flows);
      // Until the last transaction is in, the books say more than the kernel has.
      state.needsFull = true;
      for (const text of plan.transactions) await kernel.apply(text, signal);
      state.needsFull = false;
      if (isFull) state.lastFullMs = state.lastLookMs = startMs;
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      metrics.syncSeconds.observe(labels, seconds);
      (isFull ? metrics.fullSyncSeconds : metrics.partialSyncSeconds).observe(labels, seconds);
      logger.debug("rules synced", { family: rules.family, full: isFull, seconds });
      await this.#forgetFlows(state, signal);
      // Last, so that no change waits for it.
      if (!(await this.#looksWhole(state, signal))) {
        logger.warn("somebody changed the rules, they will be written anew", {
          family: rules.family,
        });
        state.needsFull = true;
        return this.#runFamily(state, [], settings, signal);
      }
    } catch (error) {
      // What was marked is not known any more, whatever it was that failed.
      state.needsFull = true;
      if (signal.aborted) return false;
      metrics.syncFailures.inc(labels);
      logger.error("cannot sync the rules, they will be written anew", {
        family: rules.family,
        error,
      });
      return false;
    }
    // Removing what nobody uses can wait until nobody waits for rules.
    const canWait = marked.length > 0 && rules.staleSize < STALE_MAX;
    return canWait || this.#cleanUp(state, startMs, signal);
  }

  /** Listing thousands of rules takes as long as changing one, so it is done once in a period. */
  async #looksWhole(state: FamilyState, signal: AbortSignal): Promise<boolean> {
    const { clock, kernel, lookPeriodMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - state.lastLookMs < lookPeriodMs) return true;
    state.lastLookMs = nowMs;
    return state.rules.isWhole(await kernel.list(state.rules.family, signal));
  }

  async #cleanUp(state: FamilyState, nowMs: number, signal: AbortSignal): Promise<boolean> {
    const { kernel, logger, metrics } = this.#options;
    const { rules } = state;
    try {
      for (const text of rules.cleanUp(nowMs - STALE_MS)) await kernel.apply(text, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      metrics.cleanupFailures.inc({ ip_family: labelOf(rules.family) });
      logger.error("cannot remove old chains, the rules will be written anew", {
        family: rules.family,
        error,
      });
      state.needsFull = true;
      return false;
    }
  }

  async #forgetFlows(state: FamilyState, signal: AbortSignal): Promise<void> {
    const { kernel, logger } = this.#options;
    if (!state.knowsFlows) {
      state.flows = state.rules.staleAmong(await this.#oldFlows(state, signal));
      state.knowsFlows = true;
    }
    const flows = state.flows;
    state.flows = [];
    if (flows.length > FLOWS_MAX) {
      logger.warn("too many UDP flows to forget them all", { flows: flows.length });
    }
    try {
      for (const filter of flows.slice(0, FLOWS_MAX)) {
        await kernel.forget(filter, state.rules.family, signal);
      }
    } catch (error) {
      if (signal.aborted || !(error instanceof KernelError)) throw error;
      // The rules are right; only flows that never pause keep their old way until they do.
      logger.warn("cannot forget UDP flows of endpoints that are gone", { error });
    }
  }

  async #oldFlows(state: FamilyState, signal: AbortSignal): Promise<readonly UdpFlow[]> {
    const { kernel, logger } = this.#options;
    try {
      return await kernel.flows(state.rules.family, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof KernelError)) throw error;
      logger.warn("cannot list UDP flows; those to endpoints that are gone end when they pause", {
        error,
      });
      return [];
    }
  }

  *#states(keys: Iterable<string>): Iterable<readonly [string, ServiceState]> {
    const { services, slices } = this.#options;
    for (const key of keys) {
      yield [key, { service: services.get(key), slices: slices.byIndex(SERVICE_INDEX, key) }];
    }
  }

  /** Every Service that is there, and those that are marked because they are not any more. */
  #known(): string[] {
    return [...new Set([...this.#options.services.keys(), ...this.#marked])];
  }

  #labels() {
    return this.#families.map(({ rules }) => ({ ip_family: labelOf(rules.family) }));
  }
}

const labelOf = (family: Family) => (family === "ip" ? "IPv4" : "IPv6");
