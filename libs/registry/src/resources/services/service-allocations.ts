/**
 * What a write of a Service takes from the shared pools, as one reservation: claims are taken before the
 * write and given back when it fails; what the old Service held and the new one does not is given back
 * when it succeeds.
 *
 * Upstream: pkg/registry/core/service/storage/alloc.go @1.36
 */
import type { Logger } from "@kubets/service";
import type { Randomness } from "../../randomness.ts";
import type { Reservation } from "../../strategy/strategy.ts";
import type { ClaimPool, ServiceName } from "./claim-pool.ts";
import type { IPRange } from "./ip-range.ts";
import type { PortRange } from "./port-range.ts";

export interface ServicePools {
  readonly ips: ClaimPool;
  readonly ports: ClaimPool;
  /** By family, the cluster's primary one first. */
  readonly ranges: readonly IPRange[];
  readonly portRange: PortRange;
  readonly randomness: Randomness;
  readonly logger: Logger;
}

export class ServiceReservation implements Reservation {
  readonly pools: ServicePools;
  readonly owner: ServiceName;
  readonly dryRun: boolean;
  readonly #taken: [pool: ClaimPool, name: string][] = [];
  readonly #released: [pool: ClaimPool, name: string][] = [];

  constructor(pools: ServicePools, owner: ServiceName, dryRun: boolean) {
    this.pools = pools;
    this.owner = owner;
    this.dryRun = dryRun;
  }

  /** False: it is taken. */
  async take(pool: ClaimPool, name: string): Promise<boolean> {
    if (this.#taken.some(([other, known]) => other === pool && known === name)) return false;
    if (this.dryRun) {
      if (pool.isTaken(name)) return false;
    } else if (!(await pool.take(name, this.owner))) return false;
    this.#taken.push([pool, name]);
    return true;
  }

  /** Notes a claim that was taken elsewhere for this write. */
  took(pool: ClaimPool, name: string): void {
    this.#taken.push([pool, name]);
  }

  /** To be given back when the write is made. */
  release(pool: ClaimPool, name: string): void {
    this.#released.push([pool, name]);
  }

  commit(): Promise<void> {
    return this.#free(this.#released);
  }
  revert(): Promise<void> {
    return this.#free(this.#taken);
  }

  /** The write stands or fell already: a claim that stays is freed by the repair loop. */
  async #free(claims: readonly [ClaimPool, string][]): Promise<void> {
    if (this.dryRun) return;
    for (const [pool, name] of claims) {
      try {
        await pool.free(name, this.owner);
      } catch (error) {
        this.pools.logger.warn("could not free a service's claim", { claim: name, error });
      }
    }
  }
}
