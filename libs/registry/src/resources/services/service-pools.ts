import type { Clock } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { WatchCache } from "@kubets/watch-cache";
import type { Randomness } from "../../randomness.ts";
import type { RegistryOptions } from "../../registry-options.ts";
import {
  ipAddressClaim,
  ipAddressResource,
  nodePortClaim,
  nodePortResource,
} from "./claim-objects.ts";
import { ClaimPool } from "./claim-pool.ts";
import { parseIPRange } from "./ip-range.ts";
import { parsePortRange } from "./port-range.ts";
import type { ServicePools } from "./service-allocations.ts";

const NODE_PORTS = "30000-32767";

export function servicePoolsOf(options: RegistryOptions, randomness: Randomness): ServicePools {
  const { logger } = options;
  return {
    ...claimPoolsOf({ ...options, randomness }),
    ranges: options.serviceClusterIPRange.map(parseIPRange),
    portRange: parsePortRange(options.serviceNodePortRange ?? NODE_PORTS),
    randomness,
    logger,
  };
}

export function claimPoolsOf(options: {
  readonly storage: Storage;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly randomness: Randomness;
}): Pick<ServicePools, "ips" | "ports"> {
  const { storage, cache, clock, randomness } = options;
  const shared = { storage, clock, randomness };
  return {
    ips: new ClaimPool({
      ...shared,
      cache: cache.resource(ipAddressResource),
      resource: ipAddressResource,
      make: ipAddressClaim,
    }),
    ports: new ClaimPool({
      ...shared,
      cache: cache.resource(nodePortResource),
      resource: nodePortResource,
      make: nodePortClaim,
    }),
  };
}
