import type { ResourceInfo } from "@kubets/api";
import type { Clock, Logger } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import type { WatchCache } from "@kubets/watch-cache";
import type { Randomness } from "./randomness.ts";
import type { PolicyGuard } from "./resources/rbac.ts";
import type { ServiceAccountTokens } from "./subresources/service-account-token.ts";
import type { ReviewOptions } from "./virtual/reviews.ts";

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
  /** Signs tokens of service accounts. Absent: there is no token subresource. */
  readonly serviceAccountTokens?: ServiceAccountTokens;
  /** Who answers token and access reviews. Absent: there are none. */
  readonly reviews?: ReviewOptions;
  /** Keeps writers of roles and bindings from giving away more than they have. Absent: nobody does. */
  readonly policyGuard?: PolicyGuard;
}
