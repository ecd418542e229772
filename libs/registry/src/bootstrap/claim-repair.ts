/**
 * Puts right what a crash between a Service and its claims leaves: claims without a Service are freed, and
 * a Service without its claims gets them.
 *
 * Upstream: pkg/registry/core/service/{ipallocator,portallocator}/controller/repair*.go @1.36
 */
import { parseTime } from "@kubets/api";
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { WatchCache } from "@kubets/watch-cache";
import { fieldsOf } from "../draft.ts";
import type { Randomness } from "../randomness.ts";
import type { ClaimPool, ServiceName } from "../resources/services/claim-pool.ts";
import { heldClusterIPs, heldNodePorts, specOf } from "../resources/services/service-draft.ts";
import { claimPoolsOf } from "../resources/services/service-pools.ts";
import { systemRandomness } from "../system-randomness.ts";
import { repeat } from "./repeat.ts";

const INTERVAL_MS = 3 * 60_000;
/** A claim is taken before its Service is written: it gets this long to appear. */
const GRACE_MS = 60_000;

export interface ClaimRepairOptions {
  readonly storage: Storage;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomness?: Randomness;
}

export function createClaimRepair(options: ClaimRepairOptions): Runnable {
  const { cache, clock, logger } = options;
  const pools = claimPoolsOf({ ...options, randomness: options.randomness ?? systemRandomness });
  const services = cache.resource({ group: "", resource: "services" });
  return repeat({
    name: "service-claim-repair",
    clock,
    logger,
    intervalMs: INTERVAL_MS,
    async task() {
      // Everything acknowledged before now must be seen, or a new Service would lose its claims.
      const { entries } = await services.list({ selection: {}, freshness: "mostRecent" });
      const ips = new Map<string, ServiceName>();
      const ports = new Map<string, ServiceName>();
      for (const { key, object } of entries) {
        const spec = specOf(fieldsOf(object));
        const owner = { namespace: key.namespace, name: key.name };
        for (const ip of heldClusterIPs(spec)) ips.set(ip, owner);
        for (const port of heldNodePorts(spec)) ports.set(`${port}`, owner);
      }
      const oldestMs = clock.now() - GRACE_MS;
      await repair(pools.ips, ips, { oldestMs, logger });
      await repair(pools.ports, ports, { oldestMs, logger });
    },
  });
}

async function repair(
  pool: ClaimPool,
  held: ReadonlyMap<string, ServiceName>,
  { oldestMs, logger }: { readonly oldestMs: number; readonly logger: Logger },
): Promise<void> {
  const claimed = new Set<string>();
  for (const { name, owner, createdAt } of [...pool.claims()]) {
    claimed.add(name);
    const holder = held.get(name);
    if (owner === undefined) continue;
    const isHeld = holder?.namespace === owner.namespace && holder.name === owner.name;
    if (isHeld || (parseTime(createdAt) ?? oldestMs) >= oldestMs) continue;
    await pool.free(name, owner);
    logger.info("freed a claim without its service", { claim: name, ...owner });
  }
  for (const [name, owner] of held) {
    if (claimed.has(name)) continue;
    if (await pool.take(name, owner)) {
      logger.info("claimed what a service holds", { claim: name, ...owner });
    }
  }
}
