import type { ResourceInfo } from "@kubets/api";
import type { Clock, Logger } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { WatchCache } from "@kubets/watch-cache";
import type { Randomness } from "./randomness.ts";

export interface RegistryOptions {
  readonly storage: Storage;
  readonly cache: WatchCache;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: the platform's. */
  readonly randomness?: Randomness;
  /** One or two CIDRs of different families, the primary one first. Upstream: --service-cluster-ip-range. */
  readonly serviceClusterIPRange: readonly string[];
  /** Default: "30000-32767". Upstream: --service-node-port-range. */
  readonly serviceNodePortRange?: string;
  /** Which versions are served. Default: those that upstream serves by default. Upstream: --runtime-config. */
  readonly serves?: (info: ResourceInfo) => boolean;
}
