/** Everything that the REST edge serves beside resources. */
import { jsonWebKeySet, openIdConfiguration } from "@kubets/authn";
import type { Registry } from "@kubets/registry";
import {
  discoveryPaths,
  healthPaths,
  metricsPath,
  openapiPaths,
  openIdPaths,
  type PathHandler,
  versionPath,
} from "@kubets/rest";
import type { HealthChecks, Metrics } from "@kubets/service";
import { advertisedAddress } from "./advertised-address.ts";
import type { Settings } from "./settings.ts";

export interface PathsOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  /** Of the REST edge, once it listens. */
  readonly port: () => number;
}

export function buildPaths(options: PathsOptions): readonly PathHandler[] {
  const { settings, registry, metrics, health, port } = options;
  const address = () => `${hostOf(settings)}:${port()}`;
  return [
    versionPath,
    healthPaths(health),
    metricsPath(metrics),
    openapiPaths(registry),
    discoveryPaths({ registry, serverAddress: address }),
    ...openIdDocuments(settings, address),
  ];
}

function hostOf({ config }: Settings): string {
  return config["external-hostname"] || advertisedAddress(config);
}

function openIdDocuments(settings: Settings, address: () => string): PathHandler[] {
  const { config, tokenKeys: keys } = settings;
  const [issuer] = config["service-account-issuer"];
  if (issuer === undefined || keys.length === 0) return [];
  const jwksUri = () => config["service-account-jwks-uri"] || `https://${address()}/openid/v1/jwks`;
  return [
    openIdPaths({
      configuration: () =>
        JSON.stringify(openIdConfiguration({ issuer, jwksUri: jwksUri(), keys })),
      keySet: () => JSON.stringify(jsonWebKeySet(keys)),
    }),
  ];
}
