/** From the store to the request core: cache, registry, authentication, authorization, admission. */
import { randomUUID } from "node:crypto";
import { createAdmissionChain, createAdmissionReader } from "@kubets/admission";
import { createTokenIssuer } from "@kubets/authn";
import { PolicyWrites } from "@kubets/authz";
import { createRegistry, type Registry, type ServiceAccountTokens } from "@kubets/registry";
import { createRequestCore, type RequestCore } from "@kubets/request";
import type { Clock, Runnable, ServiceContext } from "@kubets/service";
import type { Storage } from "@kubets/storage";
import { createWatchCache, type WatchCache } from "@kubets/watch-cache";
import { buildAuthentication } from "./build-authentication.ts";
import { buildAuthorization } from "./build-authorization.ts";
import { measuredAdmission } from "./measured-admission.ts";
import { createQuotaWriter } from "./quota-writer.ts";
import { servedVersions } from "./served-versions.ts";
import type { Settings } from "./settings.ts";

export interface BuiltCore {
  readonly core: RequestCore;
  readonly registry: Registry;
  readonly cache: WatchCache;
  /** Cache first, then what follows it. */
  readonly runnables: readonly Runnable[];
}

export function buildCore(
  settings: Settings,
  storage: Storage,
  { clock, logger, metrics }: Pick<ServiceContext, "clock" | "logger" | "metrics">,
): BuiltCore {
  const { config, audiences } = settings;
  const cache = createWatchCache({ storage, clock, logger });
  const authentication = buildAuthentication(settings, cache, clock);
  const authorization = buildAuthorization(config["authorization-mode"], cache, { clock, logger });
  const { authorizer, rules, rbac } = authorization;
  const tokens = serviceAccountTokens(settings, clock);
  const registry = createRegistry({
    storage,
    cache,
    clock,
    logger,
    serves: servedVersions(config["runtime-config"]),
    serviceClusterIPRange: config["service-cluster-ip-range"],
    serviceNodePortRange: config["service-node-port-range"],
    reviews: { tokens: authentication.tokens, audiences, authorizer, rules },
    ...(tokens === undefined ? {} : { serviceAccountTokens: tokens }),
    ...(rbac === undefined ? {} : { policyGuard: new PolicyWrites({ rbac, authorizer }) }),
  });
  const core = createRequestCore({
    registry,
    authenticators: [authentication.authenticator],
    authorizer,
    admission: measuredAdmission(
      createAdmissionChain({
        reader: createAdmissionReader(cache),
        authorizer,
        quotaWriter: createQuotaWriter(registry),
        clock,
        enable: config["enable-admission-plugins"],
        disable: config["disable-admission-plugins"],
      }),
      metrics,
      clock,
    ),
    clock,
    logger,
    newId: randomUUID,
    inFlight: {
      readOnly: config["max-requests-inflight"],
      mutating: config["max-mutating-requests-inflight"],
    },
    requestTimeoutMs: config["request-timeout"],
  });
  return {
    core,
    registry,
    cache,
    runnables: [
      { name: "watch-cache", start: (signal) => cache.start(signal), stop: () => cache.stop() },
      ...authorization.runnables,
    ],
  };
}

function serviceAccountTokens(settings: Settings, clock: Clock): ServiceAccountTokens | undefined {
  const { config, signingKey, audiences } = settings;
  const [issuer] = config["service-account-issuer"];
  if (signingKey === undefined || issuer === undefined) return undefined;
  return {
    issuer: createTokenIssuer({ key: signingKey, issuer, clock }),
    audiences,
    maxExpirationSeconds: config["service-account-max-token-expiration"] / 1_000,
    extendExpiration: config["service-account-extend-token-expiration"],
  };
}
