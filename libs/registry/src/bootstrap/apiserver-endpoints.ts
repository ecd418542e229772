/** Keeps the `kubernetes` Service and its endpoints in step with the apiservers that are alive. */
import type { Clock, Logger, Runnable } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { Randomness } from "../randomness.ts";
import type { Registry } from "../store.ts";
import { systemRandomness } from "../system-randomness.ts";
import { ApiserverClaims } from "./apiserver-claims.ts";
import { type EnsureContext, enforceObject, ensureObject } from "./ensure-object.ts";
import {
  type ApiserverAddress,
  kubernetesEndpointSlice,
  kubernetesEndpoints,
  kubernetesService,
} from "./kubernetes-service.ts";
import { repeat } from "./repeat.ts";

/** Upstream: DefaultEndpointReconcilerInterval and DefaultEndpointReconcilerTTL @1.36 */
const INTERVAL_MS = 10_000;
const TTL_MS = 15_000;

export interface ApiserverEndpointsOptions {
  readonly registry: Registry;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomness?: Randomness;
  /** Where pods and other components reach this apiserver. Upstream: --advertise-address. */
  readonly address: ApiserverAddress;
  readonly serviceClusterIPRange: readonly string[];
  /** The Service's own port. Default: 443. */
  readonly servicePort?: number;
}

export function createApiserverEndpoints(options: ApiserverEndpointsOptions): Runnable {
  const { registry, storage, clock, logger, address } = options;
  const randomness = options.randomness ?? systemRandomness;
  const claims = new ApiserverClaims({ storage, clock, randomness, own: address, ttlMs: TTL_MS });
  const service = kubernetesService({
    serviceClusterIPRange: options.serviceClusterIPRange,
    servicePort: options.servicePort ?? 443,
    securePort: address.port,
  });

  const publish = async (context: EnsureContext) => {
    const living = await claims.living();
    await enforceObject(context, "endpoints", kubernetesEndpoints(living), ["subsets"]);
    const slice = kubernetesEndpointSlice(living);
    await enforceObject(context, "endpointslices", slice, ["endpoints", "ports"]);
  };

  return repeat({
    name: "apiserver-endpoints",
    clock,
    logger,
    intervalMs: INTERVAL_MS,
    async task(signal) {
      const context = { registry, randomness, signal };
      await ensureObject(context, "services", service);
      await claims.renew();
      await publish(context);
    },
    async atStop() {
      try {
        await claims.withdraw();
        await publish({ registry, randomness, signal: AbortSignal.timeout(TTL_MS) });
      } catch (error) {
        // The others find out by themselves when the claim is not renewed any more.
        logger.warn("could not withdraw this apiserver's endpoint", { error });
      }
    },
  });
}
