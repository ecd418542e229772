import { isStatusError } from "@kubets/api";
import { type Clock, FakeClock, Metrics, silentLogger } from "@kubets/service";
import { beforeEach, describe, expect, it } from "vitest";
import type { Fence } from "../client.ts";
import { configMaps, leases } from "../resources.ts";
import { createMemoryClient, type MemoryClient } from "../testing/memory-client.ts";
import { LeaderElector } from "./leader-elector.ts";

/** The clock of a process that can stand still as a whole: time goes on, and its timers are late. */
class StoppableClock implements Clock {
  readonly #real: Clock;
  #isStopped = false;
  readonly #late: (() => void)[] = [];
  constructor(real: Clock) {
    this.#real = real;
  }
  now(): number {
    return this.#real.now();
  }
  monotonicMs(): number {
    return this.#real.monotonicMs();
  }
  setTimer(delayMs: number, task: () => void): () => void {
    let isCancelled = false;
    const cancel = this.#real.setTimer(delayMs, () => {
      if (this.#isStopped) this.#late.push(() => isCancelled || task());
      else task();
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }
  stop(): void {
    this.#isStopped = true;
  }
  goOn(): void {
    this.#isStopped = false;
    for (const task of this.#late.splice(0)) task();
  }
}

describe("leader election", () => {
  let clock: FakeClock;
  let model: MemoryClient;
  beforeEach(() => {
    clock = new FakeClock();
    model = createMemoryClient({ clock });
  });

  /** A candidate, whose client can be cut off from the server. */
  const candidate = (identity: string) => {
    const process = new StoppableClock(clock);
    let state: "reached" | "cut off" | "hanging" | "not answering" = "reached";
    const reach = async (options: { readonly signal?: AbortSignal } | undefined) => {
      if (state === "cut off") throw new Error("cut off");
      if (state === "reached") return;
      await new Promise((_, reject) =>
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
      );
    };
    const metrics = new Metrics();
    const elector = new LeaderElector({
      metrics,
      client: {
        ...model,
        get: async (...args: Parameters<MemoryClient["get"]>) => {
          await reach(args[3]);
          return model.get(...args);
        },
        create: async (...args: Parameters<MemoryClient["create"]>) => {
          await reach(args[2]);
          return model.create(...args);
        },
        update: async (...args: Parameters<MemoryClient["update"]>) => {
          if (state === "not answering") {
            await model.update(...args);
            state = "hanging";
            await reach(args[2]).finally(() => {
              state = "reached";
            });
          }
          await reach(args[2]);
          return model.update(...args);
        },
      } as MemoryClient,
      clock: process,
      logger: silentLogger,
      leaseNamespace: "kube-system",
      leaseName: "test",
      identity,
      random: () => 0,
    });
    const stopping = new AbortController();
    const fences: Fence[] = [];
    let isLeading = false;
    const end = elector.run((fence, signal) => {
      fences.push(fence);
      isLeading = true;
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          isLeading = false;
          resolve();
        });
      });
    }, stopping.signal);
    return {
      elector,
      metrics,
      fences,
      end,
      stop: () => stopping.abort(),
      process,
      cutOff: () => {
        state = "cut off";
      },
      hang: () => {
        state = "hanging";
      },
      /** The next write happens, but its answer is not heard. */
      loseAnAnswer: () => {
        state = "not answering";
      },
      get isLeading() {
        return isLeading;
      },
    };
  };
  const holder = () => model.peek(leases, "kube-system", "test")?.spec;

  it("lets one of two lead, with the Lease's transitions as its epoch", async () => {
    const a = candidate("a");
    await clock.advance(0);
    const b = candidate("b");
    await clock.advance(30_000);
    expect([a.isLeading, b.isLeading]).toEqual([true, false]);
    expect(holder()).toMatchObject({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    expect(a.fences).toEqual([
      { leaseNamespace: "kube-system", leaseName: "test", epoch: 0, holderIdentity: "a" },
    ]);
    expect(await a.metrics.text()).toContain('leader_election_master_status{name="test"} 1');
    expect(await b.metrics.text()).toContain('leader_election_master_status{name="test"} 0');
    a.stop();
    b.stop();
    expect(await a.end).toBe("stopped");
  });

  it("hands over at once when the leader stops, and raises the epoch", async () => {
    const a = candidate("a");
    await clock.advance(0);
    const b = candidate("b");
    await clock.advance(0);
    a.stop();
    await a.end;
    expect(holder()?.holderIdentity).toBe("");
    await clock.advance(500);
    expect(b.isLeading).toBe(true);
    expect(b.fences[0]?.epoch).toBe(1);
    b.stop();
    await b.end;
  });

  it("hands over at once when the stop cuts short a renewal that was written", async () => {
    const a = candidate("a");
    await clock.advance(0);
    a.loseAnAnswer();
    await clock.advance(2_000);
    a.stop();
    await a.end;
    expect(holder()?.holderIdentity).toBe("");
  });

  it("stops leading before another may begin when it cannot renew", async () => {
    const a = candidate("a");
    await clock.advance(0);
    const b = candidate("b");
    await clock.advance(4_000);
    a.cutOff();
    let bothLead = false;
    for (let ms = 0; ms < 30_000; ms += 500) {
      await clock.advance(500);
      bothLead ||= a.isLeading && b.isLeading;
    }
    expect(await a.end).toBe("lost");
    expect(bothLead).toBe(false);
    expect(b.isLeading).toBe(true);
    b.stop();
    await b.end;
  });

  it("counts by its own clock from when it saw the Lease change, not by the times in it", async () => {
    model.seed(leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace: "kube-system", name: "test" },
      spec: {
        holderIdentity: "silent",
        leaseDurationSeconds: 15,
        renewTime: "1999-01-01T00:00:00.000000Z",
        leaseTransitions: 4,
      },
    });
    const a = candidate("a");
    await clock.advance(14_000);
    expect(a.isLeading).toBe(false);
    await clock.advance(4_000);
    expect(a.isLeading).toBe(true);
    expect(a.fences[0]?.epoch).toBe(5);
    a.stop();
    await a.end;
  });

  it("takes over as soon as a silent leader's time is over", async () => {
    const a = candidate("a");
    await clock.advance(0);
    const b = candidate("b");
    await clock.advance(3_900);
    a.cutOff();
    // The last renewal was at 2 s, and was seen by the next look.
    await clock.advance(13_000);
    expect(b.isLeading).toBe(false);
    await clock.advance(600);
    expect(b.isLeading).toBe(true);
    b.stop();
    await b.end;
  });

  it("ends a renewal that hangs before another may begin", async () => {
    const a = candidate("a");
    await clock.advance(0);
    a.cutOff();
    await clock.advance(5_000);
    a.hang();
    await clock.advance(4_999);
    expect(a.isLeading).toBe(true);
    await clock.advance(1);
    expect(a.isLeading).toBe(false);
    expect(await a.end).toBe("lost");
  });

  it("takes over from a process that stands still, which goes on as a follower and writes nothing", async () => {
    const a = candidate("a");
    await clock.advance(0);
    const b = candidate("b");
    await clock.advance(3_900);
    a.process.stop();
    await clock.advance(20_000);
    expect(b.isLeading).toBe(true);
    const lease = model.peek(leases, "kube-system", "test");
    // It has not noticed, so its work goes on for a moment: whatever it sends carries its old term.
    expect(a.isLeading).toBe(true);
    const late = model.create(
      configMaps,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default", name: "late" } },
      a.elector.fence === undefined ? {} : { fence: a.elector.fence },
    );
    await expect(late).rejects.toSatisfy((error) => isStatusError(error, "Conflict"));
    a.process.goOn();
    await clock.advance(0);
    expect(a.isLeading).toBe(false);
    expect(await a.end).toBe("lost");
    expect(model.peek(leases, "kube-system", "test")).toEqual(lease);
    expect(a.elector.fence).toBeUndefined();
    b.stop();
    await b.end;
  });

  it("gives up when its Lease is deleted, since the epoch begins anew", async () => {
    const a = candidate("a");
    await clock.advance(0);
    await model.delete(leases, "kube-system", "test");
    await clock.advance(2_000);
    expect(await a.end).toBe("lost");
  });
});
