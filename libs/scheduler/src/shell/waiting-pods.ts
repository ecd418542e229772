/**
 * Pods that Permit plugins hold back before they are bound, until every plugin allows it, one refuses, or its
 * time is up.
 *
 * Upstream: pkg/scheduler/framework/runtime/waiting_pods_map.go @1.36
 */
import type { Clock } from "@kubets/service";
import { type Status, unschedulable } from "../framework/status.ts";

interface WaitingPod {
  /** Plugins that have not allowed it yet, with what ends each one's timer. */
  readonly pending: Map<string, () => void>;
  readonly settle: (status: Status | undefined) => void;
}

export class WaitingPods {
  readonly #clock: Clock;
  readonly #byUid = new Map<string, WaitingPod>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with nothing when all allow it, else with the refusal. */
  wait(uid: string, timeoutsMs: ReadonlyMap<string, number>): Promise<Status | undefined> {
    return new Promise((resolve) => {
      const pending = new Map<string, () => void>();
      const settle = (status: Status | undefined) => {
        for (const cancel of pending.values()) cancel();
        this.#byUid.delete(uid);
        resolve(status);
      };
      this.#byUid.set(uid, { pending, settle });
      for (const [plugin, timeoutMs] of timeoutsMs) {
        const expire = () =>
          this.reject(uid, plugin, `timeout after ${timeoutMs}ms waiting for a permission`);
        pending.set(plugin, this.#clock.setTimer(timeoutMs, expire));
      }
    });
  }
  allow(uid: string, plugin: string): void {
    const waiting = this.#byUid.get(uid);
    waiting?.pending.get(plugin)?.();
    waiting?.pending.delete(plugin);
    if (waiting?.pending.size === 0) waiting.settle(undefined);
  }
  /** Whether the pod was waiting. */
  reject(uid: string, plugin: string, reason: string): boolean {
    const waiting = this.#byUid.get(uid);
    waiting?.settle({ ...unschedulable(reason), plugin });
    return waiting !== undefined;
  }
}
