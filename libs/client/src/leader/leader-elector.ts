/**
 * Elects one leader among several processes through a Lease.
 *
 * Guarantees: this process stops leading by its own clock before another may begin, as long as clocks run
 * at about the same rate (renewDeadline < leaseDuration). Does NOT guarantee that a request already on its
 * way arrives before the next leader's: for that, writes carry the fence, and the server refuses an old
 * epoch. Work that bypasses the API has no such protection.
 *
 * Upstream: client-go tools/leaderelection/leaderelection.go @1.36
 */
import { isStatusError } from "@kubets/api";
import type { Lease } from "@kubets/api/coordination/v1";
import { type Clock, type Logger, type Metrics, sleep } from "@kubets/service";
import type { Client, Fence } from "../client.ts";
import { leases } from "../resources.ts";
import { type Observation, planLease, releasedLease } from "./lease-plan.ts";

export interface LeaderElectorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Says whether this process leads. Upstream's leader_election_master_status, from component-base. */
  readonly metrics?: Metrics;
  readonly leaseNamespace: string;
  readonly leaseName: string;
  /** Must differ between processes: host name and a random part. */
  readonly identity: string;
  /** How long others wait for a silent leader. Default 15,000; upstream's --leader-elect-lease-duration. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for so long stops. Default 10,000; --leader-elect-renew-deadline. */
  readonly renewDeadlineMs?: number;
  /** Default 2,000; --leader-elect-retry-period. */
  readonly retryPeriodMs?: number;
  /** Give the Lease up when the work ends, so that the next leader need not wait. Default true. */
  readonly releaseOnStop?: boolean;
  readonly random?: () => number;
  /** Who leads has changed. */
  readonly onNewLeader?: (identity: string) => void;
}

/** The work of a leader; must end soon after the signal. */
export type Lead = (fence: Fence, signal: AbortSignal) => Promise<void>;

/** Upstream's leaderelection.JitterFactor. */
const ACQUIRE_JITTER = 1.2;
/**
 * A follower looks this many times in a retry period, so that it takes a released Lease over soon and counts a silent
 * leader's time from when it fell silent. Upstream's followers look once; watching would need rights on Leases that
 * upstream's roles for schedulers do not give.
 */
const LOOKS_PER_RETRY_PERIOD = 4;

type Outcome = "held" | "taken" | "failed";

interface Try {
  readonly outcome: Outcome;
  /** How long the holder's time still runs, as far as this process has seen. */
  readonly freeInMs: number;
}
const FAILED: Try = { outcome: "failed", freeInMs: Number.POSITIVE_INFINITY };

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #observed: Observation | undefined;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #leading: Fence | undefined;
  #reportedLeader = "";

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    if (this.#leaseDurationMs <= this.#renewDeadlineMs) {
      throw new RangeError("leaseDuration must be greater than renewDeadline");
    }
    if (this.#renewDeadlineMs <= this.#retryPeriodMs * ACQUIRE_JITTER) {
      throw new RangeError("renewDeadline must be greater than retryPeriod*JitterFactor");
    }
    options.metrics?.gauge({
      name: "leader_election_master_status",
      help: "Whether this process holds the lease of this name: 1 leads, 0 waits.",
      labels: ["name"],
      collect: (gauge) =>
        gauge.set({ name: options.leaseName }, this.#leading === undefined ? 0 : 1),
    });
  }

  /** Set while this process leads. */
  get fence(): Fence | undefined {
    return this.#leading;
  }

  /** Whether the leader that we are has let its Lease expire by more than the tolerance: then something hangs. */
  isOverdue(toleranceMs: number): boolean {
    if (this.#leading === undefined) return false;
    const sinceMs = this.#options.clock.monotonicMs() - this.#renewedMs;
    return sinceMs > this.#leaseDurationMs + toleranceMs;
  }

  /**
   * Waits until this process leads and runs `lead`. Ends "stopped" when the signal ended it or `lead` came to
   * its end, "lost" when the Lease could not be renewed in time; rejects with what `lead` throws.
   */
  async run(lead: Lead, signal: AbortSignal): Promise<"stopped" | "lost"> {
    const fence = await this.#acquire(signal);
    if (fence === undefined) return "stopped";
    this.#leading = fence;
    this.#options.logger.info("became leader", { lease: fence.leaseName, epoch: fence.epoch });
    const leading = new AbortController();
    const work = lead(fence, AbortSignal.any([signal, leading.signal])).finally(() =>
      leading.abort(),
    );
    // Its rejection is awaited below, after the renewing has ended.
    work.catch(() => {});
    const end = await this.#renew(AbortSignal.any([signal, leading.signal]));
    leading.abort();
    try {
      await work;
    } finally {
      this.#leading = undefined;
      if (end === "stopped" && this.#options.releaseOnStop !== false) await this.#release();
    }
    return end;
  }

  async #acquire(signal: AbortSignal): Promise<Fence | undefined> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const { outcome, freeInMs } = await this.#try(signal);
      if (outcome === "held") return this.#fenceOf();
      const delayMs = this.#acquireDelayMs(outcome, freeInMs);
      await sleep(clock, delayMs, signal).catch(() => {});
    }
    return undefined;
  }

  /** A server that refuses or is away is left alone for longer than one that says who leads. */
  #acquireDelayMs(outcome: Outcome, freeInMs: number): number {
    const { random = Math.random } = this.#options;
    const jittered = this.#retryPeriodMs * (1 + ACQUIRE_JITTER * random());
    return outcome === "failed" ? jittered : Math.min(jittered / LOOKS_PER_RETRY_PERIOD, freeInMs);
  }

  async #renew(signal: AbortSignal): Promise<"stopped" | "lost"> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await sleep(clock, this.#retryPeriodMs, signal).catch(() => {});
      if (signal.aborted) break;
      if ((await this.#try(signal)).outcome === "held") continue;
      const isLost = this.#observed?.lease.spec?.holderIdentity !== this.#options.identity;
      if (isLost || clock.monotonicMs() - this.#renewedMs >= this.#renewDeadlineMs) {
        this.#options.logger.error("lost the lease", { lease: this.#options.leaseName });
        return "lost";
      }
    }
    return "stopped";
  }

  /** One try to get or to keep the Lease; errors are logged. */
  async #try(signal: AbortSignal): Promise<Try> {
    const { client, clock, logger, identity, leaseNamespace, leaseName } = this.#options;
    const limit = new AbortController();
    // A leader's last try must end by the renew deadline, or it would still lead when others may begin.
    const leftMs =
      this.#leading === undefined
        ? this.#renewDeadlineMs
        : this.#renewedMs + this.#renewDeadlineMs - clock.monotonicMs();
    const cancel = clock.setTimer(Math.max(0, leftMs), () => limit.abort());
    const call = { signal: AbortSignal.any([signal, limit.signal]) };
    try {
      // A leader updates what it wrote last; only when that fails it reads again.
      if (this.#leading === undefined || this.#observed === undefined) {
        this.#observe(await this.#read(call.signal));
      }
      const plan = planLease({
        target: {
          namespace: leaseNamespace,
          name: leaseName,
          identity,
          leaseDurationMs: this.#leaseDurationMs,
        },
        observed: this.#observed,
        nowMs: clock.now(),
        monotonicMs: clock.monotonicMs(),
      });
      if (plan.kind === "wait") return { outcome: "taken", freeInMs: plan.freeInMs };
      const startedMs = clock.monotonicMs();
      const written =
        plan.kind === "create"
          ? await client.create(leases, plan.lease, call)
          : await client.update(leases, plan.lease, call);
      this.#observe(written);
      // From before the request: another process may count from its arrival.
      this.#renewedMs = startedMs;
      return { outcome: "held", freeInMs: Number.POSITIVE_INFINITY };
    } catch (error) {
      if (signal.aborted) return FAILED;
      if (isStatusError(error, "Conflict") || isStatusError(error, "AlreadyExists")) {
        await this.#readAfterConflict(call.signal);
        return { outcome: "taken", freeInMs: Number.POSITIVE_INFINITY };
      }
      // Deleted under its holder: the epoch begins anew, so what we hold is worth nothing.
      if (isStatusError(error, "NotFound")) this.#observe(undefined);
      logger.warn("the lease could not be acquired or renewed", { lease: leaseName, error });
      return FAILED;
    } finally {
      cancel();
    }
  }

  async #readAfterConflict(signal: AbortSignal): Promise<void> {
    try {
      this.#observe(await this.#read(signal));
    } catch (error) {
      this.#options.logger.warn("the lease could not be read", {
        lease: this.#options.leaseName,
        error,
      });
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, leaseNamespace, leaseName } = this.#options;
    try {
      return await client.get(leases, leaseNamespace, leaseName, { signal });
    } catch (error) {
      if (isStatusError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #observe(lease: Lease | undefined): void {
    if (lease === undefined) {
      this.#observed = undefined;
      return;
    }
    const known = this.#observed?.lease.metadata.resourceVersion;
    if (known !== lease.metadata.resourceVersion) {
      this.#observed = { lease, atMonotonicMs: this.#options.clock.monotonicMs() };
    }
    const holder = lease.spec?.holderIdentity ?? "";
    if (holder !== "" && holder !== this.#reportedLeader) {
      this.#reportedLeader = holder;
      this.#options.onNewLeader?.(holder);
    }
  }

  #fenceOf(): Fence {
    const { leaseNamespace, leaseName, identity } = this.#options;
    return {
      leaseNamespace,
      leaseName,
      epoch: this.#observed?.lease.spec?.leaseTransitions ?? 0,
      holderIdentity: identity,
    };
  }

  async #release(): Promise<void> {
    const { client, clock, logger, leaseName, identity } = this.#options;
    const limit = new AbortController();
    const cancel = clock.setTimer(this.#renewDeadlineMs, () => limit.abort());
    const { signal } = limit;
    try {
      // Read anew: a renewal that the stop cut short may have been written, and may still be on its way.
      for (let isReleased = false; !isReleased; ) {
        const lease = await this.#read(signal);
        if (lease?.spec?.holderIdentity !== identity) return;
        isReleased = await client
          .update(leases, releasedLease(lease, clock.now()), { signal })
          .then(
            () => true,
            (error: unknown) => {
              if (isStatusError(error, "Conflict")) return false;
              throw error;
            },
          );
      }
    } catch (error) {
      logger.warn("the lease could not be released", { lease: leaseName, error });
    } finally {
      cancel();
    }
  }
}
